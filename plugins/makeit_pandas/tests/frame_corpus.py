"""Frames, series and columns of every kind that can be kept, and those that are refused, with what is said of them."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

PANDAS_3 = int(pd.__version__.partition(".")[0]) >= 3

NUMBERS = {
    **{f"{kind}{bits}": np.array([0, 1, 2], f"{kind}{bits}") for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
    "int64 limits": np.array([-(2**63), 2**63 - 1, 0]),
    "uint64 limits": np.array([0, 2**64 - 1, 2**53 + 1], "uint64"),
    **{f"float{bits}": np.array([0.1, -0.0, np.nan, np.inf, -np.inf, 1e4], f"float{bits}") for bits in (16, 32, 64)},
    "float64 limits": np.array([5e-324, 1.7976931348623157e308, 1 / 3, 0.1 + 0.2]),
    "bool": np.array([True, False]),
    "complex64": np.array([1 + 2j, complex(np.nan, np.inf)], "c8"),
    "complex128": np.array([1 + 2j, complex(np.nan, -0.0)]),
    **{str(dtype): pd.array([0, 1, None], dtype) for dtype in
       ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64", "boolean")},
    "Int64 limits": pd.array([2**63 - 1, -(2**63), None], "Int64"),
    "UInt64 limits": pd.array([2**64 - 1, None], "UInt64"),
    "Float64 nan and NA": pd.array([0.0, 1.0, None], "Float64") / 0.0,
}  # fmt: skip
TRICKY = [
    "",
    "a",
    "NA",
    "nan",
    "NaN",
    "None",
    "null",
    "1",
    "1.0",
    "01",
    "true",
    " lead",
    "trail ",
    "\t",
    "a,b;c\td",
    '"',
    '""',
    'q"x',
    "a\nb",
    "a\r\nb",
    "\r",
    "\n",
    "\0",
    "\ufeffbom",
    "日本 𝄞",
    "=1+1",
    "#",
    "'",
    "\\",
    "\\N",
    "-",
    "x" * 5000,
]
TEXTS: dict[str, Any] = {
    **({"str": pd.array([*TRICKY, None], "str")} if PANDAS_3 else {}),
    "string": pd.array([*TRICKY, None], "string"),
    "string, python": pd.array([*TRICKY, None], "string[python]"),
    "string, pyarrow": pd.array([*TRICKY, None], "string[pyarrow]"),
    "no string": pd.array([None, None], "string"),
    "objects": np.array([*TRICKY, None], object),
    "objects, nan": np.array(["a", np.nan, "b"], object),
    "objects, NA": np.array(["a", pd.NA, "b"], object),
    "objects, missing in all ways": np.array(["a", pd.NA, np.nan, None, "b", None], object),
    "no object": np.array([None, None], object),
    "only nan": np.array([np.nan, np.nan], object),
    "objects, bool": np.array([True, None, False], object),
    "objects, all bool": np.array([True, False], object),
    "objects, int": np.array([1, np.nan, -(2**62)], object),
    "objects, date": np.array([datetime.date(2020, 1, 1), None, datetime.date(1, 1, 1)], object),
}
DAYS = pd.DatetimeIndex(np.array(["2020-01-01T00:00:00.123", "1900-03-01", "NaT", "2020-07-01T12:00"], "M8[ns]"))
UNITS = ("s", "ms", "us", "ns")
BERLIN = pd.Timestamp("2020-01-01", tz="Europe/Berlin")
TIMES: dict[str, Any] = {
    **{f"datetime {unit}": DAYS.as_unit(unit).array for unit in UNITS},
    **{f"zoned {unit}": DAYS.as_unit(unit).tz_localize("Europe/Berlin").array for unit in UNITS},
    "UTC": DAYS.tz_localize("UTC").array,
    "zoneinfo UTC": DAYS.tz_localize(__import__("zoneinfo").ZoneInfo("UTC")).array,
    "offset": DAYS.tz_localize(datetime.timezone(datetime.timedelta(hours=-5, minutes=-30))).array,
    "odd offset": DAYS.tz_localize(datetime.timezone(datetime.timedelta(seconds=3601))).array,
    "an hour that is there twice": pd.to_datetime([1603584000, 1603587600, 1603591200], unit="s", utc=True).tz_convert(
        "Europe/Berlin").array,
    **{f"timedelta {unit}": pd.to_timedelta([1, -5, None], "s").as_unit(unit).array for unit in UNITS},
    "long timedelta": np.array([2**62, -(2**62)], "m8[s]"),
    "far years": np.array(["0001-01-01", "9999-12-31T23:59:59"], "M8[s]"),
    **{f"period {freq}": pd.period_range("2020-01-01", periods=3, freq=freq).insert(1, pd.NaT).array
       for freq in ("Y", "Q-MAR", "M", "3M", "W-SUN", "D", "h", "min", "s", "ms", "us", "ns")},
}  # fmt: skip
OTHERS: dict[str, Any] = {
    "category": pd.Categorical(["b", "a", None, "b"]),
    "category, unused, ordered": pd.Categorical(["b", "a", None], ["c", "b", "a", "z"], ordered=True),
    "category of tricky": pd.Categorical([*TRICKY, None], TRICKY[::-1]),
    "category of int": pd.Categorical([3, 1, None], [3, 2, 1]),
    "category of float": pd.Categorical([0.1, 1e300], [1e300, 0.1, np.inf]),
    "category of range": pd.Categorical.from_codes([0, 2, -1], pd.RangeIndex(3)),
    "category of days": pd.Categorical(DAYS),
    "category of zoned": pd.Categorical(DAYS.tz_localize("Europe/Berlin")),
    "category of bool": pd.Categorical([True, False, None]),
    "category of objects": pd.Categorical(np.array(["a", "b"], object), pd.Index(["b", "a"], dtype=object)),
    "category, named": pd.Categorical.from_codes([0, 1], pd.Index(["a", "b"], name="letters")),
    "category, all missing": pd.Categorical([None, None], ["a"]),
    "no category": pd.Categorical([None, None], []),
    "cut": pd.cut([0.1, 5.0, 9.0, np.nan], 3),
    "interval": pd.interval_range(0, 3).array,
    "interval, left": pd.interval_range(0.0, 3.0, closed="left").insert(1, np.nan).array,
    "interval of days": pd.interval_range(pd.Timestamp("2020-01-01"), periods=3, closed="both").array,
    "interval of zoned": pd.interval_range(BERLIN, periods=3, closed="neither").array,
}  # fmt: skip


def arrow(values: list[Any], kind: pa.DataType) -> Any:
    """Return an array of pandas that Arrow holds."""
    return pd.array(values, dtype=pd.ArrowDtype(kind))


ARROW: dict[str, Any] = {
    "arrow int64": arrow([1, None, 2**63 - 1], pa.int64()),
    "arrow uint8": arrow([1, None, 255], pa.uint8()),
    "arrow double": arrow([0.1, None, -0.0], pa.float64()),
    "arrow float": arrow([0.5, None], pa.float32()),
    "arrow bool": arrow([True, None], pa.bool_()),
    "arrow string": arrow([*TRICKY, None], pa.string()),
    "arrow large_string": arrow([*TRICKY, None], pa.large_string()),
    "arrow date32": arrow([datetime.date(2020, 1, 1), None], pa.date32()),
    **{
        f"arrow timestamp {unit}": arrow([datetime.datetime(2020, 1, 1), None], pa.timestamp(unit))
        for unit in ("ms", "us", "ns")
    },
    "arrow duration": arrow([datetime.timedelta(1), None], pa.duration("us")),
    "arrow time64": arrow([datetime.time(1, 2, 3, 4), None], pa.time64("us")),
    "arrow time32": arrow([datetime.time(1, 2, 3), None], pa.time32("ms")),
    "arrow zoned": arrow([datetime.datetime(2020, 1, 1), None], pa.timestamp("s", "Europe/Berlin")),
    "arrow decimal": arrow([decimal.Decimal("1.10"), None], pa.decimal128(10, 2)),
}
#: Types that a csv refuses.
ARROW_ONLY: dict[str, Any] = {
    "arrow binary": arrow([b"a\0", None], pa.binary()),
    "arrow list": arrow([[1], [], None, [None]], pa.list_(pa.int64())),
    "arrow struct": arrow([{"a": 1, "b": "x"}, None], pa.struct({"a": pa.int64(), "b": pa.string()})),
}
COLUMNS = {**NUMBERS, **TEXTS, **TIMES, **OTHERS, **ARROW}


def as_frame(values: Any) -> pd.DataFrame:
    """Return a frame of one column that keeps the dtype of its values."""
    return pd.DataFrame({"a": pd.Series(values, dtype=values.dtype)})


def as_index(values: Any) -> pd.Index:
    """Return an index that keeps the dtype of its values."""
    return pd.Index(values, dtype=values.dtype)


def frames() -> dict[str, Any]:
    """Return frames and series that differ in all that is not a column's dtype."""
    base = pd.DataFrame({"a": [1, 2, 3], "b": [1.5, np.nan, 3.0], "c": ["x", None, "z"]})
    product = pd.MultiIndex.from_product([["b", "a"], [2, 1, 3]], names=["x", None])
    long = pd.DataFrame({"v": range(6)}, index=product)
    days = pd.date_range("2020-01-01", periods=3, freq="D", name="day")
    found: dict[str, Any] = {
        "base": base, "empty": base.iloc[:0], "no columns": base[[]], "nothing": pd.DataFrame(),
        "no columns, named rows": base.set_index("c")[[]], "one row": base.iloc[:1],
        "one missing": base.iloc[1:2][["c"]],
        "all missing": pd.DataFrame({"a": [None, None]}, dtype="string"),
        "index": base.set_index("c"), "index of ints": base.set_axis([5, 3, 4]), "named range": base.rename_axis("i"),
        "range by 2": base.set_axis(pd.RangeIndex(10, 4, -2)), "two of a name": base.set_axis(list("aab"), axis=1),
        "names like ours": pd.DataFrame([[1, 2, 3]], columns=["index", "a", "a.1"], index=[7]),
        "columns, named": base.rename_axis(columns="letters"), "columns of int": base.set_axis([3, 1, 2], axis=1),
        "columns of range": base.set_axis(range(3), axis=1),
        "columns of float": base.set_axis([0.5, np.inf, -0.0], axis=1),
        "columns mixed": base.set_axis(pd.Index(["a", 1, ("b", 2.0)], dtype=object, tupleize_cols=False), axis=1),
        "columns with None": base.set_axis(pd.Index(["a", None, np.nan], dtype=object), axis=1),
        "columns tricky": base.set_axis(['q"', "a\nb", "a,b;c\td"], axis=1),
        "columns of days": base.set_axis(days, axis=1),
        "columns of categories": base.set_axis(pd.CategoricalIndex(["x", "y", "x"], ["z", "y", "x"]), axis=1),
        "columns of periods": base.set_axis(pd.period_range("2020", periods=3, freq="M"), axis=1),
        "columns of spans": base.set_axis(pd.interval_range(0, 3), axis=1),
        "columns of levels": base.set_axis(
            pd.MultiIndex.from_tuples([("p", 1), ("q", 2), ("p", 3)], names=["k", 5]), axis=1),
        "columns of unused levels": pd.DataFrame([[1, 2, 3, 4, 5, 6]], columns=product).iloc[:, :2],
        "frequency": base.set_axis(days), "frequency, zoned": base.set_axis(days.tz_localize("Europe/Berlin")),
        "frequency of months": base.set_axis(pd.date_range("2020", periods=3, freq="2ME")),
        "deltas": base.set_axis(pd.timedelta_range("1h", periods=3, freq="90min")),
        "levels": long, "levels, sorted": long.sort_index(), "levels, one name twice": long.rename_axis(["x", "x"]),
        "levels, joined by keys": pd.concat({"z": base, "a": base}),
        "levels, some missing": base.set_index(["c", "b"]), "levels of whole numbers, some missing":
            base.set_axis(pd.MultiIndex([[10, 20], ["a"]], [[1, -1, 0], [0, 0, -1]])),
        "levels of many kinds": base.set_index(
            [days, pd.CategoricalIndex(["u", "v", "u"], ["v", "u"]), pd.interval_range(0, 3)]),
        "levels of zones": base.set_index([days.tz_localize("Europe/Berlin"), days.to_period("M")]),
        "levels, empty": long.iloc[:0].set_axis(product[:0].remove_unused_levels()),
        "series": pd.Series([1, 2], name="s"), "series without a name": pd.Series(["a", None]),
        "series, empty": pd.Series([], dtype="float32"), "series, levels": long["v"],
        **{f"series named {name!r}": pd.Series([1.0], name=name) for name in (
            3, 2.5, ("a", 1), np.int64(3), np.float32(0.1), True, BERLIN, pd.Timedelta(5, "s"), pd.Period("2020", "M"),
            pd.Interval(0, 1), datetime.date(2020, 1, 1), 10**30, pd.NaT, pd.NA)},
    }  # fmt: skip
    attrs = base.copy()
    attrs.attrs = {
        "unit": "mm",
        "n": [1, 2.0, None, True, float("nan")],
        "deep": {"t": (1, "2"), 3: -0.0},
        "x": np.float32(0.1),
    }
    found["attrs"] = attrs
    found["flags"] = base.set_flags(allows_duplicate_labels=False)
    found["strided"] = pd.DataFrame(np.arange(12.0).reshape(3, 4))[[3, 1]]
    found["all columns"] = pd.concat(
        [as_frame(v).rename(columns={"a": k}).iloc[:2].reset_index(drop=True) for k, v in COLUMNS.items()], axis=1
    )
    return found


