"""What lies in a cachedir and belongs to no record: left by kills, by edits of code, by files that are gone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from attrs import Factory

from makeit.attributes import frozen
from makeit.identity.files import stamp
from makeit.identity.trees import walk
from makeit.store.atomic import abandoned
from makeit.store.digests import remembered
from makeit.store.history import VERSION_RECORD, shelves
from makeit.store.ledger import Damaged, source_name

if TYPE_CHECKING:
    from makeit.records import Record
    from makeit.store.catalogue import Catalogue
    from makeit.store.ledger import Pointer
    from makeit.store.project import Project

#: A path, and why it is left over.
Leftover: TypeAlias = tuple[str, str]

# A living process may have put a result, a source or a pointer in its place and not written its record yet.
_HOUR_S = 3600
_RESULTS = "@cachedir/results/"


@frozen
class Mentioned:
    """What records name besides their outputs: kept results beside named ones, and sources of code."""

    kept: set[str] = Factory(set)
    sources: set[str] = Factory(set)

    def note(self, record: Record) -> None:
        """Note all that one record names, and what it replaced, to which `undo` goes back."""
        self.note_kept(record)
        self.sources.update(part.fingerprint for part in record.code.values())
        if record.change and record.change.before:
            self.note(record.change.before)

    def note_kept(self, record: Record) -> None:
        """Note the kept results that one record names."""
        names = [file.path for output in record.outputs for file in output.files]
        self.kept.update("/".join(name[len(_RESULTS) :].split("/")[:2]) for name in names if name.startswith(_RESULTS))


@frozen(eq=False)
class Leftovers:
    """What of one project belongs to no record, once all records are noted in `mentioned`."""

    project: Project
    mentioned: Mentioned

    def results(self) -> Iterator[str]:
        """Yield kept results that no record names and that nobody is about to record."""
        for function in _entries(self.project.results):
            for entry in _entries(function.path):
                known = f"{function.name}/{entry.name}" in self.mentioned.kept
                if not known and not entry.name.startswith(".") and self.is_unrecorded(entry.path):
                    yield entry.path

    def is_unrecorded(self, path: str) -> bool:
        """Tell whether a kept result has no record in its own place, and nobody is about to write that."""
        return is_old(path) and not os.path.lexists(self.project.mirror("records", self.project.kept_anchor(path)))

    def sources(self) -> Iterator[Leftover]:
        """Yield sources of code that no result was computed with."""
        known = {source_name(fingerprint) for fingerprint in self.mentioned.sources}
        for entry in _entries(os.path.join(self.project.cachedir, "code")):
            if entry.name.removesuffix(".py") not in known and entry.name.endswith(".py") and is_old(entry.path):
                yield entry.path, "a source that no result was computed with"

    def digests(self) -> Iterator[Leftover]:
        """Yield digests of input files that are gone or were changed since."""
        for group in _entries(os.path.join(self.project.cachedir, "files")):
            for entry in _entries(group.path):
                why = _useless(entry.path) if is_old(entry.path) else None
                if why:
                    yield entry.path, why

    def temporary(self, catalogue: Catalogue) -> Iterator[Leftover]:
        """Yield what killed processes left half written in the cachedir, and earlier results without a record."""
        for folder, folders, _ in os.walk(self.project.cachedir):
            left = abandoned(folder)
            folders[:] = [name for name in folders if os.path.join(folder, name) not in left]
            yield from ((path, "a killed process left it half written") for path in left)
        for folder in shelves(self.project):
            found = catalogue.read(os.path.join(folder, VERSION_RECORD))
            if (found is None or isinstance(found, Damaged)) and is_old(folder):
                yield folder, "an earlier result without a record that can be read"


def _useless(place: str) -> str | None:
    """Say why a digest of an input file will not be asked for any more; None where it may be."""
    found = remembered(place)
    if found is None:
        return "a damaged digest"
    with suppress(OSError):
        if stamp(found.path.partition("\0")[0]) != found.stamp:
            return "the digest of a file that is gone or was changed"
    return None


def is_astray(place: str, pointer: Pointer, project: Project) -> bool:
    """Tell whether a pointer in one file of the ledger leads to no record, and nobody is about to write that."""
    return not os.path.lexists(os.path.join(project.cachedir, pointer.points_to)) and is_old(place)


def is_old(path: str) -> bool:
    """Tell whether something has been there for so long that no living process still works on it."""
    with suppress(OSError):
        return time.time() - os.lstat(path).st_mtime > _HOUR_S
    return False


def bytes_of(path: str) -> int:
    """Return the bytes of a file, or of all files in a folder; links are not followed."""
    with suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            return sum(entry.stat(follow_symlinks=False).st_size for _, entry in walk(path) if not entry.is_dir())
        return os.lstat(path).st_size
    return 0


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
    return []
