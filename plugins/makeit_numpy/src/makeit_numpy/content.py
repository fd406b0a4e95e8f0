"""The content of an array as a stream of bytes in C order, without copying it as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from makeit.identity.digest import Buffer
from makeit.identity.values import fingerprint_nested
from makeit_numpy.gathering import gather
from makeit_numpy.nans import without

Array: TypeAlias = NDArray[Any]

#: Numbers looked at in one step: they are still in the processor's cache when they are hashed.
BLOCK = 1 << 16
#: Bytes copied in one step where memory order is not C: wider slabs use more of each cache line.
SLAB = 1 << 24

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
            yield from blocks(part.reshape(-1))


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


def blocks(flat: Array) -> Iterator[Buffer]:
    """Yield the bytes of a contiguous one-dimensional array, in one piece where every byte counts."""
    if flat.dtype.kind not in FLOATS:
        yield flat.view(np.uint8).data
        return
    for part in without(reals(flat), BLOCK):
        yield part.view(np.uint8).data


def reals(flat: Array) -> Array:
    """Return a contiguous array of real or complex numbers as one of the real numbers that these consist of."""
    dtype = flat.dtype
    return flat.view(f"{dtype.byteorder}f{dtype.itemsize // 2}") if dtype.kind == "c" else flat
