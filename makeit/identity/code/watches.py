"""What has to stay as it is for a code print to stay valid, in flat lists that are quick to go through."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from types import CellType, FunctionType
from typing import Any

from makeit.errors import ArgumentError
from makeit.identity.digest import digest_file
from makeit.identity.unknown import Unfingerprintable

_RACY_NS = 100_000_000


class Missing:
    """Stands for a name that is not there."""


MISSING = Missing()


class WatchedFile:
    """A file that counts by content; its digest is remembered while its stamp stays the same."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._stamp: tuple[int, ...] | None = None
        self._digest = ""

    def digest(self) -> str:
        """Return the digest of the file as it is now; ArgumentError where it cannot be read."""
        try:
            found = os.stat(self.path)
            stamp = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
            if stamp != self._stamp:
                now = time.time_ns()
                self._digest = digest_file(self.path)
                # A file written in this very tick of the clock may change again and keep its stamp.
                self._stamp = stamp if now - found.st_mtime_ns > _RACY_NS else None
        except OSError as error:
            from pathlib import Path

            text = f"depends names the file {self.path}, which cannot be read: {error.strerror}"
            raise ArgumentError(text, name=str(Path(self.path))) from error
        return self._digest


class Watches:
    """The objects that a code print was made from."""

    def __init__(self) -> None:
        self.bindings: list[tuple[Mapping[str, Any], str, object]] = []
        self.functions: list[tuple[FunctionType, object, object, object]] = []
        self.cells: list[tuple[CellType, object]] = []
        self.sizes: list[tuple[Mapping[str, Any], int]] = []
        self.bases: list[tuple[type, object]] = []
        self.contents: list[tuple[object, str]] = []
        self.files: list[tuple[WatchedFile, str]] = []

    def binding(self, namespace: Mapping[str, Any], name: str) -> object:
        """Return what a name is bound to, or MISSING, and watch it from now on."""
        value = namespace.get(name, MISSING)
        self.bindings.append((namespace, name, value))
        return value

    def cell(self, cell: CellType) -> object:
        """Return what a closure cell holds, or MISSING, and watch it from now on."""
        value = cell_content(cell)
        self.cells.append((cell, value))
        return value

    def function(self, function: FunctionType) -> tuple[Any, Any, Any]:
        """Return the code and the defaults of a function, and watch them from now on."""
        state = (function.__code__, function.__defaults__, function.__kwdefaults__)
        self.functions.append((function, *state))
        return state

    def file(self, path: str) -> str:
        """Return the digest of a file, and watch it from now on."""
        watched = WatchedFile(path)
        self.files.append((watched, watched.digest()))
        return self.files[-1][1]

    def in_place(self) -> bool:
        """Tell whether every name, function, cell, class and file is as it was."""
        for namespace, name, value in self.bindings:
            if namespace.get(name, MISSING) is not value:
                return False
        for function, code, defaults, keywords in self.functions:
            if (
                function.__code__ is not code
                or function.__defaults__ is not defaults
                or function.__kwdefaults__ is not keywords
            ):
                return False
        for cell, value in self.cells:
            if cell_content(cell) is not value:
                return False
        return not (self.sizes or self.files) or self._rare_in_place()

    def _rare_in_place(self) -> bool:
        return (
            all(len(namespace) == size for namespace, size in self.sizes)
            and all(cls.__bases__ is bases for cls, bases in self.bases)
            and all(file.digest() == old for file, old in self.files)
        )

    def unaltered(self, fingerprint: Callable[[object], str]) -> bool:
        """Tell whether the values that can change in place still have their fingerprints."""
        try:
            return all(fingerprint(value) == old for value, old in self.contents)
        except Unfingerprintable:
            return False  # one of them was given something that cannot be seen into; the next look takes note


def cell_content(cell: CellType) -> object:
    """Return what a closure cell holds, or MISSING while it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING
