"""Frozen frames: pandas copies before it changes them, and intact() notices whoever found a way."""

from __future__ import annotations

import contextlib
import gc
import re
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from makeit import Maker, make
from makeit_pandas import FeatherFile, ParquetFile
from makeit_pandas.freezing import freeze

pytestmark = pytest.mark.skipif(
    int(pd.__version__.partition(".")[0]) < 3, reason="before version 3 pandas does not copy before it writes"
)

Change = Callable[[Any], Any]


def frame() -> pd.DataFrame:
    """Return a frame with a column of every kind that can be frozen, and levels for an index."""
    columns = {
        "int": [1, 2, 3],
        "other": [4, 5, 6],
        "float": [1.0, np.nan, 3.0],
        "bool": [True, False, True],
        "complex": [1j, 2j, 3j],
        "str": ["x", None, "z"],
        "string": pd.array(["x", None, "z"], "string[pyarrow]"),
        "category": pd.Categorical(["a", "b", "a"], ["b", "a", "c"]),
        "day": pd.date_range("2020-01-01", periods=3),
        "zoned": pd.date_range("2020-01-01", periods=3, tz="Europe/Berlin"),
        "delta": pd.to_timedelta([1, 2, 3], unit="s"),
        "month": pd.period_range("2020-01", periods=3, freq="M"),
        "span": pd.interval_range(0, 3),
        "spans of days": pd.interval_range(pd.Timestamp("2020-01-01"), periods=3),
    }
    index = pd.MultiIndex.from_arrays([["u", "v", "u"], [1, 2, 3]], names=["letter", "number"])
    return pd.DataFrame(columns, index=index)


def dated() -> pd.DataFrame:
    """Return a frame with a plain index of a frequency."""
    return pd.DataFrame({"a": [1.0, 2.0, 3.0]}, index=pd.date_range("2020-01-01", periods=3, name="day"))


def set_first(name: str) -> Change:
    """Return a change of the first cell of a column."""
    return lambda value: value.iloc.__setitem__((0, value.columns.get_loc(name)), value[name].iloc[2])


def set_below(name: str) -> Change:
    """Return a change of the array below a column, which pandas does not see."""
    return lambda value: value[name].array.__setitem__(0, value[name].array[2])


def unlock(array: Any) -> None:
    """Write to an array of NumPy, whatever its flags say."""
    array.flags.writeable = True
    array[...] = np.roll(array, 1)


