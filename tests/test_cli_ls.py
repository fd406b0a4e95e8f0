"""`makeit ls`: every stored call is listed with what its record and its files say, and found by all of its names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.stored_steps import STEPS, answered, make_all, makeit, write

ALL = ["load (sub-01)", "smooth (sub-01)", "load (sub-02)", "smooth (sub-02)", "peak", "peak"]


@pytest.fixture(autouse=True)
def stored(project: Path) -> None:
    make_all()


def listed(*arguments: str) -> list[str]:
    return [row["call"] for row in answered("ls", *arguments)]


def states(*arguments: str) -> dict[str, str]:
    return {row["call"]: row["state"] for row in answered("ls", *arguments)}


def test_every_call_has_a_row_with_its_files_and_what_they_cost() -> None:
    rows = answered("ls")
    assert sorted(row["call"] for row in rows) == sorted(ALL)
    row = next(row for row in rows if row["call"] == "smooth (sub-01)")
    assert row["outputs"] == ["out/sub-01/smooth.json", "out/sub-01/smooth.txt"]
    assert row["size"] == sum(os.path.getsize(path) for path in row["outputs"])
    assert (row["state"], row["function"], row["kept"], row["reasons"]) == ("current", "steps.smooth", False, [])
    assert row["seconds"] < 60
    kept = next(row for row in rows if row["call"] == "peak")
    assert kept["kept"]
    assert Path(kept["outputs"][0]).exists()


def test_a_row_for_each_file() -> None:
    rows = answered("ls", "--outputs", "smooth")
    assert [row["outputs"] for row in rows] == [
        [f"out/{subject}/smooth.{suffix}"] for subject in ("sub-01", "sub-02") for suffix in ("json", "txt")
    ]
    assert rows[1]["size"] == 9000


@pytest.mark.parametrize(
    ("target", "calls"),
    [
        ("out/sub-01/smooth.json", ["smooth (sub-01)"]),
        ("out/sub-01/smooth.txt", ["smooth (sub-01)"]),
        ("smooth (sub-01)", ["smooth (sub-01)"]),
        ("smooth", ["smooth (sub-01)", "smooth (sub-02)"]),
        ("steps.smooth", ["smooth (sub-01)", "smooth (sub-02)"]),
        ("* (sub-02)", ["load (sub-02)", "smooth (sub-02)"]),
        ("out/sub-01", ["load (sub-01)", "smooth (sub-01)"]),
        ("out/*/smooth.*", ["smooth (sub-01)", "smooth (sub-02)"]),
        ("*/loaded.json", ["load (sub-01)", "load (sub-02)"]),
        (".", [*ALL]),
    ],
)
def test_a_target_means_a_path_a_call_a_function_a_folder_or_all_that_look_so(target: str, calls: list[str]) -> None:
    assert sorted(listed(target)) == sorted(calls)


def test_a_target_is_an_id_or_its_first_six_letters() -> None:
    row = answered("ls", "smooth (sub-02)")[0]
    word = row["id"].partition(":")[2]
    assert listed(row["id"]) == listed(word) == listed(word[:6]) == ["smooth (sub-02)"]
    assert "no file and no call is known" in makeit("ls", word[:5], status=2).output


def test_targets_are_paths_from_the_working_folder_and_so_are_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("out/sub-01")
    assert listed(".") == ["load (sub-01)", "smooth (sub-01)"]
    assert listed("smooth.json") == listed("out/sub-01/smooth.json") == ["smooth (sub-01)"]
    assert [row["outputs"] for row in answered("ls", "load")] == [["loaded.json"], ["../sub-02/loaded.json"]]


def test_each_call_once_however_often_it_is_meant() -> None:
    assert listed("smooth", "out/sub-01/smooth.txt", "out/sub-01/smooth.json", "smooth (sub-01)").count(
        "smooth (sub-01)"
    ) == 1  # fmt: skip


def test_an_unknown_target_is_refused_with_what_is_similar() -> None:
    assert "did you mean smooth" in makeit("ls", "smoth", status=2).output
    assert "steps.py was not made by makeit" in makeit("ls", "steps.py", status=2).output


def test_states_are_those_of_code_inputs_and_files_as_they_are_now() -> None:
    write(steps=STEPS.replace("max(values)", "max(values) + 1"))
    Path("sub-02.txt").write_text("7 8 9")
    Path("out/sub-01/loaded.json").unlink()
    Path("out/sub-01/smooth.txt").write_text("mine")
    found = states()
    assert found == {
        "load (sub-01)": "missing",
        "smooth (sub-01)": "foreign",
        "load (sub-02)": "inputs changed",
        "smooth (sub-02)": "upstream changed",
        "peak": "code changed",
    }
    assert listed("--state", "foreign", "--state", "inputs-changed") == ["smooth (sub-01)", "load (sub-02)"]
    quick = states("--quick")
    # What nobody looked at is not said to be current.
    assert quick["peak"] in ("unknown", "upstream changed")
    assert quick["load (sub-01)"] == "missing"
    assert "no state; the states are current," in makeit("ls", "--state", "fresh", status=2).output


def test_quick_loads_no_module() -> None:
    write(steps="raise SystemExit('loaded')")
    assert set(states("--quick").values()) == {"unknown"}
    assert set(states().values()) == {"unknown"}


def test_filters_leave_out_what_does_not_fit() -> None:
    assert listed("--function", "smooth") == ["smooth (sub-01)", "smooth (sub-02)"]
    assert listed("--function", "*.lo*", "--under", "out/sub-02") == ["load (sub-02)"]
    assert listed("--under", "out/sub-0") == []
    assert listed("--larger-than", "8kB") == ["smooth (sub-01)", "smooth (sub-02)"]
    assert listed("--larger-than", "8MiB") == []
    assert len(listed("--newer-than", "1h")) == len(ALL)
    assert listed("--older-than", "1h") == []
    assert "'soon' has to be a number and a unit" in makeit("ls", "--older-than", "soon", status=2).output


def test_rows_are_sorted_by_what_was_asked_for() -> None:
    for key, value in (("size", lambda row: -row["size"]), ("age", lambda row: row["started"])):
        rows = answered("ls", "--sort", key)
        assert [value(row) for row in rows] == sorted(map(value, rows))
        assert answered("ls", "--sort", key, "--reverse") == sorted(rows, key=value, reverse=True)
    assert listed("--reverse", "load") == ["load (sub-02)", "load (sub-01)"]
    Path("out/sub-02/loaded.json").unlink()
    assert listed("--sort", "state", "load") == ["load (sub-01)", "load (sub-02)"]
    assert listed("--sort", "state", "--reverse", "load") == ["load (sub-02)", "load (sub-01)"]


def test_the_table_names_files_of_one_folder_as_a_shell_expands_them() -> None:
    lines = makeit("ls", "smooth (sub-01)", "peak").stdout.splitlines()
    assert lines[0].split() == ["state", "call", "files", "size", "age", "took"]
    assert [line.split()[:3] for line in lines[1:3]] == [["current", "peak", "kept"]] * 2
    assert lines[3].startswith("current  smooth (sub-01)  out/sub-01/{smooth.json,smooth.txt}  9.0 kB ")


def test_damaged_records_are_not_passed_over_in_silence() -> None:
    record = next(Path(".makeit/records/out").rglob("loaded.json.json"))
    record.write_bytes(record.read_bytes()[:-20])
    done = makeit("ls")
    assert len(done.stdout.splitlines()) == len(ALL)
    assert "damaged records (1)" in done.stderr


def test_where_nothing_is_kept_a_folder_that_has_something_is_named(tmp_path: Path) -> None:
    (tmp_path / "above" / "first" / ".makeit").mkdir(parents=True)
    done = makeit("-C", str(tmp_path / "above"), "ls", status=2)
    assert "makeit -C first ls" in done.output
    assert makeit("-C", str(tmp_path / "above" / "first"), "ls").stdout.split() == [
        "state", "call", "files", "size", "age", "took",
    ]  # fmt: skip
