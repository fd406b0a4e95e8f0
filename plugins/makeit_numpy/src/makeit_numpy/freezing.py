"""Arrays that nobody can write to, and a cheap test that they still are what they were."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from makeit.model import Frozen
from makeit_numpy.content import Array
from makeit_numpy.mapping import Stamp, shown_by, stamp_of

CLASSES = (np.ndarray, np.matrix, np.recarray, np.memmap)


def freeze(value: Any) -> Frozen | None:
    """Return an equal, read-only value; None for what has to be verified by content instead.

    The array that owns the memory becomes read-only and a view of it is handed out: NumPy refuses
    to make such a view writeable again. Memory that somebody else may write to is copied first.
    """
    if isinstance(value, np.generic):
        # A record scalar is a window on memory that it can change.
        return None if isinstance(value, np.void) else Frozen(value)
    if type(value) not in CLASSES or value.dtype.hasobject:
        return None
    if _is_private_map(value):
        value.setflags(write=False)
        return Frozen(value, _map_is_intact(value))
    sealed = value if _is_sealed(value) else _seal(value)
    return Frozen(sealed, _is_intact(sealed))


def _contiguous(array: Array) -> bool:
    return bool(array.flags.c_contiguous or array.flags.f_contiguous)


def _seal(array: Array) -> Array:
    """Return a view of a read-only array: of `array` itself where that owns its memory, else of a copy."""
    if not array.flags.owndata or not _contiguous(array) or type(array) is np.memmap:
        # A file keeps C order for what is neither; a later load has to look the same.
        plain = array.view(np.ndarray) if type(array) is np.memmap else array
        array = plain.copy(order="K" if _contiguous(array) else "C")
    array.setflags(write=False)
    return array.view()


def _is_sealed(array: Array) -> bool:
    return (
        not array.flags.writeable
        and type(array.base) is type(array)
        and array.base.flags.owndata
        and not array.base.flags.writeable
        and _contiguous(array)
    )


def _is_intact(array: Array) -> Callable[[Any], bool]:
    """Return a test that holds no reference to the array, which would keep its memory alive."""
    shape, strides, dtype = array.shape, array.strides, array.dtype

    def intact(value: Any) -> bool:
        # Shape, strides and dtype of a read-only array can still be assigned to.
        return (
            not value.flags.writeable
            and not value.base.flags.writeable
            and value.shape == shape
            and value.strides == strides
            and value.dtype is dtype
        )

    return intact


def _is_private_map(array: Array) -> bool:
    """Whether the memory is a mapped file that no write through this map can change."""
    if type(array) is not np.memmap or not _contiguous(array) or array.filename is None:
        # `memmap + 1` is a memmap, too, of memory of its own; so is a map of a nameless file.
        return False
    root: Any = array
    while isinstance(root, np.ndarray):
        root = root.base
    return isinstance(root, mmap.mmap) and array.mode in ("r", "c")


def _map_is_intact(array: Array) -> Callable[[Any], bool]:
    path = os.fspath(array.filename)  # type: ignore[attr-defined]
    shape, strides, dtype = array.shape, array.strides, array.dtype
    stamp = shown_by(array) or _stamp(path)

    def intact(value: Any) -> bool:
        return (
            not value.flags.writeable
            and value.shape == shape
            and value.strides == strides
            and value.dtype is dtype
            and _same_or_replaced(stamp, _stamp(path))
        )

    return intact


def _stamp(path: str) -> Stamp | None:
    try:
        return stamp_of(os.stat(path))
    except OSError:
        return None


def _same_or_replaced(before: Stamp | None, now: Stamp | None) -> bool:
    """Whether a map still shows what it showed: a file that took the name does not touch the old pages."""
    return before is None or now is None or before == now or before[:2] != now[:2]
