"""Fingerprints of pandas and polars: content, dtypes, names, order and index count, memory does not."""

from __future__ import annotations

import copy
import datetime
import decimal
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makeit import CacheWarning, make

Fingerprint = Callable[[Any], str]
examples = settings(max_examples=int(os.environ.get("MAKEIT_EXAMPLES", "30")), deadline=None)


@pytest.fixture(scope="module")
def fp(tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
    """Fingerprint a value as an argument is."""
    return make.bench(tmp_path_factory.mktemp("frames") / ".makeit").values.fingerprint


def all_differ(fp: Fingerprint, values: dict[str, Any]) -> None:
    """Check that no two of these values have one fingerprint, and that each has that of its copies."""
    seen: dict[str, str] = {}
    for name, value in values.items():
        mine = fp(value)
        assert seen.setdefault(mine, name) == name
        assert mine == fp(copy.deepcopy(value)) == fp(pickle.loads(pickle.dumps(value))), name


#: For each dtype, cells that differ.
CELLS: dict[str, list[Any]] = {
    "int64": [0, 1, 2], "float32": [0.0, -0.0, float("nan")], "Int64": [0, 1, None], "boolean": [True, False, None],
    "str": ["", "nan", None], "string": ["", "a", None], "category": ["a", "b", None], "object": ["1", 1, (1,)],
    "datetime64[ns]": [0, 1, None], "Float64": [0, 1, None],
}  # fmt: skip


class TestPandas:
    pd = pytest.importorskip("pandas")

    def frames(self) -> dict[str, Any]:
        pd = self.pd
        base = pd.DataFrame({"a": [1, 2, 3], "b": [1.0, np.nan, 3.0], "c": ["x", None, "z"]})
        found = {
            "base": base, "renamed": base.rename(columns={"a": "A"}), "reordered": base[["b", "a", "c"]],
            "rows": base.iloc[::-1], "rows, reset": base.iloc[::-1].reset_index(drop=True), "shorter": base.iloc[:2],
            "dtype": base.astype({"a": "int32"}), "nullable": base.astype({"a": "Int64"}),
            "categorical": base.astype({"c": "category"}), "objects": base.astype({"c": object}),
            "index name": base.rename_axis("i"), "columns name": base.rename_axis(columns="i"),
            "index": base.set_axis(["p", "q", "r"]), "plain index": base.set_axis(pd.Index([0, 1, 2])),
            "multi": base.set_index(["a", "c"]), "multi, other order": base.set_index(["c", "a"]),
            "two column levels": base.set_axis(pd.MultiIndex.from_product([["t"], list("abc")]), axis=1),
            "doubled": base.set_axis(list("aac"), axis=1), "empty": base.iloc[:0], "no columns": base[[]],
            "nothing": pd.DataFrame(), "cell": base.assign(a=[1, 2, 4]), "filled": base.fillna({"b": 0.0}),
            "filled text": base.fillna({"c": "None"}),
        }  # fmt: skip
        found["attrs"] = base.copy()
        found["attrs"].attrs["unit"] = "mm"
        found["flags"] = base.copy().set_flags(allows_duplicate_labels=False)
        return found

    def test_C6_frames_differ_by_all_that_can_be_seen(self, fp: Fingerprint) -> None:
        all_differ(fp, self.frames())

    def test_C6_series_and_indexes_differ_by_all_that_can_be_seen(self, fp: Fingerprint) -> None:
        pd = self.pd
        days = pd.date_range("2020-01-01", periods=3)
        columns = {
            "int64": [1, 2, 3], "Int64": pd.array([1, 2, 3], "Int64"), "Int64 with NA": pd.array([1, None, 3], "Int64"),
            "Int64 with 0": pd.array([1, 0, 3], "Int64"), "Float64": pd.array([1, 2, 3], "Float64"),
            "boolean": pd.array([True, None, False], "boolean"), "bool": [True, False, False],
            "str": pd.array(["a", "b", None], "str"), "string": pd.array(["a", "b", None], "string"),
            "nan text": pd.array(["a", "b", "nan"], "str"), "object": np.array(["a", "b", None], object),
            "dicts": np.array([{"a": 1}, {"a": [2]}, None], object),
            "categories": pd.Categorical(["a", "b", None]), "ordered": pd.Categorical(["a", "b", None], ordered=True),
            "more categories": pd.Categorical(["a", "b", None], ["a", "b", "c"]),
            "other categories": pd.Categorical(["a", "b", None], ["b", "a"]),
            "days": days.to_series().array, "days, s": days.as_unit("s").array, "utc": days.tz_localize("UTC").array,
            "berlin": days.tz_localize("Europe/Berlin").array, "NaT": pd.array([days[0], pd.NaT, days[2]]),
            "deltas": (days - days[0]).array, "periods": pd.period_range("2020-01-01", periods=3, freq="D").array,
            "months": pd.period_range("2020-01", periods=3, freq="M").array, "spans": pd.interval_range(0, 3).array,
            "spans, left": pd.interval_range(0, 3, closed="left").array,
            "sparse": pd.array([0.0, 0.0, 1.0], pd.SparseDtype("float64", 0.0)), "float64": [0.0, 0.0, 1.0],
        }  # fmt: skip
        values = {name: pd.Series(column, dtype=getattr(column, "dtype", None)) for name, column in columns.items()}
        values |= {
            f"index {name}": pd.Index(column, dtype=getattr(column, "dtype", None))
            for name, column in columns.items()
            if name != "dicts"
        }
        values |= {f"array {name}": column for name, column in columns.items() if hasattr(column, "isna")}
        values |= {f"dtype {name}": pd.Series(column).dtype for name, column in columns.items() if name != "object"}
        for same in ("NaT", "nan text", "dicts", "Int64 with NA", "Int64 with 0"):
            del values[f"dtype {same}"]
        values |= {
            "named": pd.Series([1, 2, 3], name="a"), "range": pd.RangeIndex(3), "range by 2": pd.RangeIndex(0, 3, 2),
            "named index": pd.Index([1, 2, 3], name="a"), "frequency": days,
            "multi": pd.MultiIndex.from_product([[1, 2], ["a"]]),
            "multi, named": pd.MultiIndex.from_product([[1, 2], ["a"]], names=["a", None]),
        }  # fmt: skip
        del values["index days"]  # is a date_range without its frequency, and so is the next
        all_differ(fp, values)

    def test_C6_scalars_differ_by_all_that_can_be_seen(self, fp: Fingerprint) -> None:
        pd = self.pd
        stamp = pd.Timestamp("2020-01-01 00:00:00.000000001")
        values = {
            "stamp": stamp, "utc": stamp.tz_localize("UTC"), "berlin": stamp.tz_localize("Europe/Berlin"),
            "next": stamp + pd.Timedelta(1, "ns"), "seconds": pd.Timestamp("2020-01-01").as_unit("s"),
            "nanoseconds": pd.Timestamp("2020-01-01").as_unit("ns"), "date": datetime.datetime(2020, 1, 1),
            "delta": pd.Timedelta(1, "s"), "nano delta": pd.Timedelta(1, "ns"), "plain delta": datetime.timedelta(1),
            "NaT": pd.NaT, "NA": pd.NA, "None": None, "nan": float("nan"), "day": pd.Period("2020-01-01", "D"),
            "month": pd.Period("2020-01", "M"), "span": pd.Interval(0, 1), "open": pd.Interval(0, 1, "neither"),
            "span of floats": pd.Interval(0.0, 1.0), "end": pd.offsets.MonthEnd(), "2 ends": pd.offsets.MonthEnd(2),
            "months": pd.DateOffset(months=2), "days": pd.DateOffset(days=2),
            "work": pd.offsets.CustomBusinessDay(), "holiday": pd.offsets.CustomBusinessDay(holidays=["2020-01-01"]),
        }  # fmt: skip
        all_differ(fp, values)

    def test_blocks_and_the_storage_of_memory_do_not_count(self, fp: Fingerprint) -> None:
        pd = self.pd
        whole = pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=list("abc"))
        pieces = pd.DataFrame({name: whole[name].to_numpy().copy() for name in "abc"})
        joined = pd.concat([whole.iloc[:2], whole.iloc[2:]])
        wide = pd.DataFrame(np.asfortranarray(np.repeat(whole.to_numpy(), 2, axis=1)))[[0, 2, 4]]
        wide.columns = whole.columns
        for other in (pieces, joined.reset_index(drop=True), wide):
            assert fp(other) == fp(whole)

    def test_unused_levels_and_hidden_missing_values_do_not_count(self, fp: Fingerprint) -> None:
        pd = self.pd
        index = pd.MultiIndex.from_product([["a", "b"], [1, 2]])
        assert fp(index[:2]) == fp(pd.MultiIndex.from_product([["a"], [1, 2]]))
        one, other = pd.array([1, 7], "Int64"), pd.array([1, 9], "Int64")
        one[1] = other[1] = pd.NA
        assert fp(one) == fp(other)

    def test_C7_what_is_no_content_has_none(self, tmp_path: Path) -> None:
        class Special(self.pd.DataFrame):  # type: ignore[name-defined, misc]
            pass

        f = make(lambda x: None, cachedir=tmp_path / "c", name="f")
        with pytest.warns(CacheWarning, match="always runs"):
            f(Special({"a": [1]}))

    @examples
    @given(data=st.data())
    def test_one_changed_cell_counts_and_a_copy_does_not(self, fp: Fingerprint, data: st.DataObject) -> None:
        rows = data.draw(st.integers(1, 5))
        picks = st.lists(st.integers(0, 2), min_size=rows, max_size=rows)
        columns = st.dictionaries(st.text(max_size=2), st.tuples(st.sampled_from(list(CELLS)), picks), min_size=1)
        drawn = data.draw(columns)
        frame = self.frame_of(drawn)
        mine = fp(frame)
        assert mine == fp(frame.copy()) == fp(pickle.loads(pickle.dumps(frame))) == fp(self.frame_of(drawn))
        name, place = data.draw(st.sampled_from(list(drawn))), data.draw(st.integers(0, rows - 1))
        drawn[name][1][place] = (drawn[name][1][place] + 1) % 3
        assert fp(self.frame_of(drawn)) != mine

    def frame_of(self, drawn: dict[str, tuple[str, list[int]]]) -> Any:
        pd = self.pd
        kinds = {"category": pd.CategoricalDtype(["a", "b"])}
        columns = {
            name: pd.Series([CELLS[kind][pick] for pick in picks], dtype=kinds.get(kind, kind))
            for name, (kind, picks) in drawn.items()
        }
        return pd.DataFrame(columns)