CHANGES: dict[str, Change] = {
    **{f"iloc, {name}": set_first(name) for name in frame() if name != "category"},
    **{f"array, {name}": set_below(name) for name in frame()},
    "loc": lambda f: f.loc.__setitem__(("u", 1), f.loc[("u", 3)]),
    "at": lambda f: f.at.__setitem__((("u", 1), "int"), 9),
    "slice": lambda f: f.iloc.__setitem__((slice(None), 0), 0),
    "mask": lambda f: f.__setitem__(f[["int", "other"]] > 1, 0),
    "column": lambda f: f.__setitem__("int", [7, 8, 9]),
    "new column": lambda f: f.__setitem__("new", 1),
    "insert": lambda f: f.insert(0, "new", 1),
    "del": lambda f: f.__delitem__("int"),
    "pop": lambda f: f.pop("int"),
    "drop": lambda f: f.drop(columns="int", inplace=True),
    "rename": lambda f: f.rename(columns={"int": "i"}, inplace=True),
    "fillna": lambda f: f.fillna({"float": 0.0}, inplace=True),
    "replace": lambda f: f.replace({"int": {1: 5}}, inplace=True),
    "interpolate": lambda f: f.ffill(inplace=True),
    "sort": lambda f: f.sort_values("int", ascending=False, inplace=True),
    "sort below": lambda f: f["str"].array.sort(ascending=False),
    "update": lambda f: f.update(pd.DataFrame({"int": [9, 9, 9]}, index=f.index)),
    "eval": lambda f: f.eval("int = other", inplace=True),
    "reset": lambda f: f.reset_index(inplace=True),
    "set index": lambda f: f.set_index("int", inplace=True),
    "columns": lambda f: setattr(f, "columns", list(f.columns[::-1])),
    "index": lambda f: setattr(f, "index", pd.RangeIndex(3)),
    "index name": lambda f: setattr(f.index, "names", ["a", "b"]),
    "columns name": lambda f: setattr(f.columns, "name", "n"),
    "attrs": lambda f: f.attrs.update(unit="mm"),
    "flags": lambda f: setattr(f.flags, "allows_duplicate_labels", False),
    "isub": lambda f: f["int"].__isub__(1),
    "values, unlocked": lambda f: unlock(f[["int", "other"]].to_numpy()),
    "column, unlocked": lambda f: unlock(f["int"].to_numpy()),
    "days, unlocked": lambda f: unlock(f["day"].to_numpy()),
    "base, unlocked": lambda f: unlock(f["float"].to_numpy().base),
    "asarray, unlocked": lambda f: unlock(np.asarray(f["float"])),
    "memory of numbers": lambda f: memoryview(f["int"].to_numpy()).__setitem__(0, 9),
    "codes": lambda f: unlock(f["category"].cat.codes.to_numpy()),
    "codes below": lambda f: unlock(f["category"].array.codes),
    "categories": lambda f: unlock(f["category"].cat.categories.to_numpy()),
    "categories' name": lambda f: setattr(f["category"].cat.categories, "name", "n"),
    "levels": lambda f: unlock(f.index.levels[1].to_numpy()),
    "level's name": lambda f: setattr(f.index.levels[1], "name", "n"),
    "codes of levels": lambda f: unlock(f.index.codes[1]),
    "view of an array": lambda f: unlock(f["day"].array.view("i8")),
    "left of spans": lambda f: unlock(f["span"].array.left.to_numpy()),
}
#: Methods that open windows or files, or give another result each time.
APART = {"plot", "hist", "boxplot", "to_clipboard", "to_pickle", "to_parquet", "to_feather", "to_orc", "sample", "info"}
KEYS = [1, 2, 1]
USES: dict[str, Change] = {
    "sum with another": lambda v: v + v,
    "equal": lambda v: v == v,
    "groups": lambda v: [
        getattr(v.groupby(KEYS), name)() for name in ("sum", "min", "first", "cumsum", "rank", "ffill")
    ],
    "group by it": lambda v: pd.Series(KEYS, v.index).groupby(v).sum(),
    "windows": lambda v: [v.rolling(2).mean(), v.rolling(2).median(), v.expanding().sum(), v.ewm(2).mean()],
    "resample": lambda v: v.set_axis(pd.date_range("2020-01-01", periods=3)).resample("2D").sum(),
    "reindex": lambda v: v.reset_index(drop=True).reindex(range(5)),
    "concat": lambda v: pd.concat([v, v]),
    "merge": lambda v: v.to_frame("k").merge(v.to_frame("k"), on="k"),
    "cut": lambda v: [pd.cut(v, 2), pd.qcut(v, 2)],
    "dummies": pd.get_dummies,
    "sorted": lambda v: [v.sort_values(), np.sort(v), v.sort_values().searchsorted(v.iloc[0])],
    "replaced": lambda v: [v.replace(v.iloc[0], v.iloc[2]), v.where(v == v), v.fillna(v.iloc[0]), v.isin(v[:1])],
    "others": lambda v: [v.astype(object), v.astype(str), v.map(str), np.asarray(v).copy(), v.quantile([0.1, 0.5])],
    "strings": lambda v: [v.str.upper(), v.str.len(), v.str.contains("x")],
    "times": lambda v: [v.dt.year, v.dt.floor("D"), v.dt.strftime("%Y")],
    "codes": lambda v: [v.cat.codes, v.cat.remove_unused_categories(), v.cat.as_unordered()],
}


def uses(value: Any) -> list[str]:
    """Return the names of what can be done with a value that needs no arguments, and of what is in USES."""
    return [name for name in dir(type(value)) if not name.startswith("_") and name not in APART] + list(USES)


def outcome(value: Any, use: str) -> str:
    """Say what came of a use of a value: what it gave, or how it failed."""
    try:
        if use in USES:
            return repr(USES[use](value))
        found = getattr(value, use)
        return re.sub("0x[0-9a-f]+", "", repr(found() if callable(found) else found))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


