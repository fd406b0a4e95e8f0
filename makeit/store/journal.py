"""A file of plain values that grows at its end: what spares a later process work, and is lost without harm."""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from makeit.identity.digest import FLAGS, checksum, read_all

_MARK = b"\nmakeit/1 "
# What follows the mark: a checksum, a length, and the end of the line.
_HEAD = 64
_OTHERS = 0o022


class Journal:
    """One file, read and written by this user alone: what reads its entries is made for trusted bytes.

    Written without syncing and without a lock; an entry that a crash, a full disk or another writer has torn is left
    out.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    @classmethod
    def own(cls, path: str) -> Journal:
        """Return a journal that each user has one of."""
        return cls(f"{path}-{os.getuid()}" if hasattr(os, "getuid") else path)

    def read(self, largest: int) -> Iterator[Any]:
        """Yield the entries; none of a file that is larger, or that another user could have written."""
        content = self._content(largest)
        start = content.find(_MARK)
        while start >= 0:
            begin = start + len(_MARK)
            head = content[begin : begin + _HEAD].partition(b"\n")[0]
            digits, _, length = head.partition(b" ")
            first = begin + len(head) + 1
            body = content[first : first + int(length)] if length.isdigit() else b""
            if body and checksum(body).encode() == digits:
                with suppress(ValueError, TypeError, EOFError):  # of a Python that writes it otherwise
                    yield marshal.loads(body)
                begin = first + len(body)
            start = content.find(_MARK, begin)

    def append(self, entry: Any, *, anew: bool = False) -> None:
        """Add an entry, `anew` in place of all others; where that cannot be done it is lost."""
        # In this version each value is written as it is, without references.
        body = marshal.dumps(entry, 2)
        if not os.path.isdir(os.path.dirname(os.path.dirname(self._path))):
            return  # what was removed with all that it held is not begun anew
        with suppress(OSError):
            if anew:
                with suppress(FileNotFoundError):
                    os.unlink(self._path)
            descriptor = self._open()
            try:
                os.write(descriptor, b"%b%b %d\n%b" % (_MARK, checksum(body).encode(), len(body), body))
            finally:
                os.close(descriptor)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        with suppress(FileNotFoundError):
            return os.open(self._path, flags, 0o600)
        with suppress(FileExistsError):
            os.mkdir(os.path.dirname(self._path))
        return os.open(self._path, flags, 0o600)

    def _content(self, largest: int) -> bytes:
        with suppress(OSError):
            descriptor = os.open(self._path, FLAGS)
            try:
                found = os.fstat(descriptor)
                own = not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & _OTHERS)
                if own and found.st_size <= largest:
                    return read_all(descriptor, found.st_size)
            finally:
                os.close(descriptor)
        return b""
