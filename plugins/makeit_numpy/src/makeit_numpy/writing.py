"""Arrays on their way to a file, digested and fingerprinted piece by piece while they are in the processor's cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from makeit.identity.digest import Buffer, Digest
from makeit.identity.files import stamp_of
from makeit.identity.saving import writing
from makeit_numpy import ahead
from makeit_numpy.content import Array, blocks
from makeit_numpy.fingerprint import SCHEME, header_of, is_read_in_order, memory

Bytes: TypeAlias = NDArray[np.uint8]

#: Bytes of a piece, whole pages of the file: what is copied here is still in the processor's cache when it is written.
PIECE = 1 << 19


def write(path: Path, header: bytes, array: Array) -> None:
    """Write a header and a contiguous array, in the order in which it lies in memory, to the file at `path`.

    What is told of it while a result is saved is true of the file even if the array is changed meanwhile.
    """
    saving = writing()
    file = Digest() if saving is not None else None
    shown = Digest(header_of(array)) if saving is not None and is_read_in_order(array) else None
    written = begun = 0
    with path.open("wb", buffering=0) as stream:
        for piece, content in _pieces(header, array):
            if file is not None:
                file.update(piece.data)
            if shown is not None and content.size:
                for part in blocks(content.view(array.dtype)):
                    shown.update(part)
            # Last: what the system copies takes the place of the piece in the cache.
            _write(stream, piece.data)
            written += piece.size
            if written - begun >= ahead.WORTH and saving is not None:
                ahead.begin(stream.fileno(), begun, written - begun)
                begun = written
        stamp = stamp_of(os.fstat(stream.fileno()))
    if saving is not None and file is not None:
        saving.wrote(os.fspath(path), stamp, file.text)
        if shown is not None:
            saving.showed(memory(array), array, SCHEME + shown.text)


def _pieces(header: bytes, array: Array) -> Iterator[tuple[Bytes, Bytes]]:
    """Yield copies, which nobody else can change, of the pieces of a file, and what of each is the array's."""
    size = max(1, array.itemsize)
    copy = np.empty(min(max(PIECE, len(header) + size), len(header) + array.nbytes), np.uint8)
    copy[: len(header)] = np.frombuffer(header, np.uint8)
    if not array.nbytes:
        yield copy, copy[len(header) :]
        return
    flat = array.reshape(-1, order="A").view(np.uint8)
    begin = len(header)
    while flat.size:
        part = flat[: max(PIECE - begin, size) // size * size]
        piece = copy[: begin + part.size]
        piece[begin:] = part
        yield piece, piece[begin:]
        flat, begin = flat[part.size :], 0


def _write(stream: FileIO, content: Buffer) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[stream.write(rest) :]