CHANGES_OF_DATED: dict[str, Change] = {
    "frequency": lambda f: setattr(f.index, "freq", None),
    "name": lambda f: setattr(f.index, "name", "other"),
    "label": lambda f: unlock(f.index.to_numpy()),
    "array of labels": lambda f: f.index.array.__setitem__(0, f.index[1]),
    "asi8": lambda f: unlock(f.index.asi8),
    "whole": lambda f: f.__imul__(2),
    "values": lambda f: f.values.__setitem__((0, 0), 9),
    "values, unlocked": lambda f: unlock(f.values),
}


@pytest.fixture(scope="module")
def fingerprint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], str]:
    """Fingerprint a value by its content."""
    return make.bench(tmp_path_factory.mktemp("frames") / ".makeit").values.fingerprint


def check_noticed(value: Any, change: Change, fingerprint: Callable[[Any], str]) -> None:
    """Check that a change of a frozen value either fails or is noticed, and reaches nobody else."""
    wanted = fingerprint(value)
    frozen = freeze(value)
    assert frozen is not None
    assert frozen.intact(frozen.value)
    other = freeze(frozen.value)
    with contextlib.suppress(ValueError, TypeError, RuntimeError, AttributeError):
        change(frozen.value)
    assert fingerprint(frozen.value) == wanted or not frozen.intact(frozen.value)
    assert fingerprint(other.value) == wanted or not other.intact(other.value)