class TestPolars:
    pl = pytest.importorskip("polars")

    def series(self) -> dict[str, Any]:
        pl = self.pl
        day, moment = datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1)
        lists, deep = pl.List(pl.Int64), pl.List(pl.List(pl.String))
        struct, other_struct = (pl.Struct({"a": pl.Int64, name: pl.String}) for name in "bc")
        columns: dict[str, tuple[list[Any], Any]] = {
            "int": ([1, None, 0], pl.Int64), "int, filled": ([1, 0, 0], pl.Int64), "int8": ([1, None, 0], pl.Int8),
            "float": ([1.0, None, 0.0], pl.Float64), "nan": ([1.0, float("nan"), 0.0], pl.Float64),
            "bool": ([True, None, False], pl.Boolean), "str": (["a", None, ""], pl.String),
            "bytes": ([b"a", None, b""], pl.Binary), "categories": (["a", None, "b"], pl.Categorical),
            "enum": (["a", None, "b"], pl.Enum(["a", "b"])), "other enum": (["a", None, "b"], pl.Enum(["b", "a"])),
            "day": ([day, None, day], pl.Date), "time": ([datetime.time(1), None, None], pl.Time),
            "moment": ([moment, None], pl.Datetime("us")), "moment, ns": ([moment, None], pl.Datetime("ns")),
            "utc": ([moment, None], pl.Datetime("us", "UTC")), "delta": ([moment - moment, None], pl.Duration("us")),
            "lists": ([[1, 2], [], None, [None]], lists), "lists, cut": ([[1], [2], None, [None]], lists),
            "lists, null": ([[1, 2], None, [], [None]], lists), "deep": ([[["a"], []], None], deep),
            "deep, cut": ([[["a", None]], None], deep), "array": ([[1, 2], None], pl.Array(pl.Int64, 2)),
            "struct": ([{"a": 1, "b": "x"}, None], struct),
            "struct of nulls": ([{"a": 1, "b": "x"}, {"a": None, "b": None}], struct),
            "struct, renamed": ([{"a": 1, "c": "x"}, None], other_struct),
            "decimal": ([decimal.Decimal("1.5"), None], pl.Decimal(10, 2)), "null": ([None, None], pl.Null),
            "longer null": ([None, None, None], pl.Null), "empty": ([], pl.Int64),
        }  # fmt: skip
        return {name: pl.Series("s", values, dtype) for name, (values, dtype) in columns.items()}

    def test_C6_series_and_frames_differ_by_all_that_can_be_seen(self, fp: Fingerprint) -> None:
        values = self.series()
        values |= {f"frame {name}": column.to_frame() for name, column in values.items()}
        base = self.pl.DataFrame({"a": [1, 2], "b": ["x", None]})
        values |= {
            "base": base, "renamed": base.rename({"a": "A"}), "reordered": base[["b", "a"]], "rows": base.reverse(),
            "nothing": self.pl.DataFrame(), "series": self.pl.Series("t", [1]), "dtype": self.pl.Datetime("us"),
            "other dtype": self.pl.Datetime("ns"),
        }  # fmt: skip
        all_differ(fp, values)

    def test_chunks_slices_and_sortedness_do_not_count(self, fp: Fingerprint) -> None:
        pl = self.pl
        for name, column in self.series().items():
            pieces = pl.concat([column[:1], column[1:]], rechunk=False)
            longer = pl.concat([column, column]).slice(len(column), len(column))
            assert fp(pieces) == fp(column) == fp(longer), name
        assert fp(pl.Series("a", [1, 2, 3]).set_sorted()) == fp(pl.Series("a", [1, 2, 3]))

    def test_objects_count_by_value(self, fp: Fingerprint) -> None:
        column = [self.pl.Series("o", [{1}, value], dtype=self.pl.Object) for value in ({2}, {2}, {3})]
        assert fp(column[0]) == fp(column[1]) != fp(column[2])

    def test_C7_a_query_makes_the_call_run(self, tmp_path: Path) -> None:
        f = make(lambda x: None, cachedir=tmp_path / "c", name="f")
        with pytest.warns(CacheWarning, match="PyLazyFrame"):
            f(self.pl.DataFrame({"a": [1]}).lazy())


