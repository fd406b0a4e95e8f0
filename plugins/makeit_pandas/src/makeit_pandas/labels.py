"""Names, labels and attributes as JSON that gives them back in type and value."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from makeit import PersistError
from makeit_pandas.columns import put_together, take_apart, types
from makeit_pandas.lists import spell_values, values_of

Json: TypeAlias = Any

PANDAS_SCALARS = (pd.Timestamp, pd.Timedelta, pd.Period)


def spell(value: Any) -> Json:
    """Return JSON from which `restore` makes an equal value of the same type; PersistError where it cannot.

    Known are None, bool, int, float, str, dates, numbers of NumPy, single values of pandas, and
    tuples, lists and dicts of them.
    """
    if value is None or type(value) in (bool, int):
        return value
    if type(value) is str:
        return _encodable(value)
    if type(value) is list:
        return [spell(item) for item in value]
    for kind, fits, write, _ in _TAGGED:
        if fits(value):
            return {kind: write(value)}
    raise PersistError(f"{value!r} of type {type(value).__qualname__} is neither text, number, date nor a list of them")


def restore(spelled: Json) -> Any:
    """Return what `spell` was given; ValueError or LookupError for what it did not write."""
    if isinstance(spelled, list):
        return [restore(item) for item in spelled]
    if not isinstance(spelled, dict):
        return spelled
    ((kind, content),) = spelled.items()
    return _READERS[kind](content)


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PersistError(f"the text {text!r} holds a lone surrogate, which UTF-8 cannot say") from error
    return text


def _is_number_of_numpy(value: Any) -> bool:
    return isinstance(value, np.generic) and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8


def _write_number(value: Any) -> Json:
    return [value.dtype.str, repr(value.item())]


def _read_number(content: Json) -> Any:
    dtype, text = content
    value = {"True": True, "False": False}.get(text)
    return np.dtype(dtype).type(text if value is None else value)


def _write_scalar(value: Any) -> Json:
    series = pd.Series([value])
    if hasattr(value, "unit"):
        # pandas 2.2 makes nanoseconds of every time.
        series = series.dt.as_unit(value.unit)
    column = take_apart(series.array)
    spelled = [column.description, [spell_values(stored) for stored in column.stored]]
    found = _read_scalar(spelled)
    if repr(found) != repr(value) or getattr(found, "unit", None) != getattr(value, "unit", None):
        raise PersistError(f"{value!r} would come back as {found!r}")
    return spelled


def _read_scalar(content: Json) -> Any:
    description, lists = content
    stored = [values_of(spelled, kind) for spelled, kind in zip(lists, types(description), strict=True)]
    return pd.Series(put_together(description, stored)).iloc[0]


#: For each tag: what it is for, how it is written, how it is read.
_TAGGED: tuple[tuple[str, Callable[[Any], bool], Callable[[Any], Json], Callable[[Json], Any]], ...] = (
    ("float", lambda value: type(value) is float, repr, float),
    ("tuple", lambda value: type(value) is tuple, lambda value: spell(list(value)), lambda c: tuple(restore(c))),
    (
        "dict",
        lambda value: type(value) is dict,
        lambda value: [[spell(key), spell(item)] for key, item in value.items()],
        lambda content: {restore(key): restore(item) for key, item in content},
    ),
    ("numpy", _is_number_of_numpy, _write_number, _read_number),
    ("NaT", lambda value: value is pd.NaT, lambda value: None, lambda content: pd.NaT),
    ("NA", lambda value: value is pd.NA, lambda value: None, lambda content: pd.NA),
    (
        "interval",
        lambda value: type(value) is pd.Interval,
        lambda value: [spell(value.left), spell(value.right), value.closed],
        lambda content: pd.Interval(restore(content[0]), restore(content[1]), content[2]),
    ),
    ("pandas", lambda value: type(value) in PANDAS_SCALARS, _write_scalar, _read_scalar),
    (
        "date",
        lambda value: type(value) is datetime.date,
        datetime.date.isoformat,
        datetime.date.fromisoformat,
    ),
)
_READERS = {kind: read for kind, _, _, read in _TAGGED}
