"""ParquetFile, CsvFile and FeatherFile as files: bytes, options, damage, and what other programs make of them."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from makeit import SpecError
from makeit_pandas import CsvFile, FeatherFile, ParquetFile
from makeit_pandas.file import FrameFile

FILES: dict[str, Callable[[Path], FrameFile]] = {
    "parquet": lambda folder: ParquetFile(folder / "x.parquet"),
    "feather": lambda folder: FeatherFile(folder / "x.feather"),
    "csv": lambda folder: CsvFile(folder / "x.csv"),
}
OPTIONS: dict[str, Callable[[Path], FrameFile]] = {
    **{
        f"parquet, {name}": lambda folder, name=name: ParquetFile(folder / "x.parquet", compression=name)  # type: ignore[misc]
        for name in ("none", "snappy", "gzip", "brotli", "lz4", "zstd")
    },
    **{
        f"feather, {name}": lambda folder, name=name: FeatherFile(folder / "x.arrow", compression=name)  # type: ignore[misc]
        for name in ("none", "lz4", "zstd")
    },
    "csv, semicolon": lambda folder: CsvFile(folder / "x.csv", sep=";"),
    "csv, bar": lambda folder: CsvFile(folder / "x.csv", sep="|"),
    "tsv": lambda folder: CsvFile(folder / "x.tsv"),
    "tsv, comma": lambda folder: CsvFile(folder / "x.tsv", sep=","),
}


def frame() -> pd.DataFrame:
    """Return a frame that no plain file says all of."""
    days = pd.date_range("2020-01-01", periods=4, tz="Europe/Berlin")
    columns = {
        "size; in, mm|m\t": pd.array([1, None, 3, 4], "Int64"),
        "text": ["a;b|c,d\t", 'q"', "line\nline", None],
        "group": pd.Categorical(["u", "v", "u", None], ["v", "w", "u"], ordered=True),
        "ratio": [0.1, np.nan, np.inf, -0.0],
        "delta": pd.to_timedelta([1, 2, None, 4], unit="s"),
    }
    return pd.DataFrame(columns, index=days.rename("day"))


def saved(persister: FrameFile, value: Any) -> FrameFile:
    """Save, and return another persister with the notes as a record gives them back."""
    notes = msgspec.json.decode(msgspec.json.encode(persister.save(value)))
    reader = persister.at(persister.filename)
    reader.notes = notes or {}
    return reader


def assert_equal(one: Any, other: Any) -> None:
    """Check for equality in all that pandas compares."""
    check = pd.testing.assert_frame_equal if isinstance(other, pd.DataFrame) else pd.testing.assert_series_equal
    check(one, other, check_exact=True, check_freq=True, check_index_type="exact")


class TestOptions:
    @pytest.mark.parametrize("name", OPTIONS)
    def test_a_frame_comes_back_with_every_option(self, tmp_path: Path, name: str) -> None:
        persister = OPTIONS[name](tmp_path)
        persister.check()
        assert_equal(saved(persister, frame()).load(), frame())

    @pytest.mark.parametrize("name", OPTIONS)
    def test_equal_values_give_equal_bytes(self, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        persister = OPTIONS[name](tmp_path)
        persister.save(frame())
        first = persister.filename.read_bytes()
        monkeypatch.setattr("time.time", lambda: 2e9)
        persister.save(frame().copy())
        assert persister.filename.read_bytes() == first

    def test_compression_makes_files_smaller(self, tmp_path: Path) -> None:
        zeros = pd.DataFrame({"a": np.arange(100_000.0) % 17})
        for kind in (ParquetFile, FeatherFile):
            sizes = []
            for compression in ("none", "zstd"):
                persister = kind(tmp_path / f"x{kind.suffixes[0]}", compression=compression)
                persister.save(zeros)
                sizes.append(persister.filename.stat().st_size)
            assert sizes[1] < sizes[0] / 2, kind

    @pytest.mark.parametrize(
        ("persister", "hint"),
        [
            (ParquetFile("x.csv"), r"\.parquet"),
            (ParquetFile("x"), r"\.parquet"),
            (ParquetFile("x.parquet.gz"), r"\.parquet"),
            (FeatherFile("x.parquet"), r"\.feather or \.arrow"),
            (CsvFile("x.txt"), r"\.csv or \.tsv"),
            (CsvFile("x.csv.gz"), r"\.csv or \.tsv"),
            (ParquetFile("x.parquet", compression="lzma"), "snappy"),
            (FeatherFile("x.feather", compression="snappy"), "lz4"),
            *(
                (CsvFile("x.csv", sep=sep), "between cells")
                for sep in ("", ",,", '"', "\n", "\r", ".", "-", "e", "1", "§")
            ),
        ],
        ids=repr,
    )
    def test_what_cannot_work_is_an_error_before_the_run(self, persister: FrameFile, hint: str) -> None:
        with pytest.raises(SpecError, match=hint) as refusal:
            persister.check()
        assert refusal.value.spec is persister

    @pytest.mark.parametrize("persister", [ParquetFile("X.PARQUET"), FeatherFile(filename="x.arrow"), CsvFile("x.TSV")])
    def test_what_works_passes(self, persister: FrameFile) -> None:
        persister.check()

    def test_exactly_the_named_file_is_written(self, tmp_path: Path) -> None:
        for kind in FILES.values():
            kind(tmp_path).at(tmp_path / "x.part").save(frame())
            assert os.listdir(tmp_path) == ["x.part"]


class TestOtherPrograms:
    """What others read of our files, and we of theirs."""

    @pytest.mark.parametrize("kind", ["parquet", "feather"])
    def test_pandas_finds_index_and_columns(self, tmp_path: Path, kind: str) -> None:
        persister = FILES[kind](tmp_path)
        read = pd.read_parquet if kind == "parquet" else pd.read_feather
        base = pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan], "c": ["x", None]})
        for value in (
            base,
            base.set_axis(pd.RangeIndex(5, 9, 2)),
            base.set_axis(pd.Index([7, 3], name="id")),
            base.set_axis([7, 3]),
            base.set_axis(pd.DatetimeIndex(["2020-01-01", "2020-01-02"], tz="Europe/Berlin", name="day")),
            base.set_axis(pd.MultiIndex.from_arrays([["u", "v"], [1, 2]], names=["x", None])),
            base[[]],
        ):
            persister.save(value)
            found = read(persister.filename)
            pd.testing.assert_frame_equal(found[list(value)], value, check_freq=False, check_column_type=False)

    def test_parquet_says_types_that_all_programs_know(self, tmp_path: Path) -> None:
        persister = FILES["parquet"](tmp_path)
        persister.save(frame())
        names = {field.name: str(field.type) for field in pq.read_schema(persister.filename)}
        assert names["size; in, mm|m\t"] == "int64"
        assert names["group"].startswith("dictionary<values=string")
        assert names["ratio"] == "double"
        assert "tz=Europe/Berlin" in names["day"]
        assert pq.read_table(persister.filename, columns=["ratio"]).column(0).null_count == 1

    def test_a_csv_is_a_plain_csv(self, tmp_path: Path) -> None:
        persister = FILES["csv"](tmp_path)
        persister.save(frame())
        with persister.filename.open(encoding="utf-8", newline="") as stream:
            head, first, second, third, last = csv.reader(stream)
        assert head == ["day", "size; in, mm|m\t", "text", "group", "ratio", "delta"]
        assert first[1:4] == ["1", "a;b|c,d\t", "u"]
        assert first[0].startswith("2019-12-31 23:00:00")
        assert second[1:4] == ["", 'q"', "v"]
        assert third[2:5] == ["line\nline", "u", "inf"]
        assert last[2:4] == ["", ""]
        assert pd.read_csv(persister.filename)["text"].tolist()[:3] == frame()["text"].tolist()[:3]

    def test_no_row_of_a_csv_is_a_blank_line(self, tmp_path: Path) -> None:
        persister = FILES["csv"](tmp_path)
        for value in (pd.DataFrame({"a": ["x", None, "z"]}), pd.Series([1.5, np.nan]), pd.DataFrame(index=range(2))):
            assert_equal(saved(persister, value).load(), value)
            lines = persister.filename.read_text().splitlines()
            assert len(lines) == len(value) + 1
            assert "" not in lines

    @pytest.mark.parametrize("kind", ["parquet", "feather"])
    def test_what_pandas_wrote_comes_as_pandas_reads_it(self, tmp_path: Path, kind: str) -> None:
        persister = FILES[kind](tmp_path)
        value = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
        value.to_parquet(persister.filename) if kind == "parquet" else value.to_feather(persister.filename)
        assert_equal(persister.load(), value)

    def test_a_csv_without_notes_comes_as_pandas_reads_it(self, tmp_path: Path) -> None:
        (tmp_path / "x.tsv").write_text("id\tgröße\n1\t0.30000000000000004\n2\t\n", encoding="utf-8")
        expected = pd.DataFrame({"id": [1, 2], "größe": [0.30000000000000004, np.nan]})
        assert_equal(CsvFile(tmp_path / "x.tsv").load(), expected)

    @pytest.mark.parametrize("kind", ["parquet", "feather"])
    def test_a_table_that_another_program_changed_is_read_as_it_is(self, tmp_path: Path, kind: str) -> None:
        """Programs that change a table may hand on what was said of the old one."""
        persister = FILES[kind](tmp_path)
        persister.save(pd.DataFrame({"a": [1, 2], "b": pd.Categorical(["x", "y"])}))
        for change in (
            lambda table: table.rename_columns(["a", "c"]),
            lambda table: table.append_column("n", pa.array([1, 2])),
            lambda table: table.slice(0, 1),
            lambda table: pa.concat_tables([table, table]),
        ):
            table = change(_read(persister))
            path = persister.filename.with_name("changed" + persister.filename.suffix)
            if kind == "parquet":
                pq.write_table(table, path)
            else:
                with pa.OSFile(os.fspath(path), "wb") as stream, pa.ipc.new_file(stream, table.schema) as writer:
                    writer.write_table(table)
            found = persister.at(path).load()
            assert (list(found), len(found)) == (table.column_names, table.num_rows)

    def test_a_category_that_is_none_is_an_error_and_no_missing_value(self, tmp_path: Path) -> None:
        persister = FILES["parquet"](tmp_path)
        persister.save(pd.DataFrame({"a": pd.Categorical(["x", "y"])}))
        table = _read(persister)
        other = table.set_column(0, "a", pa.array(["x", "q"]).dictionary_encode())
        pq.write_table(other.replace_schema_metadata(table.schema.metadata), persister.filename)
        with pytest.raises(ValueError, match="not among them"):
            persister.load()


def _read(persister: FrameFile) -> Any:
    if isinstance(persister, ParquetFile):
        return pq.ParquetFile(persister.filename).read()
    with pa.OSFile(os.fspath(persister.filename)) as stream:
        return pa.ipc.open_file(stream).read_all()


class TestDamage:
    @pytest.mark.parametrize("kind", FILES)
    @pytest.mark.parametrize("damage", ["short", "shorter", "zeros", "empty", "longer"])
    def test_a_damaged_file_raises(self, tmp_path: Path, kind: str, damage: str) -> None:
        reader = saved(FILES[kind](tmp_path), frame())
        whole = reader.filename.read_bytes()
        damaged = {
            "short": whole[:-1],
            "shorter": whole[: len(whole) // 2],
            "zeros": bytes(len(whole)),
            "empty": b"",
            "longer": whole + b"\n1,2\n",
        }
        reader.filename.write_bytes(damaged[damage])
        with pytest.raises((ValueError, OSError)):
            reader.load()

    def test_a_csv_with_other_rows_of_the_same_size_raises(self, tmp_path: Path) -> None:
        reader = saved(CsvFile(tmp_path / "x.csv"), pd.DataFrame({"a": [11, 22], "b": [1, 2]}))
        text = reader.filename.read_text()
        for other in (text.replace("11,1\n", "1,1\n\n"), text.replace("11,1\n22", "11,1022"), text.replace("11", "1x")):
            assert len(other) == len(text)
            reader.filename.write_text(other)
            with pytest.raises(ValueError, match=r"rows|column|conversion|CSV"):
                reader.load()

    @pytest.mark.parametrize("kind", ["parquet", "feather"])
    def test_a_form_of_a_later_version_is_not_guessed_at(self, tmp_path: Path, kind: str) -> None:
        persister = FILES[kind](tmp_path)
        persister.save(pd.DataFrame({"a": pd.array([1, None], "Int64")}))
        table = _read(persister)
        form = {**json.loads(table.schema.metadata[b"makeit"]), "version": 2}
        later = table.replace_schema_metadata({b"makeit": json.dumps(form).encode()})
        if kind == "parquet":
            pq.write_table(later, persister.filename)
        else:
            with (
                pa.OSFile(os.fspath(persister.filename), "wb") as stream,
                pa.ipc.new_file(stream, later.schema) as writer,
            ):
                writer.write_table(later)
        assert persister.load()["a"].dtype == "float64"
