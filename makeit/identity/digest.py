"""xxh3 digests, and a meter of how many bytes went through them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from xxhash import xxh3_128, xxh3_128_hexdigest

if TYPE_CHECKING:
    from pathlib import Path

Buffer: TypeAlias = bytes | bytearray | memoryview

_CHUNK = 1 << 20
# Read at once: to make a buffer would take longer.
_SMALL = 1 << 17
#: To open a file for reading; a pipe is not waited for.
FLAGS = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    FLAGS |= getattr(os, _flag, 0)


class Meter:
    """Count the bytes that were fingerprinted in this process."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        self.bytes = 0


METER = Meter()


def digest(data: Buffer) -> str:
    """Return the 32 hexadecimal digits of xxh3_128 over `data`, any C-contiguous buffer."""
    METER.bytes += len(data) if isinstance(data, bytes) else memoryview(data).nbytes
    return xxh3_128_hexdigest(data)


def checksum(data: bytes) -> str:
    """Return the digest of makeit's own bookkeeping, names and records, which is no fingerprinting."""
    return xxh3_128_hexdigest(data)


def digest_chunks(chunks: Iterable[Buffer]) -> str:
    """Return the digest of the concatenated `chunks`, without joining them."""
    state = xxh3_128()
    for chunk in chunks:
        METER.bytes += memoryview(chunk).nbytes
        state.update(chunk)
    return state.hexdigest()


class Digest:
    """The digest of bytes that come one part after the other."""

    __slots__ = ("_state",)

    def __init__(self, begin: Buffer = b"") -> None:
        self._state = xxh3_128()
        self.update(begin)

    def update(self, part: Buffer) -> None:
        """Add the bytes of any C-contiguous buffer."""
        METER.bytes += len(part) if isinstance(part, bytes) else memoryview(part).nbytes
        self._state.update(part)

    def copy(self) -> Digest:
        """Return a digest of the same bytes so far."""
        twin = object.__new__(Digest)
        twin._state = self._state.copy()
        return twin

    @property
    def text(self) -> str:
        """The 32 hexadecimal digits that `digest` gives for all parts together."""
        return self._state.hexdigest()


def digest_file(path: str | Path) -> str:
    """Return the digest of a file's bytes; OSError where it cannot be read, or is none: a pipe would never end."""
    descriptor = os.open(path, FLAGS)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            code = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
            raise OSError(code, "a device, pipe or socket, or a folder", os.fspath(path))
        if found.st_size <= _SMALL:
            return digest(read_all(descriptor, found.st_size))
        return _digest_large(descriptor)
    finally:
        os.close(descriptor)


def read_all(descriptor: int, size: int) -> bytes:
    """Return what is left of an open file, of about this size: in one step where it is no longer."""
    content = os.read(descriptor, size + 1)
    if len(content) == size:
        return content
    parts = [content]
    while parts[-1]:
        parts.append(os.read(descriptor, _CHUNK))
    return b"".join(parts)


def _digest_large(descriptor: int) -> str:
    state = xxh3_128()
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    with open(descriptor, "rb", buffering=0, closefd=False) as file:
        while count := file.readinto(buffer):
            METER.bytes += count
            state.update(view[:count])
    return state.hexdigest()
