"""What is learnt of a result while it is written, so that its bytes need not be gone through once more."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from makeit.identity.stamps import FileStamp


class Saving:
    """One result on its way to its files: digests of files, and fingerprints of the memory that they were written from.

    Makeit's own formats alone are believed: another may write on in a file that one of them wrote for it, within one
    tick of the clock.
    """

    __slots__ = ("_before", "_digests", "_fingerprints", "believed")

    def __init__(self) -> None:
        self.believed = False
        self._digests: dict[str, tuple[FileStamp, str]] = {}
        # The value, too: while it is held, its memory is not given to another.
        self._fingerprints: dict[Hashable, tuple[Any, str]] = {}

    def __enter__(self) -> Saving:
        """Learn what there is to be learnt of one result, until its files and values are described."""
        self._before = _current.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        _current.reset(self._before)

    def wrote(self, path: str, stamp: FileStamp, digest: str) -> None:
        """Note the digest of all that was written to a file, and the stamp that it had after that."""
        self._digests[path] = stamp, digest

    def digest(self, path: str, now: FileStamp) -> str | None:
        """Return the digest of a file whose stamp says that nobody has written to it since."""
        known = self._digests.pop(path, None)
        return known[1] if known and known[0] == now else None

    def showed(self, memory: Hashable, value: Any, fingerprint: str) -> None:
        """Note the fingerprint of what was written from a piece of memory, which `memory` tells from all others."""
        self._fingerprints[memory] = value, fingerprint

    def fingerprint(self, memory: Hashable) -> str | None:
        """Return the fingerprint of what was written from this memory."""
        known = self._fingerprints.get(memory)
        return known[1] if known else None


_current: ContextVar[Saving | None] = ContextVar("makeit_saving", default=None)


def current() -> Saving | None:
    """Return the saving of the result that this thread is at work on, or None."""
    return _current.get()


def writing() -> Saving | None:
    """Return the same for one of makeit's own formats that writes a file of the result, or None."""
    saving = _current.get()
    return saving if saving is not None and saving.believed else None


@contextmanager
def believing(*, own: bool) -> Iterator[None]:
    """Believe, for as long as one persister saves, what is told of its file; `own` where it is makeit's own."""
    found = _current.get()
    if found is None:
        yield
        return
    before, found.believed = found.believed, own
    try:
        yield
    finally:
        found.believed = before
