"""Columns of every dtype that can be kept: taken apart into Arrow columns, and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from makeit import PersistError
from makeit_pandas import arrow_types, numbers, texts, times
from makeit_pandas.categories import CATEGORIES
from makeit_pandas.kinds import Column, Description, Kind, Stored, Values, stored

FITS = (
    "What fits are numbers, booleans, strings, dates, times, durations, periods, intervals, categories and Arrow "
    "types. For anything else use `pickle:`"
)


def take_apart(values: Values) -> Column:
    """Take an array of pandas apart; PersistError where it would not come back equal in dtype and value."""
    if type(values) is pd.arrays.NumpyExtensionArray:
        values = values.to_numpy()
    for name, kind in KINDS.items():
        if kind.fits(values.dtype):
            column = kind.take_apart(values)
            return Column({"kind": name, **column.description}, column.stored, column.exact)
    raise PersistError(f"its dtype {values.dtype} {_hint(values.dtype)}. {FITS}")


def put_together(description: Description, columns: Sequence[Stored]) -> Values:
    """Return the array that `take_apart` was given; it may share memory with the Arrow columns."""
    return KINDS[description["kind"]].put_together(description, columns)


def types(description: Description) -> tuple[pa.DataType, ...]:
    """Return the types of the Arrow columns of a column."""
    return KINDS[description["kind"]].types(description)


def width(description: Description) -> int:
    """Return how many Arrow columns a column has."""
    kind = description["kind"]
    if kind == "interval":
        return width(description["left"]) + width(description["right"])
    return 2 if kind == "complex" else 1


def _hint(dtype: Any) -> str:
    if isinstance(dtype, pd.SparseDtype):
        return "is sparse: make it dense with `.sparse.to_dense()`"
    if not getattr(dtype, "isnative", True):
        return "has its bytes in foreign order: turn them with `.astype(dtype.newbyteorder('='))`"
    return "does not fit"


def _take_intervals(values: Values) -> Column:
    left, right = take_apart(values.left.array), take_apart(values.right.array)
    description = {"closed": values.closed, "left": left.description, "right": right.description}
    return Column(description, (*left.stored, *right.stored), left.exact and right.exact)


def _interval_types(description: Description) -> tuple[pa.DataType, ...]:
    return (*types(description["left"]), *types(description["right"]))


def _put_intervals(description: Description, columns: Sequence[Stored]) -> Values:
    middle = width(description["left"])
    left = put_together(description["left"], columns[:middle])
    right = put_together(description["right"], columns[middle:])
    return pd.arrays.IntervalArray.from_arrays(left, right, description["closed"])


def _take_arrow(values: Values) -> Column:
    column = stored(values)
    if _holds_extension(column.type):
        raise PersistError(f"its Arrow type {column.type} is defined by a program, and would come back as another")
    # There are too many nested types to have tried all: what was written is read back at once.
    return Column(arrow_types.spell(column.type), (column,), exact=not pa.types.is_nested(column.type))


def _holds_extension(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return True
    return any(_holds_extension(kind.field(place).type) for place in range(kind.num_fields))


def _arrow_types(description: Description) -> tuple[pa.DataType, ...]:
    return (arrow_types.restore(description),)


def _put_arrow(description: Description, columns: Sequence[Stored]) -> Values:
    (column,), kind = columns, arrow_types.restore(description)
    return pd.ArrowDtype(kind).__from_arrow__(column.cast(kind))


KINDS: dict[str, Kind] = {
    "numpy": numbers.PLAIN,
    "complex": numbers.COMPLEX,
    "masked": numbers.MASKED_KIND,
    "strings": texts.STRINGS,
    "objects": texts.OBJECT,
    "zoned": times.ZONED,
    "period": times.PERIODS,
    "category": CATEGORIES,
    "interval": Kind(
        lambda dtype: isinstance(dtype, pd.IntervalDtype), _take_intervals, _interval_types, _put_intervals
    ),
    "arrow": Kind(lambda dtype: isinstance(dtype, pd.ArrowDtype), _take_arrow, _arrow_types, _put_arrow),
}
