"""Copies in C order of arrays that lie in memory in another order, in pieces that the processor's cache holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

#: Bytes of a tile: what is read of it in memory order is still in the cache when it is written in C order.
TILE = 1 << 19
#: Bytes read in one go along the axis that is contiguous in memory: four lines of a cache.
RUN = 1 << 8
#: Elements written in one go along the last axis; NumPy's loops are slow where they are short.
ROW = 1 << 8
SHORT = 16


def gather(array: Array, copy: Array) -> None:
    """Write `array`, of two or more dimensions, to `copy`, which has its shape and lies in C order."""
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    if order[-1] == array.ndim - 1:
        copy[...] = array
        return
    places = np.argsort(order)
    for tile in _tiles(array.shape, order, array.itemsize):
        _write(copy[tile], _read(array[tile].transpose(order)).transpose(places))


def _read(piece: Array) -> Array:
    """Copy a piece in the order of its axes; contiguous rows as single items, so that they cost no loop each."""
    if piece.strides[-1] != piece.itemsize:
        return piece.copy()
    row = np.dtype((np.void, piece.shape[-1] * piece.itemsize))
    return piece.view(row).copy().view(piece.dtype)


def _write(target: Array, piece: Array) -> None:
    if target.shape[-1] >= SHORT:
        target[...] = piece
        return
    for index in range(target.shape[-1]):
        target[..., index] = piece[..., index]


def _tiles(shape: tuple[int, ...], order: list[int], itemsize: int) -> Iterator[tuple[slice, ...]]:
    """Cover an array of this shape with tiles; `order` names its axes, the slowest in memory first."""
    extents = _extents(shape, order, itemsize)
    starts = (range(0, length, extent) for length, extent in zip(shape, extents, strict=True))
    for corner in itertools.product(*starts):
        yield tuple(slice(start, start + extent) for start, extent in zip(corner, extents, strict=True))


def _extents(shape: tuple[int, ...], order: list[int], itemsize: int) -> list[int]:
    last, fast = len(shape) - 1, order[-1]
    extents = [1] * len(shape)
    extents[fast] = min(shape[fast], max(1, RUN // itemsize))
    extents[last] = min(shape[last], ROW)
    room = TILE // itemsize // (extents[fast] * extents[last])
    for axis in (*reversed(order[:-1]), fast):
        if axis != last and room > 1:
            wider = min(shape[axis], extents[axis] * room)
            room //= wider // extents[axis]
            extents[axis] = wider
    return extents
