"""The content of an array as a stream of bytes in C order, without copying it as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from makeit.identity.digest import Buffer
from makeit.identity.values import fingerprint_nested
from makeit_numpy.gathering import gather

Array: TypeAlias = NDArray[Any]

#: Numbers looked at in one step: they are still in the processor's cache when they are hashed.
BLOCK = 1 << 16
#: Bytes copied in one step where memory order is not C: wider slabs use more of each cache line.
SLAB = 1 << 24
#: Bytes of an x87 number; the rest of a longdouble is padding with no meaning.
X87_BYTES = 10

FLOATS = "fc"


def content(array: Array) -> Iterator[Buffer]:
    """Yield the bytes of `array` in C order, field by field, every nan as the same nan.

    `array` is a plain ndarray of any dtype, shape and memory order. Python objects and strings of
    variable length are given by the kernel's fingerprint of the list of them.
    """
    if array.dtype.names is not None:
        for name in array.dtype.names:
            yield from content(array[name])
    elif array.dtype.hasobject:
        yield fingerprint_nested(array.ravel().tolist()).encode()
    elif array.nbytes:
        for part in _in_order(array):
            yield from _blocks(part.reshape(-1))


def _in_order(array: Array) -> Iterator[Array]:
    """Yield C-contiguous pieces that make up `array`, in order; where they are copies, they are small."""
    if array.flags.c_contiguous:
        yield array
        return
    row = array.nbytes // len(array)
    if row > SLAB:
        for part in array:
            yield from _in_order(part)
        return
    count = min(len(array), SLAB // row)
    # One slab for all: who reads a piece has done with it when the next is asked for.
    slab = np.empty((count, *array.shape[1:]), array.dtype)
    for start in range(0, len(array), count):
        part = array[start : start + count]
        piece = slab[: len(part)]
        if part.ndim > 1:
            gather(part, piece)
        else:
            piece[...] = part
        yield piece


def _blocks(flat: Array) -> Iterator[Buffer]:
    """Yield the bytes of a contiguous one-dimensional array, in one piece where every byte counts."""
    if flat.dtype.kind not in FLOATS:
        yield flat.view(np.uint8).data
        return
    numbers = flat.view(_real(flat.dtype))
    for start in range(0, numbers.size, BLOCK):
        yield _canonical(numbers[start : start + BLOCK]).view(np.uint8).data


def _real(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of the parts of a complex number; a real one is its own."""
    return np.dtype(f"{dtype.byteorder}f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def _canonical(block: Array) -> Array:
    """Return `block` with each nan as the one nan of its dtype; `block` itself where there is none."""
    if block.dtype.char == "g":
        return _without_padding(block)
    if not _holds_nan(block):
        return block
    canonical = block.copy()
    np.putmask(canonical, np.isnan(block), np.nan)
    return canonical


def _holds_nan(block: Array) -> bool:
    # Each as fast as hashing or faster; np.isnan(block).any() takes twice the time, ten times for halves.
    if block.dtype.itemsize == 2:
        bits = block.view(block.dtype.str.replace("f", "u"))
        return bool((bits & 0x7FFF).max() > 0x7C00)
    with np.errstate(all="ignore"):
        if block.dtype.isnative and block.dtype.char == "d":
            # A sum of squares is nan only if an element is.
            return bool(np.isnan(np.dot(block, block)))
        return bool(np.isnan(block.min()))


def _without_padding(block: Array) -> Array:
    block = block.astype(block.dtype.newbyteorder("="))
    clean = np.where(np.isnan(block), np.array(np.nan, block.dtype), block)
    if np.finfo(np.longdouble).nmant == 63:
        clean.view(np.uint8).reshape(-1, clean.itemsize)[:, X87_BYTES:] = 0
    return clean
