"""Arrow columns as lists that JSON can hold, exactly, for the few values that are no part of a table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from makeit import PersistError


def spell_values(column: Any) -> list[Any]:
    """Return the values of an Arrow column as text, integers, booleans and null."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        # JSON has no nan and no infinity; repr is exact.
        return [None if value is None else repr(value) for value in column.to_pylist()]
    if pa.types.is_temporal(column.type):
        return list(column.cast(_width(column.type)).to_pylist())
    if _is_plain(column.type):
        return list(column.to_pylist())
    raise PersistError(f"values of type {column.type} cannot be labels or categories")


def values_of(spelled: list[Any], kind: pa.DataType) -> Any:
    """Return the Arrow column of type `kind` that `spell_values` wrote down."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_floating(kind):
        numbers = pa.array([None if text is None else float(text) for text in spelled], pa.float64())
        return pa.chunked_array([numbers.cast(kind)])
    if pa.types.is_temporal(kind):
        return pa.chunked_array([pa.array(spelled, _width(kind)).cast(kind)])
    return pa.chunked_array([pa.array(spelled, kind)])


def _width(kind: pa.DataType) -> pa.DataType:
    return pa.int32() if kind.bit_width == 32 else pa.int64()


def _is_plain(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
    )
