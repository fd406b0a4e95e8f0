"""What was read of code objects and of their sources, so that a new process need not read it again."""

from __future__ import annotations

import marshal
import os
import sys
from types import CodeType
from typing import TYPE_CHECKING, Any

from makeit.identity.digest import checksum
from makeit.store.journal import Journal
from makeit.version import __version__

if TYPE_CHECKING:
    from makeit.store.project import Project

_LARGEST = 4 << 20


def of_installed(cachedir: str) -> Journal:
    """Return the journal of what is installed that is kept in a cachedir."""
    return Journal.own(os.path.join(cachedir, "readings", "installed"))


class Readings:
    """Readings of code, in one journal for each source file, found by the whole content of the code object.

    A code object that is equal in every byte, positions included, means the same whatever became of its file since.
    """

    def __init__(self, project: Project) -> None:
        self._folder = os.path.join(project.cachedir, "readings")
        self._context = f"{__version__} {sys.implementation.cache_tag} {sys.hexversion:x}"
        self._files: dict[str, _File] = {}
        self._new: set[str] = set()

    def recall(self, file: str, code: CodeType, kind: str) -> Any:
        """Return the reading of a code object from this file, or None."""
        return self._of(file).known.get(f"{kind} {_key(code)}")

    def note(self, file: str, code: CodeType, kind: str, reading: tuple[Any, ...]) -> None:
        """Note a reading, to be written down later."""
        self._of(file).new[f"{kind} {_key(code)}"] = reading
        self._new.add(file)

    def keep(self) -> None:
        """Write down what is new, of files that are there: names such as that of a notebook's cell come only once."""
        while self._new:
            name = self._new.pop()
            if os.path.exists(name):
                self._files[name].keep(self._context)

    def _of(self, name: str) -> _File:
        file = self._files.get(name)
        if file is None:
            stem = os.path.splitext(os.path.basename(name))[0][:48]
            place = os.path.join(self._folder, f"{stem}-{checksum(os.fsencode(name))[:16]}")
            file = self._files[name] = _File(Journal.own(place), self._context)
        return file


class _File:
    """The readings of one source file: those that are written down, and new ones."""

    def __init__(self, journal: Journal, context: str) -> None:
        self.journal = journal
        self.new: dict[str, Any] = {}
        self.known: dict[str, Any] = {}
        for noted, readings in journal.read(_LARGEST):
            if noted == context:
                self.known.update(readings)

    def keep(self, context: str) -> None:
        """Write down what is new."""
        new, self.new = self.new, {}
        self.journal.append((context, new))


def _key(code: CodeType) -> str:
    return checksum(marshal.dumps(code, 2))
