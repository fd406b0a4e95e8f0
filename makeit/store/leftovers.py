"""What lies in a cachedir and belongs to no record: left by kills, by edits of code, by files that are gone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from attrs import Factory, frozen

if TYPE_CHECKING:
    from makeit.records import Record
    from makeit.store.ledger import Pointer
    from makeit.store.project import Project

# A living process may have put a result, a source or a pointer in its place and not written its record yet.
_HOUR_S = 3600


@frozen
class Mentioned:
    """What records name besides their outputs: kept results beside named ones, sources of code, input files."""

    kept: set[str] = Factory(set)
    sources: set[str] = Factory(set)
    files: set[str] = Factory(set)

    def note(self, record: Record, project: Project) -> None:
        """Note all that one record names, and what it replaced, to which `undo` goes back."""
        self.note_kept(record)
        self.sources.update(part.fingerprint for part in record.code.values())
        self.files.update(project.absolute(name) for found in record.arguments.values() for name in found.files)
        self.files.update(map(project.absolute, record.key_parts))
        if record.change and record.change.before:
            self.note(record.change.before, project)

    def note_kept(self, record: Record) -> None:
        """Note the kept results that one record names."""
        names = [file.path for output in record.outputs for file in output.files]
        self.kept.update(_kept_folder(name) for name in names if name.startswith(_RESULTS))


_RESULTS = "@cachedir/results/"


def _kept_folder(name: str) -> str:
    """Return the folder of a kept result, `FUNCTION/KEY`, from the name of one of its files."""
    return "/".join(name[len(_RESULTS) :].split("/")[:2])


@frozen(eq=False)
class Leftovers:
    """What of one project belongs to no record, once all records are noted in `mentioned`."""

    project: Project
    mentioned: Mentioned

    def results(self) -> Iterator[str]:
        """Yield kept results that no record names and that nobody is about to record."""
        top = self.project.results
        for function in _entries(top):
            for entry in _entries(function.path):
                known = f"{function.name}/{entry.name}" in self.mentioned.kept
                if not known and not entry.name.startswith(".") and _is_old(entry) and not self._is_recorded(entry):
                    yield entry.path

    def _is_recorded(self, entry: os.DirEntry[str]) -> bool:
        return os.path.lexists(self.project.mirror("records", entry.path))


def is_astray(place: str, pointer: Pointer, project: Project) -> bool:
    """Tell whether a pointer in one file of the ledger leads to no record, and nobody is about to write that."""
    there = os.path.join(project.cachedir, pointer.points_to)
    with suppress(OSError):
        return not os.path.lexists(there) and time.time() - os.stat(place).st_mtime > _HOUR_S
    return False


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
    return []


def _is_old(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _HOUR_S
    return False