class TestFreeze:
    @pytest.mark.parametrize("name", CHANGES)
    @pytest.mark.filterwarnings("ignore")
    def test_B1_no_change_goes_unnoticed(self, name: str, fingerprint: Callable[[Any], str]) -> None:
        check_noticed(frame(), CHANGES[name], fingerprint)

    @pytest.mark.parametrize("name", CHANGES_OF_DATED)
    def test_B1_no_change_of_an_index_goes_unnoticed(self, name: str, fingerprint: Callable[[Any], str]) -> None:
        check_noticed(dated(), CHANGES_OF_DATED[name], fingerprint)

    @pytest.mark.filterwarnings("ignore")
    def test_most_of_these_changes_are_possible(self, fingerprint: Callable[[Any], str]) -> None:
        """A list of changes that all fail would prove nothing."""
        effective = []
        for name, change in CHANGES.items():
            value = frame()
            before = fingerprint(value)
            try:
                change(value)
            except (ValueError, TypeError, RuntimeError, AttributeError):
                continue
            effective += [name] if fingerprint(value) != before else []
        assert len(effective) > len(CHANGES) * 2 / 3, sorted(set(CHANGES) - set(effective))

    @pytest.mark.parametrize("name", frame())
    def test_series_are_frozen_too(self, name: str, fingerprint: Callable[[Any], str]) -> None:
        series = frame()[name].reset_index(drop=True)
        for change in (
            lambda s: s.iloc.__setitem__(0, s.iloc[2]),
            lambda s: s.array.__setitem__(0, s.array[2]),
            lambda s: setattr(s, "name", "other"),
            lambda s: setattr(s, "index", pd.Index([3, 2, 1])),
            lambda s: unlock(s.to_numpy()),
        ):
            check_noticed(series.copy(), change, fingerprint)

    def test_assigning_to_a_cell_works_as_ever(self) -> None:
        frozen = freeze(frame())
        frozen.value.iloc[0, 0] = 9
        frozen.value["new"] = 1
        assert frozen.value.iloc[0, 0] == 9
        assert not frozen.intact(frozen.value)
        again = freeze(frame()).value.copy()
        again.iloc[0, 0] = 9
        assert again.iloc[0, 0] == 9

    def test_memory_is_not_copied_where_the_frame_owns_it(self) -> None:
        value = pd.DataFrame({"a": np.arange(5.0)}).copy()
        assert np.shares_memory(freeze(value).value.to_numpy(), value.to_numpy())

    def test_memory_of_others_is_copied(self) -> None:
        numbers = np.arange(6.0).reshape(3, 2)
        labels = np.arange(6)
        value = pd.DataFrame(numbers, index=pd.Index(labels[:3], copy=False), copy=False)
        frozen = freeze(value)
        numbers[...], labels[...] = -1, -1
        assert frozen.value.iloc[2].tolist() == [4.0, 5.0]
        assert frozen.value.index.tolist() == [0, 1, 2]
        assert numbers.flags.writeable

    def test_a_frozen_frame_is_frozen_again_without_a_copy(self) -> None:
        first = freeze(frame())
        second = freeze(first.value)
        assert second.intact(second.value)
        assert first.intact(first.value)
        assert np.shares_memory(first.value["int"].to_numpy(), second.value["int"].to_numpy())

    def test_who_made_the_frame_may_change_it_and_nobody_sees_it(self, fingerprint: Callable[[Any], str]) -> None:
        mine = frame()
        wanted = fingerprint(mine)
        frozen = freeze(mine)
        mine.iloc[0, 0] = 9
        assert fingerprint(frozen.value) == wanted
        assert frozen.intact(frozen.value)

    def test_intact_keeps_no_frame_alive(self) -> None:
        frozen = freeze(frame())
        gone, intact = weakref.ref(frozen.value), frozen.intact
        del frozen
        gc.collect()
        assert gone() is None
        assert intact is not None

    def test_reading_is_no_change(self) -> None:
        frozen = freeze(frame())
        value = frozen.value
        _ = (
            value.to_numpy(),
            value["int"],
            value.loc[("u", 1)],
            value.T,
            value.groupby("category", observed=True).size(),
        )
        _ = value[["int", "str"]].describe(), repr(value), value.memory_usage(deep=True), value.isna(), value["int"] * 2
        _ = value.sort_index(), value.merge(value, on="int"), value.copy(), value.index.get_loc(("u", 3)), value.dtypes
        assert frozen.intact(value)

    @pytest.mark.parametrize(
        "value",
        [
            pd.Series([[1], None], dtype=object),
            pd.Series(["a"], dtype="string[python]"),
            pd.Series([1], dtype=pd.ArrowDtype(pa.int64())),
            pd.Series([1], dtype="Int64"),
            pd.DataFrame({"a": [1], "b": pd.array([None], "boolean")}),
            pd.Series([0.0, 1.0], dtype=pd.SparseDtype(float)),
            pd.Series([1], index=pd.Index([()], dtype=object, tupleize_cols=False)),
            pd.Index([1]),
            type("Special", (pd.DataFrame,), {})({"a": [1]}),
            1,
        ],
        ids=repr,
    )
    def test_what_cannot_be_frozen_is_left_to_its_content(self, value: Any) -> None:
        assert freeze(value) is None

    def test_attributes_are_left_to_their_content(self) -> None:
        value = frame()
        value.attrs["unit"] = "mm"
        assert freeze(value) is None

    def test_strings_in_a_mapped_file_are_left_to_their_content(self, tmp_path: Path) -> None:
        persister = FeatherFile(tmp_path / "x.feather", compression="none")
        persister.save(pd.DataFrame({"a": ["x", "y"]}))
        with pa.memory_map(str(persister.filename)) as stream:
            mapped = pa.ipc.open_file(stream).read_all().column("a")
        assert freeze(pd.Series(pd.StringDtype("pyarrow", na_value=np.nan).__from_arrow__(mapped))) is None

    @pytest.mark.parametrize("kind", [ParquetFile, FeatherFile])
    def test_what_was_loaded_is_frozen_without_a_copy(self, tmp_path: Path, kind: Any) -> None:
        persister = kind(tmp_path / f"x{kind.suffixes[0]}", compression="none")
        persister.save(frame())
        loaded = persister.load()
        assert np.shares_memory(freeze(loaded).value["float"].to_numpy(), loaded["float"].to_numpy())


class TestChainOfTrust:
    def test_a_frame_is_recognised_without_reading_it_again(self, tmp_path: Path) -> None:
        from makeit.identity.digest import METER

        maker = Maker(cachedir=tmp_path / ".makeit", root=tmp_path)
        value = pd.DataFrame({"a": np.arange(200_000.0), "s": ["text"] * 200_000})
        first = maker(lambda: value.copy(), name="first", output=str(tmp_path / "a.feather"), version=1)
        size = maker(lambda frame: len(frame), name="size", version=1)
        assert size(first()) == 200_000
        given = first()
        before = METER.bytes
        size(given)
        assert METER.bytes - before < 50_000
        given.loc[0, "a"] = 1
        size(given)
        assert METER.bytes - before > 1_600_000
