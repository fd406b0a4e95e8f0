"""ParquetFile, CsvFile and FeatherFile: frames and series come back in type, dtype and value, or are refused."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makeit import PersistError, make
from makeit_pandas import CsvFile, FeatherFile, ParquetFile
from makeit_pandas.file import FrameFile
from plugins.makeit_pandas.tests.any_frames import ANY_FRAME, ATTRIBUTES, ENCODABLE
from plugins.makeit_pandas.tests.frame_corpus import ARROW_ONLY, COLUMNS, FRAMES, REFUSED, arrow, as_frame, as_index

examples = settings(
    max_examples=int(os.environ.get("MAKEIT_EXAMPLES", "30")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

#: A file of each format, and with each option that changes its bytes.
FILES: dict[str, Callable[[Path], FrameFile]] = {
    "parquet": lambda folder: ParquetFile(folder / "x.parquet"),
    "feather": lambda folder: FeatherFile(folder / "x.feather"),
    "csv": lambda folder: CsvFile(folder / "x.csv"),
}


def through(persister: FrameFile, value: Any) -> Any:
    """Save, pass the notes through the JSON of records, and load with another persister."""
    notes = msgspec.json.decode(msgspec.json.encode(persister.save(value)))
    reader = persister.at(persister.filename)
    reader.notes = notes or {}
    return reader.load()


def assert_same(one: Any, other: Any, exact: bool = True) -> None:
    """Check that two frames or series are equal in all that can be seen; levels, too, where `exact`."""
    assert type(one) is type(other)
    if isinstance(one, pd.Series):
        pd.testing.assert_series_equal(one, other, check_exact=True, check_index_type="exact", check_freq=True)
        assert_same_scalars([one.name], [other.name])
        assert_same_values(one.array, other.array)
    else:
        pd.testing.assert_frame_equal(
            one, other, check_exact=True, check_index_type="exact", check_column_type="exact", check_freq=True
        )
        for place in range(one.shape[1]):
            assert_same_values(one.iloc[:, place].array, other.iloc[:, place].array)
        assert_same_index(one.columns, other.columns, exact)
    assert_same_index(one.index, other.index, exact)
    assert_same_scalars([one.attrs], [other.attrs])
    assert one.flags.allows_duplicate_labels == other.flags.allows_duplicate_labels


def assert_same_index(one: pd.Index, other: pd.Index, exact: bool) -> None:
    """Check what pandas' own test of indexes leaves out."""
    assert type(one) is type(other)
    assert_same_scalars(list(one.names), list(other.names))
    assert getattr(one, "freq", None) == getattr(other, "freq", None)
    if isinstance(one, pd.MultiIndex):
        for level, found in zip(one.levels, other.levels, strict=True):
            if exact:
                pd.testing.assert_index_equal(level, found, exact=True, check_exact=True)
            assert level.dtype == found.dtype
        if exact:
            assert [list(codes) for codes in one.codes] == [list(codes) for codes in other.codes]
    elif isinstance(one, pd.RangeIndex):
        assert (one.start, one.stop, one.step) == (other.start, other.stop, other.step)
    else:
        assert_same_values(one.array, other.array)


def assert_same_values(one: Any, other: Any) -> None:
    """Check the dtypes, with their zones and categories, and what is missing and how, or signed."""
    assert type(one) is type(other)
    assert one.dtype == other.dtype
    assert repr(one.dtype) == repr(other.dtype)
    if isinstance(one.dtype, pd.CategoricalDtype):
        assert_same_index(one.dtype.categories, other.dtype.categories, True)
        assert one.dtype.ordered == other.dtype.ordered
        assert np.array_equal(one.codes, other.codes)
    elif isinstance(one.dtype, pd.DatetimeTZDtype):
        assert repr(one.dtype.tz) == repr(other.dtype.tz)
        assert np.array_equal(one.asi8, other.asi8)
    else:
        assert_same_scalars(list(one), list(other))


def assert_same_scalars(one: list[Any], other: list[Any]) -> None:
    """Check types and representations, which tell None from nan, 1 from 1.0 and 0.0 from -0.0."""
    assert list(map(known_by, one)) == list(map(known_by, other))


def known_by(item: Any) -> tuple[Any, str]:
    """Return what tells a scalar from others; NumPy's `long long` is the `int64` that it comes back as."""
    return item.dtype if isinstance(item, np.generic) else type(item), repr(item)


