"""The content of a Zarr array, whatever its chunks are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from xxhash import xxh3_128

#: Bytes that are read in one go: an array need not fit into memory.
SLAB = 1 << 26


def fingerprint(array: Any) -> str:
    """Return the fingerprint of a Zarr array by dtype, shape, attributes and content in C order."""
    state = xxh3_128(repr((array.dtype.str, array.shape, sorted(dict(array.attrs).items()))).encode())
    for region in slabs(array.shape, array.dtype.itemsize):
        state.update(np.ascontiguousarray(array[region]).reshape(-1).view(np.uint8).data)
    return f"zarr/1:{state.hexdigest()}"


def slabs(shape: tuple[int, ...], itemsize: int) -> Iterator[tuple[slice, ...]]:
    """Cover an array with pieces of at most SLAB bytes that follow each other in C order."""
    if 0 in shape:
        return
    room, extents = max(1, SLAB // itemsize), [1] * len(shape)
    for axis in reversed(range(len(shape))):
        extents[axis] = min(shape[axis], room)
        room //= extents[axis]
        if extents[axis] < shape[axis]:
            break
    for corner in itertools.product(*(range(0, length, size) for length, size in zip(shape, extents, strict=True))):
        yield tuple(slice(start, start + size) for start, size in zip(corner, extents, strict=True))
