"""Frames as results and arguments of made functions, in one process and in two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from makeit import CacheWarning, ForeignFileError, Maker, PersistError, SpecError

SCRIPT = """
import json, sys
import pandas as pd
from makeit import make

@make(output="{spec}")
def table(n):
    print("table runs")
    return pd.DataFrame(
        {{"size": pd.array([n, None], "Int64"), "group": pd.Categorical(["u", "v"], ["v", "w", "u"], ordered=True)}},
        index=pd.date_range("2020-01-01", periods=2, tz="Europe/Berlin", name="day"),
    )

@make(output="{total}")
def total(frame):
    print("total runs")
    return frame["size"].rename("sum").cumsum()

found = table(3)
print(total(found).iloc[0], found.dtypes.astype(str).tolist(), found.index.freqstr, str(found.index.dtype))
"""
SPECS = {
    "parquet": ("parquet:x.parquet", "total.parquet?compression=zstd"),
    "feather": ("x.feather", "feather:total.arrow?compression=none"),
    "csv": ("csv:x.csv?sep=;", "total.tsv"),
}


def run(folder: Path, spec: str, total: str) -> list[str]:
    """Run the script in a process of its own and return what it printed."""
    script = folder / "script.py"
    script.write_text(SCRIPT.format(spec=spec, total=total))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error", str(script)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def maker(folder: Path) -> Maker:
    """Return a maker on a folder."""
    return Maker(cachedir=folder / ".makeit", root=folder)


def base() -> pd.DataFrame:
    """Return a small frame."""
    return pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [0.5, 1.5]}, index=pd.Index(["x", "y"], name="id"))


class TestTwoProcesses:
    @pytest.mark.parametrize("kind", SPECS)
    def test_A6_the_second_process_reuses_and_the_chain_holds(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "pyproject.toml").touch()
        first, second = (run(tmp_path, *SPECS[kind]) for _ in range(2))
        assert first[:2] == ["table runs", "total runs"]
        assert second == first[2:]
        assert second == ["3 ['Int64', 'category'] D datetime64[us, Europe/Berlin]"] or "[ns," in second[0]
        records = sorted((tmp_path / ".makeit" / "records").glob("*.json"))
        assert {json.loads(record.read_text())["outputs"][0]["format"] for record in records} == {kind}


@pytest.mark.parametrize("spec", ["x.parquet", "x.feather", "x.csv"])
class TestCalls:
    def test_B2_the_first_call_gives_what_later_calls_give(self, tmp_path: Path, spec: str) -> None:
        index = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["k", None])
        made = maker(tmp_path)(
            lambda: pd.DataFrame({"v": range(4)}, index=index).iloc[:2], output=spec, name="f", version=1
        )
        first, later = made(), made()
        pd.testing.assert_frame_equal(first, later, check_exact=True)
        assert [list(level) for level in first.index.levels] == [list(level) for level in later.index.levels]

    @pytest.mark.parametrize("guard", ["freeze", "verify"])
    def test_B1_a_changed_result_runs_what_depends_on_it(self, tmp_path: Path, spec: str, guard: str) -> None:
        ran = []
        table = maker(tmp_path)(base, output=spec, name="table", version=1, guard=guard)
        total = maker(tmp_path)(lambda frame: ran.append(0) or frame["b"].sum(), name="total", version=1, keep=None)
        assert [total(table()), total(table())] == [2.0, 2.0]
        assert len(ran) == 1
        changed = table()
        changed.loc["x", "b"] = 10.0
        assert total(changed) == 11.5
        assert total(table()) == 2.0
        assert len(ran) == 2

    def test_E3_a_file_that_was_changed_by_hand_is_refused_and_can_be_adopted(self, tmp_path: Path, spec: str) -> None:
        made = maker(tmp_path)(base, output=spec, name="f", version=1)
        made()
        path = tmp_path / spec
        edited = base().assign(b=[0.5, 9.0])
        if spec == "x.csv":
            path.write_text(path.read_text().replace("1.5", "9.0"))
        else:
            edited.to_parquet(path) if spec == "x.parquet" else edited.to_feather(path)
        before = path.read_bytes()
        with pytest.raises(ForeignFileError, match="adopt"):
            made()
        assert path.read_bytes() == before
        made.adopt()
        found = made()
        if spec == "x.csv":
            # Without notes, which were those of another file, it is read as pandas reads a csv.
            edited = pd.DataFrame({"id": ["x", "y"], "a": [1.0, np.nan], "b": [0.5, 9.0]})
        pd.testing.assert_frame_equal(found, edited, check_exact=True)
        assert path.read_bytes() == before

    def test_E9_what_does_not_fit_is_an_error_with_the_value(self, tmp_path: Path, spec: str) -> None:
        value = pd.DataFrame({"a": [{1}, {2}]})
        made = maker(tmp_path)(lambda: value, output=spec, name="f", version=1)
        with pytest.raises(PersistError, match=r"column 'a'.*set.*pickle:") as refusal:
            made()
        assert refusal.value.value is value
        assert not (tmp_path / spec).exists()


def test_E8_a_wrong_suffix_is_an_error_before_the_run(tmp_path: Path) -> None:
    def fail() -> None:
        raise AssertionError("it ran")

    for spec in ("parquet:x.csv", "csv:x.parquet", "feather:x.csv", "csv:x.csv?sep=.", "x.parquet?compression=lz5"):
        with pytest.raises(SpecError):
            maker(tmp_path)(fail, output=spec, name=spec, version=1)()


class TestWithoutAName:
    def test_a_frame_is_kept_as_feather_where_that_holds_it(self, tmp_path: Path) -> None:
        made = maker(tmp_path)(
            lambda which: base() if which else pd.DataFrame({"a": [{1}]}), name="f", version=1, keep=None
        )
        for which in (True, False):
            pd.testing.assert_frame_equal(made(which), made(which))
        assert [made.record(which).outputs[0].format for which in (True, False)] == ["feather", "pickle"]


def test_a_full_disk_is_a_warning_and_the_value_is_right(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    values = np.arange(100_000.0)
    for spec in ("x.parquet", "x.feather", "x.csv"):
        made = maker(tmp_path)(lambda: pd.DataFrame({"a": values}), output=spec, name=spec, version=1)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        try:
            with pytest.warns(CacheWarning, match="not kept"):
                found: Any = made()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert found["a"].tolist() == values.tolist()
        assert not (tmp_path / spec).exists()
