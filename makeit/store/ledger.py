"""All records of one cachedir: one JSON file per call, found by the path of its first output."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from makeit.identity.files import content_of, settled, stamp
from makeit.model import Record
from makeit.store import entries
from makeit.store.atomic import sweep, write_small
from makeit.store.entries import Damaged, Entry, Intent, Pointer, decode
from makeit.store.sealing import seal

if TYPE_CHECKING:
    from makeit.store.project import Project

__all__ = ["Damaged", "Entry", "Ledger", "Pointer", "decode"]


class Ledger:
    """Read and write records; what was read is kept in memory as long as the file's stamp is the same."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._read: dict[str, Entry] = {}
        self._places: dict[str, str] = {}
        self._sources: set[str] = set()

    def place(self, path: str) -> str:
        """Return where the record of the output at `path` lies."""
        place = self._places.get(path)
        if place is None:
            place = self._places[path] = self.project.mirror("records", path)
        return place

    def read(self, path: str) -> Entry | Damaged | None:
        """Return the record of the call whose first output is at `path`; None if there is none."""
        return self.read_place(self.place(path))

    def read_place(self, place: str) -> Entry | Damaged | None:
        """Return the record in one file of the ledger."""
        known = self._read.get(place)
        before = time.time_ns()
        try:
            if known and stamp(place) == known.stamp:
                return known
            content, now = content_of(place)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Damaged(place, str(error))
        found = decode(place, content)
        if not isinstance(found, Record):
            return found if isinstance(found, Damaged) else None
        entry = Entry(found, now)
        # Whoever changes a file that was at rest before it was read gives it another stamp.
        if settled(now, before):
            self._read[place] = entry
        return entry

    def owner(self, path: str) -> Entry | Damaged | None:
        """Return the record of the call that wrote the file at `path`, as any of its outputs.

        OSError where it cannot be read at the moment: then nobody knows whose file that is.
        """
        entry = entries.read_entry(self.place(path))
        if isinstance(entry, Pointer):
            entry = entries.read_entry(os.path.join(self.project.cachedir, entry.points_to))
        return None if isinstance(entry, Pointer) else entry

    def place_of_owner(self, path: str) -> str | None:
        """Return where the record of the call lies that wrote the file at `path`; None where there is none."""
        place = self.place(path)
        found = entries.read(place)
        if isinstance(found, Pointer):
            return os.path.join(self.project.cachedir, found.points_to)
        return place if found else None

    def write(self, path: str, record: Record, *, durable: bool) -> None:
        """Write the record of the call whose first output is at `path`, and pointers from the others."""
        place = self.place(path)
        self._read.pop(place, None)
        others = [other for other in self._others(record) if other != place]
        target = self._target(place) if others else None
        for other in others:
            if entries.read(other) != target:
                write_small(other, seal(target), durable=durable)
        self.write_place(place, record, durable=durable)

    def write_place(self, place: str, record: Record, *, durable: bool = False) -> None:
        """Write a record to one file of the ledger."""
        write_small(place, seal(record), durable=durable)

    def forget(self, path: str, record: Record | None) -> None:
        """Remove a record and the pointers to it."""
        place = self.place(path)
        self._read.pop(place, None)
        pointers = (
            [other for other in self._others(record) if entries.read(other) == self._target(place)] if record else []
        )
        for item in [*pointers, place]:
            with suppress(FileNotFoundError):
                os.unlink(item)

    def intend(self, path: str, files: dict[str, tuple[str, ...]]) -> None:
        """Note which files a call is about to publish, so that they are known after a kill."""
        write_small(self._intent(path), seal(Intent(files)), durable=True)

    def intended(self, path: str) -> dict[str, tuple[str, ...]]:
        """Return the files of an unfinished publication of the call whose first output is at `path`.

        OSError where the note of them cannot be read at the moment.
        """
        try:
            content, _ = content_of(self._intent(path))
        except FileNotFoundError:
            return {}
        found = entries.intent(content)
        return found.files if found else {}

    def fulfil(self, path: str) -> None:
        """Remove the note of intent, after the record was written."""
        with suppress(FileNotFoundError):
            os.unlink(self._intent(path))

    @property
    def sources(self) -> str:
        """The folder with the sources of code parts."""
        return os.path.join(self.project.cachedir, "code")

    def keep_source(self, fingerprint: str, source: str) -> None:
        """Keep the source of a code part, once for each of its versions."""
        name = source_name(fingerprint)
        if name in self._sources:
            return
        place = os.path.join(self.sources, f"{name}.py")
        sweep(self.sources)
        if not os.path.exists(place):
            write_small(place, source.encode("utf-8", "surrogatepass"), durable=False)
        self._sources.add(name)

    def source(self, fingerprint: str) -> str | None:
        """Return the source of a code part that some call was run with, or None."""
        place = os.path.join(self.sources, f"{source_name(fingerprint)}.py")
        # A record may have been made up, with a name that no file can have.
        with suppress(OSError, ValueError), open(place, "rb") as file:
            return file.read().decode("utf-8", "surrogatepass")
        return None

    def _target(self, place: str) -> Pointer:
        return Pointer(os.path.relpath(place, self.project.cachedir).replace(os.sep, "/"))

    def _others(self, record: Record) -> list[str]:
        """Return the places of the named files after the first: who wrote them is worth a look-up."""
        paths = [self.project.absolute(file.path) for output in record.outputs for file in output.files][1:]
        return [self.place(path) for path in paths if not self.project.is_kept(path)]

    def _intent(self, path: str) -> str:
        return self.place(path).removesuffix(".json") + ".intent"


def source_name(fingerprint: str) -> str:
    """Return the name that the source of a code part goes by."""
    return fingerprint.replace("/", "-").replace(":", "-")
