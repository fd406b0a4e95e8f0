"""Columns of strings, and of Python objects of one plain type."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from makeit import PersistError
from makeit_pandas.kinds import Column, Description, Kind, Stored, Values, stored

TEXT = pa.large_string()

#: Types of objects that Arrow gives back as they were, with a value for what is missing meanwhile.
OBJECTS: dict[str, tuple[type, pa.DataType, Any]] = {
    "str": (str, TEXT, ""),
    "bool": (bool, pa.bool_(), False),
    "int": (int, pa.int64(), 0),
    "date": (datetime.date, pa.date32(), datetime.date(1970, 1, 1)),
}
MISSING: dict[str, Any] = {"None": None, "nan": np.nan, "NA": pd.NA}


def _take_strings(values: Values) -> Column:
    column = stored(values)
    # pandas 2.2 says with the storage how a missing string looks.
    missing = None if not hasattr(values.dtype, "na_value") else str(values.dtype.na_value)
    description = {"storage": values.dtype.storage, "missing": missing}
    return Column(description, (column.cast(TEXT),))


def _put_strings(description: Description, columns: Sequence[Stored]) -> Values:
    return _string_dtype(description).__from_arrow__(_owned(columns[0]))


def _owned(column: Stored) -> Stored:
    """Return a column that does not keep the memory of a whole file: a copy where its parts are slices of one."""
    if all(buffer is None or buffer.is_mutable for chunk in column.chunks for buffer in chunk.buffers()):
        return column
    return pa.chunked_array([pa.concat_arrays([chunk, chunk[:0]]) for chunk in column.chunks], column.type)


def _string_dtype(description: Description) -> Any:
    storage, missing = description["storage"], description["missing"]
    dtype = pd.StringDtype(storage)
    if str(dtype.na_value) != missing:
        try:
            dtype = pd.StringDtype(storage, na_value=np.nan)
        except TypeError as error:
            raise ValueError(f"this pandas has no strings whose missing values are {missing}") from error
    return dtype


STRINGS = Kind(
    lambda dtype: isinstance(dtype, pd.StringDtype), _take_strings, lambda description: (TEXT,), _put_strings
)


def _take_objects(values: Values) -> Column:
    objects = np.asarray(values, object)
    missing = _missing(objects)
    present = set(map(type, objects[np.asarray(pd.isna(objects), bool) ^ True])) or {str}
    name = next((name for name, (kind, _, _) in OBJECTS.items() if present == {kind}), None)
    if name is None:
        names = ", ".join(sorted(kind.__qualname__ for kind in present))
        raise PersistError(
            f"it holds Python objects of type {names}; of objects, only {', '.join(OBJECTS)} come back as they "
            "were, one type in a column. Convert it with `.astype(...)`, or use `pickle:`"
        )
    description = {"of": name, **missing}
    return Column(description, (stored(objects, OBJECTS[name][1], from_pandas=True),))


def _missing(objects: Any) -> Description:
    """Say what the missing objects are: the most frequent, and where the others are."""
    empty = np.flatnonzero(pd.isna(objects))
    found = {name: [int(place) for place in empty if _is(objects[place], name)] for name in MISSING}
    if sum(map(len, found.values())) != len(empty):
        other = next(objects[place] for place in empty if not any(_is(objects[place], name) for name in MISSING))
        raise PersistError(f"it holds the missing value {other!r} among objects, which would come back as another")
    most = max(found, key=lambda name: len(found[name]))
    return {"missing": most, "except": {name: places for name, places in found.items() if places and name != most}}


def _is(value: Any, name: str) -> bool:
    return type(value) is type(MISSING[name])


def _put_objects(description: Description, columns: Sequence[Stored]) -> Values:
    (column,) = columns
    kind, _, filler = OBJECTS[description["of"]]
    empty = column.is_null().to_numpy()
    filled = column if kind is str else pc.fill_null(column, filler)
    objects = np.array(filled.to_numpy(), object)
    objects[empty] = MISSING[description["missing"]]
    for name, places in description["except"].items():
        objects[places] = MISSING[name]
    return objects


OBJECT = Kind(
    lambda dtype: dtype == np.dtype(object),
    _take_objects,
    lambda description: (OBJECTS[description["of"]][1],),
    _put_objects,
)
