"""xxh3 digests, and a meter of how many bytes went through them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from xxhash import xxh3_128, xxh3_128_hexdigest

Buffer: TypeAlias = bytes | bytearray | memoryview

_CHUNK = 1 << 20


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


def digest_file(path: str | Path) -> str:
    """Return the digest of a file's bytes; OSError where it cannot be read, or is none: a pipe would never end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "a device, pipe or socket, or a folder", os.fspath(path))
    state = xxh3_128()
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            METER.bytes += count
            state.update(view[:count])
    return state.hexdigest()
