"""Fingerprints of what pandas holds: frames, series, indexes, arrays, and its scalars and dtypes.

Content, dtypes, names, order, the types of indexes, `attrs` and `flags` count; blocks, chunks, the storage
of strings and unused categories' memory do not. Only the public interface of pandas is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped, import-not-found, unused-ignore]

from makeit.identity.digest import digest
from makeit.identity.values import fingerprint_nested
from makeit_numpy.content import Array
from makeit_numpy.fingerprint import fingerprint_array

_INDEXES: tuple[type, ...] = (
    pd.Index, pd.RangeIndex, pd.MultiIndex, pd.CategoricalIndex, pd.DatetimeIndex, pd.TimedeltaIndex,
    pd.PeriodIndex, pd.IntervalIndex,
)  # fmt: skip


def fingerprint(value: Any) -> str | None:
    """Return `pandas/1:digest` of a value of pandas; None for what is computed or plotted, and for subclasses."""
    for kind, describe in _KINDS:
        if isinstance(value, kind):
            parts = describe(value)
            return None if parts is None else "pandas/1:" + digest("\n".join(parts).encode())
    return None


def _frame(frame: Any) -> list[str] | None:
    if type(frame) is not pd.DataFrame:
        return None
    columns = [_values(frame.iloc[:, place].array) for place in range(frame.shape[1])]
    return ["frame", *_of_index(frame.columns), *_of_index(frame.index), *columns, *_said(frame)]


def _series(series: Any) -> list[str] | None:
    if type(series) is not pd.Series:
        return None
    name = fingerprint_nested(series.name)
    return ["series", name, *_of_index(series.index), _values(series.array), *_said(series)]


def _said(value: Any) -> list[str]:
    return [fingerprint_nested(value.attrs), str(value.flags.allows_duplicate_labels)]


def _index(index: Any) -> list[str] | None:
    return _of_index(index) if type(index) in _INDEXES else None


def _of_index(index: Any) -> list[str]:
    head = [type(index).__name__, fingerprint_nested(list(index.names)), str(len(index))]
    if isinstance(index, pd.MultiIndex):
        levels = (index.get_level_values(level) for level in range(index.nlevels))
        return [*head, *(part for level in levels for part in _of_index(level))]
    if isinstance(index, pd.RangeIndex):
        return [*head, f"{index.start}:{index.stop}:{index.step}"]
    return [*head, str(getattr(index, "freqstr", None)), _values(index.array)]


def _array(array: Any) -> list[str]:
    return ["array", _values(array)]


def _values(array: Any) -> str:
    """Return a line for the dtype and the elements of a column."""
    if type(array) is pd.arrays.NumpyExtensionArray:
        array = array.to_numpy()  # a plain column: its own dtype is none of NumPy's, and None is not nan in it
    dtype = array.dtype
    parts = _dtype(dtype)
    if isinstance(dtype, np.dtype):
        # A NumpyExtensionArray; those of dates have a class, but NumPy's dtype.
        parts.append(fingerprint_array(np.asarray(array)))
    elif isinstance(dtype, pd.CategoricalDtype):
        parts.append(fingerprint_array(np.asarray(array.codes, np.int64)))
    elif isinstance(dtype, pd.DatetimeTZDtype):
        parts.append(fingerprint_array(array.to_numpy(dtype=f"M8[{dtype.unit}]")))
    elif isinstance(dtype, pd.PeriodDtype):
        parts.append(fingerprint_array(np.asarray(pd.PeriodIndex(array).asi8)))
    elif isinstance(dtype, pd.IntervalDtype):
        # Of the ends their elements: an index of dates has a frequency, too, which an interval does not show.
        parts += [_values(array.left.array), _values(array.right.array), fingerprint_array(_missing(array))]
    elif isinstance(dtype, pd.SparseDtype):
        parts.append(fingerprint_array(np.asarray(array)))
    else:
        parts += _with_missing(array, dtype)
    return "pandas-values/1:" + digest("\n".join(parts).encode())


def _with_missing(array: Any, dtype: Any) -> list[str]:
    """Return the elements of an array that marks missing ones, and where they are."""
    missing = _missing(array)
    present = array[~missing] if missing.any() else array
    inner = getattr(dtype, "numpy_dtype", None)
    numbers = type(dtype).__module__.startswith("pandas.") and isinstance(inner, np.dtype) and inner.kind in "iufb"
    content = (
        fingerprint_array(present.to_numpy(dtype=inner))
        if numbers
        else fingerprint_nested(list(present.astype(object)))
    )
    return [content, fingerprint_array(missing), str(len(array))]


def _missing(array: Any) -> Array:
    return np.asarray(array.isna(), bool)


def _dtype(dtype: Any) -> list[str]:
    if isinstance(dtype, np.dtype):
        return ["dtype", fingerprint_nested(dtype)]
    if isinstance(dtype, pd.CategoricalDtype):
        categories = ["None"] if dtype.categories is None else _of_index(dtype.categories)
        return ["category", str(dtype.ordered), *categories]
    if isinstance(dtype, pd.StringDtype):
        # Whether Arrow or Python keeps the strings is a matter of memory; how a missing one looks is not.
        return ["string", str(getattr(dtype, "na_value", pd.NA))]
    return [type(dtype).__name__, str(dtype)]


def _extension_dtype(dtype: Any) -> list[str]:
    return ["dtype", *_dtype(dtype)]


def _timestamp(value: Any) -> list[str] | None:
    if type(value) is not pd.Timestamp:
        return None
    return ["Timestamp", value.isoformat(), _unit(value), str(value.tz), str(value.fold)]


def _timedelta(value: Any) -> list[str] | None:
    return ["Timedelta", value.isoformat(), _unit(value)] if type(value) is pd.Timedelta else None


def _unit(value: Any) -> str:
    # pandas 1 knew nanoseconds only.
    return str(getattr(value, "unit", "ns"))


def _interval(value: Any) -> list[str]:
    return ["Interval", fingerprint_nested(value.left), fingerprint_nested(value.right), value.closed]


def _offset(value: Any) -> list[str]:
    # The calendar of NumPy says again what `holidays` and `weekmask` say.
    arguments = {name: part for name, part in value.kwds.items() if name != "calendar"}
    return [type(value).__name__, value.freqstr, str(value.n), str(value.normalize), fingerprint_nested(arguments)]


_KINDS: tuple[tuple[Any, Callable[[Any], list[str] | None]], ...] = (
    (pd.DataFrame, _frame),
    (pd.Series, _series),
    (pd.Index, _index),
    (pd.api.extensions.ExtensionArray, _array),
    (pd.api.extensions.ExtensionDtype, _extension_dtype),
    # NaT is of the class of dates, but is none.
    (type(pd.NaT), lambda value: ["NaT"]),
    (type(pd.NA), lambda value: ["NA"]),
    (pd.Timestamp, _timestamp),
    (pd.Timedelta, _timedelta),
    (pd.Period, lambda value: ["Period", value.freqstr, str(value.ordinal)]),
    (pd.Interval, _interval),
    (pd.offsets.BaseOffset, _offset),
)
