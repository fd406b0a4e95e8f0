"""A folder that nothing is written to while somebody else's code is loaded: seen by CPython's audit events."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
# The events of `os`, and which of their arguments are paths of what would change.
_CHANGES = {"remove": (0,), "rmdir": (0,), "rename": (0, 1), "link": (1,), "symlink": (1,), "truncate": (0,)}
_folders: list[str] = []
_hooked: list[bool] = []


@contextmanager
def read_only(folder: str) -> Iterator[None]:
    """Refuse, with a PermissionError, to open files in a folder for writing, to remove and to rename them.

    Python's own caches of compiled modules are left out.
    """
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_watch)  # there is no way to take one off again
    _folders.append(os.path.realpath(folder) + os.sep)
    try:
        yield
    finally:
        _folders.pop()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _folders:
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & _WRITING:
            _refuse(path)
    elif event.startswith("os."):
        for place in _CHANGES.get(event[3:], ()):
            _refuse(arguments[place])


def _refuse(path: Any) -> None:
    if not isinstance(path, str | bytes | os.PathLike):
        return
    full = os.path.realpath(os.fsdecode(path))
    if "__pycache__" not in full and any(full.startswith(folder) for folder in _folders):
        raise PermissionError(errno.EPERM, "files of the project are not changed while makeit only asks", full)
