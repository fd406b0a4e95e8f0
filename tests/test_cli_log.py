"""`makeit log`: the run log in a terminal, in a pipe, and as JSON."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from makeit import Maker
from makeit.cli import main
from makeit.process import Process, present
from makeit.store.project import Project
from makeit.store.runs import Because, Event, RunLog


def makeit(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(main, ["log", *arguments])
    assert done.exit_code == status, done.output
    return done


def rows(*arguments: str) -> list[list[str]]:
    """Return the printed table, split where there are two spaces or more."""
    return [re.split(r"  +", line) for line in makeit(*arguments).stdout.splitlines()]


def calls(*arguments: str) -> list[str]:
    return [event["label"] for event in json.loads(makeit("--json", *arguments).stdout)]


@pytest.fixture
def logged(project: Path) -> float:
    """Log a week of runs, an hour apart, and return the present time."""
    log, now = RunLog(Project(str(project), str(project / ".makeit"))), time.time()
    process = Process("node17", 42, "ada", "steps.py")
    for hours in range(168, 0, -1):
        name = "lab.fit" if hours % 2 else "lab.smooth"
        log.append(
            Event(
                "failed" if hours % 10 == 0 else "ran",
                now - hours * 3600,
                0.021,
                name,
                f"{name.partition('.')[2]} ({hours} h)",
                reasons=(Because("code", "helper gaussian changed (filters.py:23)"), Because("forced", "forced")),
                error="ValueError: singular" if hours % 10 == 0 else "",
                process=process,
            )
        )
    return now


def test_real_calls_are_listed_the_newest_last(project: Path) -> None:
    def smooth(subject: str, fwhm: float) -> float:
        return 1 / fwhm

    f = Maker()(smooth, output="json:{subject}.json", name="smooth")
    f("sub-01", 6.0)
    f("sub-01", 8.0)
    f("sub-01", 8.0)
    with pytest.raises(ZeroDivisionError):
        f("sub-01", 0.0)
    f.forget("sub-01", 8.0)
    head, *found = rows()
    here = present()
    assert head == ["when", "took", "call", "why", "process"]
    assert [(row[-3], row[-2]) for row in found] == [
        ("smooth (sub-01)", "never run"),
        ("smooth (sub-01)", "argument fwhm 6.0 → 8.0"),
        (
            "smooth (sub-01)",
            "failed with ZeroDivisionError: float division by zero; ran because: argument fwhm 8.0 → 0.0",
        ),
        ("smooth (sub-01)", f"forgotten by {here.user}"),
    ]
    assert {row[-1] for row in found} == {str(here)}
    assert [len(row) for row in found] == [5, 5, 5, 4]  # nobody times what a person does
    for row in found:
        assert abs(time.time() - time.mktime(time.strptime(row[0], "%Y-%m-%d %H:%M"))) < 3600


def test_the_last_twenty_or_so_many_or_all_since_a_time(logged: float) -> None:
    assert calls() == [f"{'fit' if hours % 2 else 'smooth'} ({hours} h)" for hours in range(20, 0, -1)]
    assert calls("-n", "2") == ["smooth (2 h)", "fit (1 h)"]
    assert len(calls("--since", "2.5h")) == 2
    assert len(calls("--since", "150 min")) == 2
    assert len(calls("--since", "1.98d")) == 47
    assert len(calls("--since", "1w", "-n", "3")) == 3
    day = time.strftime("%Y-%m-%d", time.localtime(logged - 86400))
    assert len(calls("--since", day)) == sum(
        1 for hours in range(1, 169) if time.strftime("%Y-%m-%d", time.localtime(logged - hours * 3600)) >= day
    )
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(logged - 3.5 * 3600))
    assert len(calls("--since", moment)) == 3


@pytest.mark.parametrize("since", ["yesterday", "3", "-2d", "2026-13-01", "1e3d"])
def test_a_time_that_is_none_is_refused_with_what_would_be_one(logged: float, since: str) -> None:
    assert "give a date as in 2026-11-01, or how long ago as in 2d" in makeit("--since", since, status=2).stderr


@pytest.mark.parametrize("since", ["9" * 400 + "d", "9999999999999999w", "0001-01-02"])
def test_since_before_anything_is_all(logged: float, since: str) -> None:
    assert len(calls("--since", since)) == 168


def test_calls_of_a_function_and_what_failed(logged: float) -> None:
    assert calls("--function", "fit", "-n", "2") == ["fit (3 h)", "fit (1 h)"]
    assert calls("--function", "lab.f*", "-n", "1") == ["fit (1 h)"]
    assert calls("--failed", "-n", "2") == ["smooth (20 h)", "smooth (10 h)"]
    assert calls("--failed", "--function", "fit") == []
    assert makeit("--failed", "--function", "fit").stderr == "nothing is logged that fits\n"
    assert "no call of 'smoth' is logged; did you mean smooth" in makeit("--function", "smoth", status=2).stderr
    assert "ValueError: singular; ran because: helper gaussian" in makeit("--failed").stdout


def test_reasons_are_whole_in_a_pipe(logged: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert rows("-n", "1")[1][-4:] == [
        "0.021 s", "fit (1 h)", "helper gaussian changed (filters.py:23); forced", "node17:42",
    ]  # fmt: skip


def test_json_is_one_array_of_all_that_a_line_holds(logged: float) -> None:
    (found,) = json.loads(makeit("--json", "-n", "1").stdout)
    assert found["reasons"][0] == {"kind": "code", "text": "helper gaussian changed (filters.py:23)"}
    assert found["process"]["user"] == "ada"
    assert found["started"] == pytest.approx(logged - 3600)
    assert json.loads(makeit("--json", "--since", "1s").stdout) == []


def test_a_line_that_no_calendar_knows_is_printed(project: Path) -> None:
    RunLog(Project(str(project), str(project / ".makeit"))).append(Event("ran", 1e300, label="f"))
    assert rows()[1][0] == "unknown"


def test_where_nothing_is_kept_or_logged_it_says_so(project: Path) -> None:
    assert "nothing is kept here" in makeit(status=2).stderr
    (project / ".makeit").mkdir()
    assert makeit().stderr == "nothing is logged\n"