def test_frames_are_the_same_in_every_process(fp: Fingerprint, tmp_path: Path) -> None:
    values = [*TestPandas().frames().values(), *TestPolars().series().values()]
    (tmp_path / "frames.pickle").write_bytes(pickle.dumps(values))
    code = (
        "import pickle, sys; from makeit import make\n"
        "read = make.bench(sys.argv[2]).values.fingerprint\n"
        "for value in pickle.load(open(sys.argv[1], 'rb')): print(read(value))"
    )
    for seed in ("0", "1"):
        ran = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "frames.pickle"), str(tmp_path / ".makeit")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.splitlines() == [fp(value) for value in values]


def test_arrays_of_numpy_and_functions_of_numpy_count(fp: Fingerprint) -> None:
    all_differ(fp, {"add": np.add, "sin": np.sin, "masked": np.ma.masked, "array": np.zeros(1)})


def test_pandas_and_polars_are_not_imported_for_others() -> None:
    code = (
        "import sys, numpy, makeit, makeit_numpy.hooks as h; h.makeit_fingerprint(numpy.zeros(1));"
        "h.makeit_fingerprint(1); print([m for m in ('pandas', 'polars') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_C6_what_is_missing_in_a_column_of_objects_counts(fp: Fingerprint) -> None:
    pd = pytest.importorskip("pandas")
    missing = {"None": None, "nan": float("nan"), "NA": pd.NA, "NaT": pd.NaT}
    all_differ(fp, {name: pd.Series(["a", item], dtype=object) for name, item in missing.items()})
