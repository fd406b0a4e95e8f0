"""Frames that cannot change unnoticed: their memory is read-only, and pandas copies it before it writes.

Since pandas 3 a frame that shares its memory with another copies it before a change. So the frame
that is handed out shares with one that the test of it holds: whoever assigns to a cell gets memory of
their own, and the test sees other memory. What goes past pandas, to the arrays below, meets memory
that is read-only. The blocks below a frame are no public interface: what is not known is not frozen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from makeit.model import Frozen
from makeit_pandas.indexes import CLASSES

#: The first pandas in which every frame copies before it writes.
COPIES_ON_WRITE = 3
BACKED = (pd.arrays.DatetimeArray, pd.arrays.TimedeltaArray, pd.arrays.PeriodArray, pd.Categorical)


class Unknown(Exception):
    """Something below a frame is of a kind that may change in ways that nobody would see."""


def freeze(value: Any) -> Frozen | None:
    """Return an equal frame or series that cannot change unnoticed; None for one to be verified by content.

    Columns and labels that are Python objects, of nullable dtypes or Arrow types other than strings,
    attributes, and pandas before version 3 are left to their content.
    """
    if not _copies_on_write() or type(value) not in (pd.DataFrame, pd.Series) or value.attrs:
        return None
    try:
        sealed = _sealed(value)
        given, other = sealed.copy(deep=False), sealed.copy(deep=False)
        return Frozen(given, _is_intact(given, other))
    except (Unknown, AttributeError):
        return None


def _copies_on_write() -> bool:
    return int(pd.__version__.partition(".")[0]) >= COPIES_ON_WRITE


def _sealed(value: Any) -> Any:
    """Return a frame on read-only memory: that of `value` where it is nobody else's, else a copy."""
    for number, axis in enumerate(value._mgr.axes[::-1]):
        if not all(_is_private(array) for array in _arrays(_of_index(axis))):
            value = value.set_axis(axis.copy(deep=True), axis=number)
    if not all(_is_private(array) for array in _arrays(_of_blocks(value))):
        value = value.copy(deep=True)
    for array in _arrays(_of_frame(value)):
        if not _is_private(array):
            raise Unknown(f"a copy of {type(value).__name__} does not own its memory")
        for part in (_owner(array), array):
            part.setflags(write=False)
    return value


def _is_private(array: Any) -> bool:
    """Tell whether the memory of an array is its own, or read-only for good, or that of an array nobody else has."""
    if array.base is None:
        return bool(array.flags.owndata)
    if type(_owner(array)) is not np.ndarray or not _owner(array).flags.owndata:
        return False
    # pandas reshapes what it has copied: then nobody refers to the owner but the array, and this question.
    return not _owner(array).flags.writeable or sys.getrefcount(array.base) == 2


def _owner(array: Any) -> Any:
    while type(array) is np.ndarray and array.base is not None:
        array = array.base
    return array


def _is_intact(given: Any, other: Any) -> Callable[[Any], bool]:
    """Return a test of one frame that holds another on the same memory, so that pandas copies before it writes."""
    parts = list(_of_frame(given))
    owners = [_owner(array) for array in _arrays(parts)]

    def intact(value: Any) -> bool:
        if value.attrs or value.flags.allows_duplicate_labels != other.flags.allows_duplicate_labels:
            return False
        try:
            now = list(_of_frame(value))
        except (Unknown, AttributeError):
            return False
        same = len(now) == len(parts) and all(one is other for one, other in zip(now, parts, strict=True))
        return same and not any(owner.flags.writeable for owner in owners)

    return intact


def _arrays(parts: Iterable[Any]) -> Iterator[Any]:
    return (part for part in parts if isinstance(part, np.ndarray))


def _of_frame(value: Any) -> Iterator[Any]:
    """Yield all that a frame or series consists of, down to what cannot change or is an array of NumPy."""
    if isinstance(value, pd.Series):
        yield value.name
    for axis in value._mgr.axes:
        yield from _of_index(axis)
    yield from _of_blocks(value)


def _of_blocks(value: Any) -> Iterator[Any]:
    for block in value._mgr.blocks:
        yield block.mgr_locs
        yield from _of_values(block.values)


def _of_index(index: Any) -> Iterator[Any]:
    if type(index) not in CLASSES:
        raise Unknown(type(index).__qualname__)
    yield index
    yield from index.names
    if isinstance(index, pd.MultiIndex):
        for level in index.levels:
            yield from _of_index(level)
        yield from index.codes
    elif not isinstance(index, pd.RangeIndex):
        yield getattr(index, "freq", None)
        yield from _of_values(index._values)


def _of_values(values: Any) -> Iterator[Any]:
    if type(values) is np.ndarray and values.dtype.kind in "biufcmM":
        yield values
    elif isinstance(values, BACKED):
        yield from (values, values._ndarray)
        if isinstance(values, pd.Categorical):
            yield from _of_index(values.categories)
    elif isinstance(values, pd.arrays.IntervalArray):
        yield values
        yield from _of_values(values._left)
        yield from _of_values(values._right)
    elif isinstance(values, pd.arrays.ArrowExtensionArray) and _holds_strings_of_its_own(values._pa_array):
        yield from (values, values._pa_array)
    else:
        # Among them Int64 and its like: `cumsum` writes below their masks, and would fail on read-only memory.
        raise Unknown(type(values).__qualname__)


def _holds_strings_of_its_own(column: Any) -> bool:
    """Tell whether an Arrow column is of strings, in memory of Arrow's and not in a file or another program's.

    Strings are copied into Arrow. Numbers may be in memory that NumPy still writes to, which Arrow cannot tell.
    """
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    return all(buffer is None or buffer.is_mutable for chunk in column.chunks for buffer in chunk.buffers())
