"""Indexes: those of rows with their values in a file, those of columns and categories whole as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.tseries.frequencies import to_offset

from makeit import PersistError
from makeit_pandas import columns, labels
from makeit_pandas.kinds import Column, Description, Stored
from makeit_pandas.lists import spell_values, values_of

CLASSES = (
    pd.Index, pd.RangeIndex, pd.MultiIndex, pd.CategoricalIndex, pd.DatetimeIndex, pd.TimedeltaIndex,
    pd.PeriodIndex, pd.IntervalIndex,
)  # fmt: skip
WITH_FREQUENCY = (pd.DatetimeIndex, pd.TimedeltaIndex)


def take_apart(index: pd.Index) -> Column:
    """Describe an index, and give its values as Arrow columns; a range has none."""
    _check_class(index)
    if isinstance(index, pd.RangeIndex):
        return Column({"name": labels.spell(index.name), "range": [index.start, index.stop, index.step]}, ())
    if isinstance(index, pd.MultiIndex):
        return _take_levels(index)
    column = columns.take_apart(index.array)
    described = {"name": labels.spell(index.name), "values": column.description, "frequency": _frequency(index)}
    return Column(described, column.stored, column.exact)


def put_together(description: Description, stored: Sequence[Stored]) -> pd.Index:
    """Return the index that `take_apart` was given."""
    if "levels" in description:
        return _put_levels(description, stored)
    name = labels.restore(description["name"])
    if "range" in description:
        return pd.RangeIndex(*description["range"], name=name)
    return _index(columns.put_together(description["values"], stored), name, description["frequency"])


def width(description: Description) -> int:
    """Return how many Arrow columns an index has."""
    return sum(columns.width(part) for part in parts(description))


def parts(description: Description) -> list[Description]:
    """Return the descriptions of the columns that hold the values of an index."""
    if "levels" in description:
        return [level["values"] for level in description["levels"]]
    return [description["values"]] if "values" in description else []


def describe(index: pd.Index) -> Description:
    """Return JSON that says all of an index, with its values."""
    _check_class(index)
    if isinstance(index, pd.MultiIndex):
        codes = [[int(code) for code in level] for level in index.codes]
        names = [labels.spell(name) for name in index.names]
        return {"whole": [describe(level) for level in index.levels], "codes": codes, "names": names}
    if index.dtype == object:
        return {"name": labels.spell(index.name), "labels": [labels.spell(label) for label in index]}
    column = take_apart(index)
    return {**column.description, "lists": [spell_values(stored) for stored in column.stored]}


def restore(description: Description) -> pd.Index:
    """Return the index that `describe` was given."""
    if "whole" in description:
        names = [labels.restore(name) for name in description["names"]]
        return pd.MultiIndex([restore(level) for level in description["whole"]], description["codes"], names=names)
    if "labels" in description:
        found = _objects([labels.restore(label) for label in description["labels"]])
        return pd.Index(found, dtype=object, name=labels.restore(description["name"]), tupleize_cols=False)
    kinds = [kind for part in parts(description) for kind in columns.types(part)]
    stored = [values_of(spelled, kind) for spelled, kind in zip(description["lists"], kinds, strict=True)]
    return put_together(description, stored)


def _objects(items: list[Any]) -> Any:
    # np.array(items, object) would make rows of tuples.
    found = np.empty(len(items), object)
    found[:] = items
    return found


def _check_class(index: pd.Index) -> None:
    if type(index) not in CLASSES:
        raise PersistError(f"the index is of the class {type(index).__qualname__}, which would not come back")


def _index(values: Any, name: Any, frequency: str | None) -> pd.Index:
    if frequency is not None:
        kind = pd.TimedeltaIndex if values.dtype.kind == "m" else pd.DatetimeIndex
        return kind(values, freq=frequency, name=name)
    return pd.Index(values, dtype=values.dtype, name=name, copy=True)


def _frequency(index: pd.Index) -> str | None:
    """Return the frequency of an index of times; PersistError where its name does not say all of it."""
    if not isinstance(index, WITH_FREQUENCY) or index.freq is None:
        return None
    name = str(index.freqstr)
    try:
        found = to_offset(name)
    except ValueError:
        found = None
    if found != index.freq:
        raise PersistError(f"the frequency {index.freq!r} of the index has no name; set `index.freq = None`")
    return name


def _take_levels(index: pd.MultiIndex) -> Column:
    taken = [_take_level(level, np.asarray(codes)) for level, codes in zip(index.levels, index.codes, strict=True)]
    described = {
        "names": [labels.spell(name) for name in index.names],
        "levels": [level.description for level in taken],
    }
    return Column(described, tuple(part for level in taken for part in level.stored), all(t.exact for t in taken))


def _take_level(level: pd.Index, codes: Any) -> Column:
    """Give the values of a level row by row; the order of its labels is noted where it is not sorted."""
    used, numbers = np.unique(codes[codes >= 0], return_inverse=True)
    labels_used = level.take(used)
    places = np.full(len(codes), -1)
    places[codes >= 0] = numbers
    order = labels_used.factorize(sort=True)[0]
    column = columns.take_apart(labels_used.array)
    rows = pa.array(places, mask=places < 0)
    in_order = bool((order == np.arange(len(order))).all())
    described = {
        "values": column.description,
        "order": None if in_order else [int(place) for place in order],
        "range": [level.start, level.stop, level.step] if isinstance(level, pd.RangeIndex) else None,
        "frequency": _frequency(level),
    }
    stored = tuple(part.take(rows) for part in column.stored)
    if len(used) == len(level):
        return Column(described, stored, column.exact)
    # Labels that no row has are left out, and with them goes what was regular.
    return Column({**described, "range": None, "frequency": None}, stored, exact=False)


def _put_levels(description: Description, stored: Sequence[Stored]) -> pd.MultiIndex:
    levels, codes, rest = [], [], list(stored)
    for described in description["levels"]:
        count = columns.width(described["values"])
        level, places = _put_level(described, rest[:count])
        levels.append(level)
        codes.append(places)
        del rest[:count]
    names = [labels.restore(name) for name in description["names"]]
    return pd.MultiIndex(levels, codes, names=names, verify_integrity=False)


def _put_level(described: Description, stored: Sequence[Stored]) -> tuple[pd.Index, Any]:
    present = stored[0].is_valid()
    values = columns.put_together(described["values"], [part.filter(present) for part in stored])
    numbers, level = pd.Index(values, dtype=values.dtype).factorize(sort=True)
    if described["order"] is not None:
        level = level.take(described["order"])
        numbers = np.argsort(described["order"])[numbers]
    codes = np.full(len(stored[0]), -1)
    codes[present.to_numpy()] = numbers
    if described["range"] is not None:
        return pd.RangeIndex(*described["range"]), codes
    return _index(level.array, None, described["frequency"]), codes
