"""The summary that MAKEIT_SUMMARY=1 asks for, at the end of a process, however it ends."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

Run = Callable[..., str]
_SCRIPT = """
    import os, sys, time
    from makeit import make

    @make
    def load(x):
        time.sleep(0.2)
        return x

    @make(output="json:{x}.json")
    def fit(x):
        if x < 0:
            raise ValueError(x)
        return load(x)
    """


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEIT_SUMMARY", "1")


def ended(run: Run, script: str) -> list[list[str]]:
    """Return the summary that a script leaves, split where there are two spaces or more."""
    _, mark, summary = run(script, check=False).partition("makeit[")
    return [re.split(r"  +", line.strip()) for line in (mark + summary).splitlines()]


def seconds(text: str) -> float:
    number, unit = text.split()
    return float(number) / {"s": 1, "ms": 1000}[unit]


def test_what_ran_was_reused_and_failed_and_the_time_that_took_and_saved(run: Run) -> None:
    first = ended(run, _SCRIPT + "\n    fit(1)\n    fit(2)\n    sys.exit(3)")
    found = re.fullmatch(r"makeit\[\d+\]: 4 ran in (.*), 0 reused in 0\.0 ms; 0\.0 ms saved", first[0][0])
    assert found
    assert seconds(found[1]) >= 0.4
    assert found[1] == first[2][4]  # and not twice that: loading is a part of fitting
    assert [row[:4] for row in first[1:]] == [
        ["function", "ran", "reused", "failed"],
        ["script.fit", "2", "–", "–"],
        ["script.load", "2", "–", "–"],
    ]
    second = ended(run, _SCRIPT + "\n    fit(1)\n    fit(2)\n    load(2)\n    fit(-1)")
    found = re.fullmatch(r"makeit\[\d+\]: 0 ran and 1 failed in .*, 3 reused in .*; (.*) saved", second[0][0])
    assert found
    assert seconds(found[1]) >= 0.6
    assert [row[:4] for row in second[2:]] == [["script.fit", "–", "2", "1"], ["script.load", "–", "1", "–"]]


def test_each_process_tells_of_its_own_calls(run: Run) -> None:
    script = (
        _SCRIPT
        + """
    load(1)
    child = os.fork()
    if not child:
        load(1)
        load(1)
        sys.exit()
    os.waitpid(child, 0)
    silent = os.fork()
    if not silent:
        sys.exit()
    os.waitpid(silent, 0)
    """
    )
    child, parent = ended(run, script)
    assert ": 0 ran in 0.0 ms, 2 reused" in child[0]
    assert ": 1 ran in" in parent[0]


def test_many_functions_take_few_lines(run: Run) -> None:
    script = """
    from makeit import make

    for number in range(30):
        make(func=int, name=f"f{number}")(number)
    """
    lines = ended(run, script)
    assert len(lines) <= 15
    assert lines[-1] == ["and 18 more functions"]


@pytest.mark.parametrize("value", ["", "0", "1"])
def test_nothing_is_said_where_nothing_was_asked_for_or_called(
    run: Run, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("MAKEIT_SUMMARY", value)
    called = "" if value == "1" else "\n    load(1)"
    assert run(_SCRIPT + "\n    load.why(1)" + called, check=False) == ""
