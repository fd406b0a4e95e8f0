"""Columns of numbers, booleans and plain times: NumPy's, and those of pandas that mark missing values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from makeit_pandas.kinds import Column, Description, Kind, Stored, Values, stored

MASKED = {
    str(dtype): dtype
    for dtype in (
        pd.BooleanDtype(), pd.Int8Dtype(), pd.Int16Dtype(), pd.Int32Dtype(), pd.Int64Dtype(), pd.UInt8Dtype(),
        pd.UInt16Dtype(), pd.UInt32Dtype(), pd.UInt64Dtype(), pd.Float32Dtype(), pd.Float64Dtype(),
    )
}  # fmt: skip


def _is_plain(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "biufMm" and dtype.itemsize <= 8 and dtype.isnative


def _take_plain(values: Values) -> Column:
    # nan and NaT become null, as in every other program's files.
    return Column({"dtype": values.dtype.str}, (stored(np.asarray(values), from_pandas=True),))


def _plain_types(description: Description) -> tuple[pa.DataType, ...]:
    return (pa.from_numpy_dtype(np.dtype(description["dtype"])),)


def _put_plain(description: Description, columns: Sequence[Stored]) -> Values:
    (column,) = columns
    dtype = np.dtype(description["dtype"])
    if column.null_count and dtype.kind in "biu":
        raise ValueError(f"a column of dtype {dtype} has {column.null_count} empty cells")
    return column.to_numpy().astype(dtype, copy=False)


PLAIN = Kind(_is_plain, _take_plain, _plain_types, _put_plain)


def _is_complex(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind == "c" and dtype.itemsize <= 16 and dtype.isnative


def _take_complex(values: Values) -> Column:
    numbers = np.asarray(values)
    parts = (np.ascontiguousarray(part) for part in (numbers.real, numbers.imag))
    return Column({"dtype": numbers.dtype.str}, tuple(stored(part) for part in parts))


def _complex_types(description: Description) -> tuple[pa.DataType, ...]:
    return (pa.from_numpy_dtype(np.empty(0, description["dtype"]).real.dtype),) * 2


def _put_complex(description: Description, columns: Sequence[Stored]) -> Values:
    numbers = np.empty(len(columns[0]), description["dtype"])
    numbers.real, numbers.imag = (column.to_numpy() for column in columns)
    return numbers


COMPLEX = Kind(_is_complex, _take_complex, _complex_types, _put_complex)


def _is_masked(dtype: Any) -> bool:
    return bool(MASKED.get(str(dtype)) == dtype)


def _take_masked(values: Values) -> Column:
    return Column({"dtype": str(values.dtype)}, (stored(values),))


def _masked_types(description: Description) -> tuple[pa.DataType, ...]:
    dtype = MASKED[description["dtype"]]
    return (pa.from_numpy_dtype(dtype.numpy_dtype),)


def _put_masked(description: Description, columns: Sequence[Stored]) -> Values:
    return MASKED[description["dtype"]].__from_arrow__(columns[0])


MASKED_KIND = Kind(_is_masked, _take_masked, _masked_types, _put_masked)
