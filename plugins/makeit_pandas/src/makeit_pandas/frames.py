"""Frames and series as Arrow tables, with a form that says what they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
from attrs import frozen

from makeit import PersistError
from makeit_pandas import columns, indexes, labels
from makeit_pandas.kinds import Column, Description, Stored

#: The version of the form; a file with another one is read like a stranger's.
VERSION = 1
#: The name of a column with the numbers of the rows.
ROW = "row"


@frozen(eq=False)
class Parts:
    """A frame or series taken apart: a table with its index first, and the form to restore it by.

    `exact` is False where what comes back is equal, but for instance without labels that no row has.
    """

    table: pa.Table
    form: Description
    exact: bool


def take_apart(value: Any) -> Parts:
    """Take a frame or series apart; PersistError where it would not come back as it is."""
    if type(value) not in (pd.DataFrame, pd.Series):
        raise PersistError(_refusal(value), value=value)
    index = _located("the index", indexes.take_apart, value.index)
    data = [_located(f"column {name!r}", columns.take_apart, values) for name, values in _columns(value)]
    form = {
        "version": VERSION,
        "rows": len(value),
        "index": index.description,
        "data": [column.description for column in data],
        "duplicates": value.flags.allows_duplicate_labels,
        "attrs": _located("attrs", labels.spell, value.attrs),
        **_head(value),
    }
    stored = [part for column in (index, *data) for part in column.stored]
    names = _names(value, index, data)
    if not stored:
        # A table without columns has no rows.
        stored, names = [rows(len(value))], [ROW]
    form["names"] = names
    return Parts(pa.table(stored, names), form, all(column.exact for column in (index, *data)))


def rows(count: int) -> Stored:
    """Return the numbers of the rows, for tables that would have none without them."""
    return pa.chunked_array([pa.array(range(count), pa.int64())])


def _columns(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, pd.Series):
        return [(value.name, value.array)]
    return ((name, value.iloc[:, place].array) for place, name in enumerate(value.columns))


def _head(value: Any) -> Description:
    if isinstance(value, pd.Series):
        return {"series": _located("the name", labels.spell, value.name)}
    return {"columns": _located("the index of columns", indexes.describe, value.columns)}


def _located(place: str, take: Any, part: Any) -> Any:
    try:
        return take(part)
    except PersistError as error:
        raise PersistError(f"{place} cannot be kept: {error}") from error
    except (ValueError, ArithmeticError, pa.ArrowException) as error:
        # What Arrow and pandas raise for values that are out of range or cannot be encoded.
        raise PersistError(f"{place} cannot be kept: {type(error).__name__}: {error}. {columns.FITS}") from error


def _refusal(value: Any) -> str:
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, pd.DataFrame | pd.Series):
        return f"{kind} is a subclass and would come back as a plain frame; convert it, or use `pickle:`"
    if isinstance(value, pd.Index):
        return f"a value of type {kind} is an index alone; return `index.to_frame()` or `index.to_series()`"
    return f"a value of type {kind} is no DataFrame and no Series of pandas; make one of it, or use `pickle:`"


def _names(value: Any, index: Column, data: Sequence[Column]) -> list[str]:
    """Return a name for each Arrow column: its label where that is a text, and no name twice."""
    levels = list(value.index.names) if index.stored else []
    several = len(levels) > 1
    wanted = [f"level_{level}" if several and name is None else "index" if name is None else name
              for level, name in enumerate(levels)]  # fmt: skip
    wanted += [name for name, _ in _columns(value)]
    widths = [columns.width(part) for part in (*indexes.parts(index.description), *(c.description for c in data))]
    taken: dict[str, None] = {}
    for label, width in zip(wanted, widths, strict=True):
        text = label if isinstance(label, str) else "values" if label is None else str(label)
        for part in [text] if width == 1 else [f"{text}.{place}" for place in range(width)]:
            taken[_unique(part, taken)] = None
    return list(taken)


def _unique(name: str, taken: dict[str, None]) -> str:
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = f"{name}.{number}"
    return candidate


def put_together(table: pa.Table, form: Description) -> Any:
    """Return the frame or series that was taken apart; ValueError where table and form do not fit."""
    if not fits(table, form):
        raise ValueError(f"the file holds {table.num_rows} rows of {table.column_names}, which is not what was saved")
    stored = [table.column(place) for place in range(table.num_columns)]
    width = indexes.width(form["index"])
    index = indexes.put_together(form["index"], stored[:width])
    arrays = _arrays(form["data"], stored[width:])
    value = _series(arrays, index, form) if "series" in form else _frame(arrays, index, form)
    value.attrs.update(labels.restore(form["attrs"]))
    return value if form["duplicates"] else value.set_flags(allows_duplicate_labels=False)


def fits(table: pa.Table, form: Description) -> bool:
    """Tell whether a form is that of a table, and not of an earlier one that somebody has changed."""
    return bool(
        form.get("version") == VERSION and form["rows"] == table.num_rows and form["names"] == table.column_names
    )


def _arrays(descriptions: Sequence[Description], stored: list[Stored]) -> list[Any]:
    arrays = []
    for description in descriptions:
        width = columns.width(description)
        arrays.append(columns.put_together(description, stored[:width]))
        del stored[:width]
    return arrays


def _series(arrays: list[Any], index: pd.Index, form: Description) -> pd.Series:
    (array,) = arrays
    return pd.Series(array, index, dtype=array.dtype, name=labels.restore(form["series"]), copy=True)


def _frame(arrays: list[Any], index: pd.Index, form: Description) -> pd.DataFrame:
    # The arrays may show memory of Arrow's, which is read-only; pandas copies them into blocks of its own.
    numbered = {
        place: pd.Series(array, index, dtype=object, copy=False) if array.dtype == object else array
        for place, array in enumerate(arrays)
    }
    frame = pd.DataFrame(numbered, index, copy=True)
    frame.columns = indexes.restore(form["columns"])
    return frame