@pytest.mark.parametrize("kind", FILES)
class TestRoundTrip:
    @pytest.mark.parametrize("name", COLUMNS)
    def test_a_column_comes_back_in_dtype_and_value(self, tmp_path: Path, kind: str, name: str) -> None:
        frame = as_frame(COLUMNS[name])
        persister = FILES[kind](tmp_path)
        assert_same(through(persister, frame), frame)

    @pytest.mark.parametrize("name", [name for name in COLUMNS if not name.startswith(("complex", "float16"))])
    def test_an_index_comes_back_in_dtype_and_value(self, tmp_path: Path, kind: str, name: str) -> None:
        frame = pd.DataFrame({"a": range(len(COLUMNS[name]))}, index=as_index(COLUMNS[name]))
        assert_same(through(FILES[kind](tmp_path), frame), frame)

    @pytest.mark.parametrize("name", FRAMES)
    def test_what_was_saved_comes_back_in_all_that_can_be_seen(self, tmp_path: Path, kind: str, name: str) -> None:
        persister = FILES[kind](tmp_path)
        assert_same(through(persister, FRAMES[name]), FRAMES[name])
        assert persister.faithful

    @pytest.mark.parametrize("name", FRAMES)
    def test_the_fingerprint_comes_back_too(self, tmp_path: Path, kind: str, name: str) -> None:
        fingerprint = make.bench(tmp_path / ".makeit").values.fingerprint
        assert fingerprint(through(FILES[kind](tmp_path), FRAMES[name])) == fingerprint(FRAMES[name])

    def test_what_comes_back_can_be_changed(self, tmp_path: Path, kind: str) -> None:
        frame = through(FILES[kind](tmp_path), FRAMES["base"])
        frame.loc[0, "a"] = 7
        frame["b"].array[0] = 8
        assert frame.iloc[0].tolist() == [7, 8, "x"]

    def test_labels_that_no_row_has_are_left_out_and_it_says_so(self, tmp_path: Path, kind: str) -> None:
        frame = FRAMES["levels"].iloc[:2]
        persister = FILES[kind](tmp_path)
        found = through(persister, frame)
        assert_same(found, frame, exact=False)
        assert [len(level) for level in found.index.levels] == [1, 2]
        assert not persister.faithful

    @examples
    @given(data=st.data())
    def test_any_frame_comes_back(self, tmp_path: Path, kind: str, data: st.DataObject) -> None:
        frame = data.draw(ANY_FRAME)
        assert_same(through(FILES[kind](tmp_path), frame), frame)

    @examples
    @given(attrs=st.dictionaries(st.text(ENCODABLE), ATTRIBUTES, max_size=4))
    def test_any_attributes_come_back(self, tmp_path: Path, kind: str, attrs: dict[str, Any]) -> None:
        series = pd.Series([1])
        series.attrs = attrs
        assert_same(through(FILES[kind](tmp_path), series), series)


@pytest.mark.parametrize("kind", ["parquet", "feather"])
@pytest.mark.parametrize("name", ARROW_ONLY)
def test_other_types_of_arrow_come_back_from_its_formats(tmp_path: Path, kind: str, name: str) -> None:
    assert_same(through(FILES[kind](tmp_path), as_frame(ARROW_ONLY[name])), as_frame(ARROW_ONLY[name]))


@pytest.mark.parametrize("name", ARROW_ONLY)
def test_a_csv_refuses_types_that_text_does_not_say(tmp_path: Path, name: str) -> None:
    frame = as_frame(ARROW_ONLY[name])
    with pytest.raises(PersistError, match=r"parquet:") as refusal:
        FILES["csv"](tmp_path).save(frame)
    assert refusal.value.value is frame


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(("value", "hint"), REFUSED, ids=range(len(REFUSED)))
def test_what_would_come_back_different_is_refused_whole(tmp_path: Path, kind: str, value: Any, hint: str) -> None:
    with pytest.raises(PersistError, match=hint) as refusal:
        FILES[kind](tmp_path).save(value)
    assert refusal.value.value is value
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "value", "hint"),
    [
        ("csv", np.array(["-0001-01-01"], "M8[s]"), "year"),
        ("csv", np.array(["10000-01-01"], "M8[us]"), "year"),
        ("parquet", np.array([2**62], "M8[s]"), "parquet"),
        ("parquet", arrow([[datetime.datetime(2020, 1, 1)]], pa.list_(pa.timestamp("s"))), "feather:"),
        ("parquet", arrow([datetime.time(1)], pa.time32("s")), "feather:"),
        ("parquet", arrow([datetime.date(2020, 1, 1)], pa.date64()), "feather:"),
    ],
    ids=repr,
)
def test_what_one_format_would_change_is_refused_by_it(tmp_path: Path, kind: str, value: Any, hint: str) -> None:
    frame = as_frame(value)
    with pytest.raises(PersistError, match=hint) as refusal:
        FILES[kind](tmp_path).save(frame)
    assert refusal.value.value is frame
    assert_same(through(FILES["feather"](tmp_path), frame), frame)


def test_long_columns_come_back_though_they_are_read_in_pieces(tmp_path: Path) -> None:
    # More than a row group of Parquet, and more than a block of a csv.
    numbers = np.arange(1_100_000)
    category = pd.Categorical.from_codes(numbers % 3, ["a", "b", "c"])
    text = pd.Series(numbers).astype("string").array
    frame = pd.DataFrame({"number": numbers / 7, "category": category, "text": text})
    for kind in FILES:
        pd.testing.assert_frame_equal(through(FILES[kind](tmp_path), frame), frame, check_exact=True)


def test_a_cell_may_be_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x" * 3_000_000, '"' * 2_000_000, None], "b": [1, 2, 3]})
    assert_same(through(FILES["csv"](tmp_path), frame), frame)
