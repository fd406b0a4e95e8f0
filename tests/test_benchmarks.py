"""The benchmarks measure, say what they found, and their check notices what became slow."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from benchmarks import checking
from benchmarks.cases import CASES, case, measured
from benchmarks.findings import Findings, Ratio, Series, times
from benchmarks.machine import machine
from benchmarks.processes import Fresh, fresh
from benchmarks.report import REMARKS, Report, markdown
from benchmarks.scale import CHECK
from benchmarks.timing import interleaved, reported_parts

TINY = evolve(CHECK, rounds=1)


def test_a_case_is_measured_and_reported(tmp_path: Path) -> None:
    report = Report(machine(tmp_path), "tiny", {"small": measured("small", tmp_path, TINY)})
    (tmp_path / "numbers.json").write_bytes(report.json())
    read = Report.read(tmp_path / "numbers.json")
    assert read == report
    text = markdown(read, [])
    assert "### Reuse, small arguments and result" in text
    assert "| 8 | run, small result, all kept |" in text
    assert REMARKS.read_text().rstrip() in text
    assert not [folder for folder in (str(tmp_path), str(Path.home())) if folder in text]


def test_every_case_is_a_module_that_measures() -> None:
    modules = {path.stem for path in Path(case("small").__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == CASES.keys()
    assert all(callable(case(name).measure) for name in CASES)
    assert set(checking.CASES) <= CASES.keys()


def test_each_round_begins_with_another_contender() -> None:
    order: list[str] = []

    def contender(name: str) -> Callable[[], dict[str, float]]:
        return lambda: order.append(name) or {"": 1.0}  # type: ignore[func-returns-value]

    reported_parts({name: contender(name) for name in "abc"}, 3)
    assert order == [*"abc", *"bca", *"cab"]


def test_fast_calls_are_timed_many_at_a_time_and_slow_ones_once() -> None:
    calls = {"fast": 0, "slow": 0}

    def count(name: str, seconds: float) -> None:
        calls[name] += 1
        if seconds:
            time.sleep(seconds)

    found = interleaved({"fast": lambda: count("fast", 0), "slow": lambda: count("slow", 0.05)}, rounds=2)
    assert calls["slow"] == 4  # two before, one a round
    assert calls["fast"] > 50
    assert found["fast"].median < found["slow"].median


def test_a_difference_is_taken_round_by_round() -> None:
    series = Series("whole", (3.0, 5.0, 9.0)).minus(Series("load", (1.0, 4.0, 4.0)), "less its load")
    assert (series.median, series.minimum) == (2.0, 2.0)


def test_a_budget_is_met_up_to_its_limit() -> None:
    peer = Series("joblib", (10.0,))
    assert times(1, "reuse", Series("makeit", (2.0,)), 0.2, peer).met
    assert not times(1, "reuse", Series("makeit", (2.1,)), 0.2, peer).met


def test_a_fresh_process_can_import_first_what_its_work_would_import(tmp_path: Path) -> None:
    said = fresh("calls.many", "makeit", str(tmp_path), 2)
    assert [type(seconds) for seconds in said.value] == [float, float]
    assert "makeit.ground" in said.imported  # loaded at the first call
    prepared = Fresh("calls.many", ("makeit", str(tmp_path), 2)).less_imports()
    assert "makeit.ground" not in fresh(prepared.work, *prepared.arguments, modules=prepared.modules).imported


@pytest.mark.parametrize(
    ("rounds", "worse"),
    [([30.0, 31.0, 30.5], True), ([30.0, 14.0], False), ([15.0], False), ([30.0, 30.0, 14.0], False)],
)
def test_a_ratio_is_worse_only_if_it_is_so_thrice(rounds: list[float], worse: bool) -> None:
    left = [Findings(ratios=(Ratio("reuse", value), Ratio("not kept", 99.0))) for value in rounds]
    found = checking.checked("small", {"reuse": 10.0}, lambda name: left.pop(0))
    assert [(each.name, each.worse) for each in found] == [("reuse", worse)]
    assert not left


def test_each_ratio_counts_by_its_best() -> None:
    left = [Findings(ratios=(Ratio("a", a), Ratio("b", b))) for a, b in ((10.0, 30.0), (30.0, 10.0))]
    found = checking.checked("small", {"a": 10.0, "b": 10.0}, lambda name: left.pop(0))
    assert [each.now for each in found] == [10.0, 10.0]


def test_the_check_fails_where_a_kept_ratio_was_better(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline, names = tmp_path / "kept.json", ("reuse, small arguments", "run, small result")

    def checked(ratios: dict[str, float]) -> tuple[int, str]:
        baseline.write_text(json.dumps(ratios))
        return checking.check(tmp_path, baseline, ["small"], TINY), capsys.readouterr().out

    assert checked(dict.fromkeys(names, 1000.0))[0] == 0
    code, said = checked({names[0]: 0.01, names[1]: 1000.0})
    assert (code, [line.startswith(names[0]) for line in said.splitlines() if "WORSE" in line]) == (1, [True])
    code, said = checked({"a case that is gone": 1.0})
    assert (code, "a case that is gone" in said) == (1, True)


def test_what_is_kept_is_what_is_measured() -> None:
    kept = json.loads(checking.BASELINE.read_text())
    assert kept
    assert all(value > 0 for value in kept.values())