FRAMES = frames()

MIXED = pd.DataFrame({"good": [1, 2], "bad": [1, "x"]})
LONE = pd.Series(["\ud800"], dtype=object)
UNDATED = pd.Series([1], pd.DatetimeIndex(["2020-01-01"], freq=pd.offsets.CustomBusinessDay(holidays=["2020-01-02"])))
REFUSED: list[tuple[Any, str]] = [
    (MIXED, r"column 'bad'.*int, str.*pickle:"),
    (pd.DataFrame({"a": [[1], [2]]}), r"list.*pickle:"),
    (pd.Series([2**70, 1], dtype=object), "int"),
    (pd.Series([None, float("nan"), pd.NaT, "x"], dtype=object), "NaT"),
    (pd.Series([0.5, None], dtype=object), "float"),
    (LONE, "utf-8|surrogate"),
    (pd.DataFrame([[1]], columns=pd.Index(["\ud800"], dtype=object)), "surrogate"),
    (pd.Series([0.0, 1.0], dtype=pd.SparseDtype(float)), "to_dense"),
    (pd.Series(np.array([1], ">i4")), "newbyteorder"),
    (pd.Series(np.array([1], "longdouble")), "pickle:"),
    (pd.Series([1], index=pd.Index([(1, "x")], tupleize_cols=False)), r"the index.*tuple"),
    (pd.Series([1], name=frozenset([1])), r"the name.*frozenset"),
    (UNDATED, "freq = None"),
    (pd.Series([1, 2], pd.Index([1, 2])).index, "to_frame"),
    (type("Special", (pd.DataFrame,), {})({"a": [1]}), "Special"),
    (np.arange(3), "no DataFrame"),
    ({"a": [1]}, "no DataFrame"),
    (None, "no DataFrame"),
]
for kind in (object(), np.arange(2)):
    MIXED_ATTRS = pd.Series([1])
    MIXED_ATTRS.attrs = {"a": [kind]}
    REFUSED.append((MIXED_ATTRS, "attrs"))
