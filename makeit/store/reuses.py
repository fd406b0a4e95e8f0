"""Reuses that were right, kept from process to process: a file for each function and user, that grows at its end."""

from __future__ import annotations

import marshal
import os
from collections.abc import Hashable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from makeit.identity.digest import FLAGS, checksum, read_all
from makeit.model import FileStamp

if TYPE_CHECKING:
    from makeit.store.project import Project

_MARK = b"\nreuses/1 "
# What follows the mark: a checksum, a length, and the end of the line.
_HEAD = 64
_LARGEST = 16 << 20
# What is written of each key once more is worth to be left out from here on.
_SURPLUS = 1024
_OTHERS = 0o022


class Noted(NamedTuple):
    """A reuse that was right: its arguments and code, the files that have to be as they were, and its result.

    `key` stands for the arguments, `code` for the code, `anchor` is the path that the record is found by; `call` is the
    id of the call and `fingerprint` that of its result, which is plain: nothing is run to read it.
    """

    key: Hashable
    code: str
    place: str
    record: tuple[int, ...]
    path: str
    file: tuple[int, ...]
    anchor: str
    call: str
    fingerprint: str | None
    value: Any

    @property
    def stamps(self) -> tuple[tuple[str, FileStamp], ...]:
        """The record and the file of the result, with their stamps."""
        return (self.place, FileStamp(*self.record)), (self.path, FileStamp(*self.file))


class Reuses:
    """The reuses of one made function, `name`; those that were noted in another `context` are left out.

    Nothing is lost with this file but time, so it is written without syncing and without a lock.
    """

    def __init__(self, project: Project, name: str, context: str) -> None:
        owner = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
        self._path = os.path.join(project.cachedir, "reuses", name + owner)
        self._context = context
        self._surplus = 0

    def read(self) -> dict[Hashable, tuple[Any, ...]]:
        """Return what is noted, by key: the fields of `Noted`."""
        found: dict[Hashable, tuple[Any, ...]] = {}
        total = 0
        for context, noted in _blocks(self._content()):
            total += len(noted)
            if context == self._context:
                found.update((one[0], one) for one in noted)
        self._surplus = total - len(found)
        return found

    def append(self, noted: Iterable[tuple[Any, ...]], every: Iterable[tuple[Any, ...]]) -> None:
        """Add reuses; where the file has become longer than what is in it, write `every` one anew."""
        with suppress(OSError):
            anew = self._surplus > _SURPLUS
            if anew:
                self._surplus = 0
                os.unlink(self._path)
            self._write(marshal.dumps((self._context, [tuple(one) for one in (every if anew else noted)]), 2))

    def _write(self, body: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            descriptor = os.open(self._path, flags, 0o600)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, b"%b%b %d\n%b" % (_MARK, checksum(body).encode(), len(body), body))
        finally:
            os.close(descriptor)

    def _content(self) -> bytes:
        """Return what the file holds; nothing of one that another user could have written."""
        try:
            descriptor = os.open(self._path, FLAGS)
        except OSError:
            return b""
        try:
            found = os.fstat(descriptor)
            if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & _OTHERS):
                return b""
            if found.st_size > _LARGEST:
                self._surplus = _SURPLUS + 1
                return b""
            return read_all(descriptor, found.st_size)
        except OSError:
            return b""
        finally:
            os.close(descriptor)


def _blocks(content: bytes) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield context and reuses of each block; one that a crash or a full disk has torn is left out."""
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
