"""All that the ledger of one cachedir holds, read as a stream: for questions about many calls."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from makeit.attributes import frozen
from makeit.identity.files import stamp_of
from makeit.records import Record
from makeit.store.atomic import is_private
from makeit.store.ledger import Damaged, Entry, Pointer, decode

if TYPE_CHECKING:
    from makeit.store.project import Project


@frozen(eq=False)
class Filed:
    """A record, the file of the ledger that it lies in, and the path of the output that it is found by."""

    place: str
    anchor: str
    entry: Entry

    @property
    def record(self) -> Record:
        """The record of the last run."""
        return self.entry.record


@frozen
class Catalogue:
    """The records of one project, one after the other: many more of them may be there than the memory holds."""

    project: Project

    def __iter__(self) -> Iterator[Filed | Damaged]:
        """Yield every record in the order of names; what was removed meanwhile is left out."""
        for place in self.places():
            found = self.at(place)
            if found is not None:
                yield found

    def records(self) -> Iterator[Filed]:
        """Yield every record that can be read."""
        return (found for found in self if isinstance(found, Filed))

    def places(self) -> Iterator[str]:
        """Yield the files of the ledger, those of records and of pointers, in the order of names."""
        return self._places(os.path.join(self.project.cachedir, "records"))

    def at(self, place: str) -> Filed | Damaged | None:
        """Return the record in one file of the ledger; None for a pointer, and where there is nothing."""
        found = self.read(place)
        return None if isinstance(found, Pointer) else found

    def read(self, place: str) -> Filed | Pointer | Damaged | None:
        """Return what lies in one file of the ledger; None where there is nothing."""
        try:
            with open(place, "rb", buffering=0) as file:
                content, written = file.read(), stamp_of(os.fstat(file.fileno()))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return Damaged(place, str(error))
        found = decode(place, content)
        if not isinstance(found, Record):
            return found
        return Filed(place, self._anchor(place, found), Entry(found, written))

    def _anchor(self, place: str, record: Record) -> str:
        """Return the path that a record is found by: that of its first output; of a kept one without its ending."""
        if not record.outputs:
            above = os.path.join(self.project.cachedir, "records", "@cachedir") + os.sep
            return os.path.join(self.project.cachedir, place.removeprefix(above).removesuffix(".json"))
        first = self.project.absolute(record.outputs[0].path)
        if not self.project.is_kept(first):
            return first
        return self.project.kept_anchor(first)

    def _places(self, folder: str) -> Iterator[str]:
        """Yield the files of records in a folder and below, in the order of names, as few at a time as can be."""
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
            entries = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in found)
            for name, is_folder in entries:
                path = f"{folder}{os.sep}{name}"
                if is_folder:
                    yield from self._places(path)
                elif name.endswith(".json") and not is_private(os.sep + name):
                    yield path
