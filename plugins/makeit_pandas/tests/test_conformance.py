"""The conformance suite of makeit on the formats parquet, feather and csv."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from makeit.testing import PersisterSuite
from makeit_pandas import CsvFile, FeatherFile, ParquetFile

DAYS = pd.date_range("2020-01-01", periods=3, tz="Europe/Berlin", name="day")
MIXED = pd.DataFrame(
    {
        "count": pd.array([1, None, 3], "Int64"),
        "größe": [0.1, np.nan, -0.0],
        "text": ["", 'a,"b"\n', None],
        "group": pd.Categorical(["u", None, "u"], ["v", "u"], ordered=True),
        "delta": pd.to_timedelta([1, None, 3], unit="s"),
        "month": pd.period_range("2020-01", periods=3, freq="M"),
        "span": pd.interval_range(0, 3),
    },
    index=DAYS,
)
LEVELS = pd.DataFrame(
    np.arange(6.0).reshape(3, 2),
    index=pd.MultiIndex.from_tuples([("b", 2), ("a", 1), ("b", 1)], names=["k", None]),
    columns=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)]),
)
SERIES = pd.Series([True, False, None], dtype="boolean", name=("a", 1))
DESCRIBED = pd.DataFrame({"NA": ["NA", "1", "nan"]})
DESCRIBED.attrs = {"unit": "mm", "range": (0, 1.5)}
OBJECTS = pd.DataFrame({"a": [1, 2], "b": [{}, []]})


def change_cells(value: Any) -> None:
    """Change every array below a frame or series in place."""
    columns = [value] if isinstance(value, pd.Series) else [value.iloc[:, place] for place in range(value.shape[1])]
    for column in columns:
        array = np.asarray(column)
        if array.dtype != object:
            array.flags.writeable = True
            array[...] = array[::-1].copy()
        if len(column):
            column.array[0] = column.array[-1]


class FrameSuite(PersisterSuite):
    examples = (MIXED, LEVELS, SERIES, DESCRIBED, MIXED.iloc[:0], pd.DataFrame(), pd.DataFrame(index=["x", "y"]))
    rejects = (OBJECTS, pd.Index([1]), np.arange(3), {"a": [1]}, pd.Series([0.0], dtype=pd.SparseDtype(float)))

    def equal(self, a: Any, b: Any) -> bool:
        assert type(a) is type(b)
        check = pd.testing.assert_series_equal if isinstance(b, pd.Series) else pd.testing.assert_frame_equal
        check(a, b, check_exact=True, check_freq=True, check_index_type="exact")
        return bool(a.attrs == b.attrs)

    def mutate(self, value: Any) -> None:
        change_cells(value)


class TestParquet(FrameSuite):
    suffix = ".parquet"

    def persister(self, filename: Path) -> ParquetFile:
        return ParquetFile(filename)


class TestFeather(FrameSuite):
    suffix = ".feather"
    options = "compression=none"

    def persister(self, filename: Path) -> FeatherFile:
        return FeatherFile(filename, compression="none")


class TestCsv(FrameSuite):
    suffix = ".csv"

    def persister(self, filename: Path) -> CsvFile:
        return CsvFile(filename)


# The base of them all has no file.
del FrameSuite
