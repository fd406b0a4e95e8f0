"""Fingerprints of polars frames and series: names, order, dtypes and content; chunks and sortedness do not count."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl  # type: ignore[import-not-found, unused-ignore]

from makeit.identity.digest import digest
from makeit.identity.values import fingerprint_nested
from makeit_numpy.fingerprint import fingerprint_array

_NUMBERS = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Float32, pl.Float64)
_TIMES = (pl.Date, pl.Datetime, pl.Duration, pl.Time)


def fingerprint(value: Any) -> str | None:
    """Return `polars/1:digest` of a frame or series; None for a query, an expression, or a subclass."""
    if type(value) is pl.DataFrame:
        parts = ["frame", str(value.height), *(part for column in value.get_columns() for part in _series(column))]
    elif type(value) is pl.Series:
        parts = ["series", *_series(value)]
    elif isinstance(value, pl.DataType):
        parts = ["dtype", _described(value)]
    else:
        return None
    return "polars/1:" + digest("\n".join(parts).encode())


def _series(series: Any) -> list[str]:
    return [fingerprint_nested(series.name), _described(series.dtype), *_elements(series)]


def _described(dtype: Any) -> str:
    categories = fingerprint_nested(dtype.categories.to_list()) if isinstance(dtype, pl.Enum) else ""
    return f"{type(dtype).__name__} {dtype} {categories}"


def _elements(series: Any) -> list[str]:
    """Return lines for the elements of a series: where they are null, and those that are not."""
    nulls = np.asarray(series.is_null().to_numpy(), bool)
    present = series.drop_nulls() if nulls.any() else series
    return [str(len(series)), fingerprint_array(nulls), *_present(present.rechunk(), series.dtype)]


def _present(series: Any, dtype: Any) -> list[str]:
    if dtype == pl.Boolean or isinstance(dtype, _NUMBERS):
        return [fingerprint_array(np.asarray(series.to_numpy()))]
    if isinstance(dtype, _TIMES):
        return [fingerprint_array(np.asarray(series.to_physical().to_numpy()))]
    if isinstance(dtype, pl.Array):
        return _present(series.arr.to_list(), pl.List(dtype.inner))
    if isinstance(dtype, pl.List):
        lengths = series.list.len()
        # An empty list would become a null.
        inner = series.filter(lengths > 0).explode()
        return [fingerprint_array(np.asarray(lengths.to_numpy())), *(_elements(inner) if len(inner) else ())]
    if isinstance(dtype, pl.Struct):
        return [part for field in dtype.fields for part in _elements(series.struct.field(field.name))]
    # Strings, categories, bytes, decimals, objects: by value.
    return [fingerprint_nested(series.to_list())]
