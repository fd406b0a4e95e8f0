"""`makeit status`: what is out of date is said with its reason, what is current is not, and the exit status agrees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.stored_steps import FILTERS, STEPS, answered, make_all, makeit, write


@pytest.fixture(autouse=True)
def stored(project: Path) -> None:
    make_all()


def rows(*arguments: str) -> list[str]:
    """Return the lines of the table, with single blanks."""
    lines = makeit("status", *arguments, status=1).stdout.splitlines()
    return [" ".join(line.split()) for line in lines[3:]]


def test_all_is_current_after_a_run() -> None:
    assert makeit("status").stdout == "6 current\n"
    assert answered("status") == {"states": {"current": 6}, "damaged": [], "calls": []}


def test_calls_that_are_out_of_date_for_one_reason_are_said_together() -> None:
    write(filters=FILTERS.replace("x * fwhm", "x + fwhm"))
    out = makeit("status", status=1).stdout
    assert out.startswith("2 current, 2 code changed, 2 upstream changed\n\n")
    first, second = rows()
    assert first == "code changed smooth: 2 calls helper scaled changed (filters.py:4)"
    # Kept results lie in the order of their keys.
    assert re.sub("sub-0[12]", "sub-0x", second) == (
        "upstream changed peak: 2 calls as in peak: argument values comes from smooth (sub-0x), which is to run"
    )


def test_each_state_and_reason_is_said_of_the_call_that_has_it() -> None:
    write(steps=STEPS.replace("max(values)", "max(values) + 1"))
    Path("sub-02.txt").write_text("7 8 9")
    Path("out/sub-01/loaded.json").unlink()
    Path("out/sub-01/smooth.txt").write_text("mine")
    found = answered("status", status=1)
    assert found["states"] == {
        "code changed": 2, "missing": 1, "foreign": 1, "inputs changed": 1, "upstream changed": 1,
    }  # fmt: skip
    by_call = {call["call"]: call for call in found["calls"]}
    assert by_call["load (sub-01)"]["reasons"] == ["output out/sub-01/loaded.json is missing"]
    assert by_call["load (sub-02)"]["reasons"] == ["file raw changed: sub-02.txt"]
    assert by_call["smooth (sub-01)"]["reasons"][0] == "output out/sub-01/smooth.txt was changed by hand"
    assert by_call["smooth (sub-01)"]["outputs"] == ["out/sub-01/smooth.json", "out/sub-01/smooth.txt"]
    assert [row.partition(" (")[0] for row in rows()][-1] == "upstream changed smooth"
    assert sum(row.startswith("code changed peak") for row in rows()) in (1, 2)


def test_what_cannot_be_told_is_unknown_and_changes_no_exit_status() -> None:
    write(steps="import nowhere\n")
    done = makeit("status")
    assert done.stdout.startswith("6 unknown\n")
    assert "No module named 'nowhere'" in " ".join(done.stdout.split())


def test_only_functions_of_the_modules_that_are_named_count() -> None:
    write(steps=STEPS.replace("max(values)", "max(values) + 1"))
    for module in ("steps", "steps.py", "steps.peak", "."):
        assert "2 code changed" in makeit("status", module, status=1).stdout
    assert makeit("status", "steps.load").stdout == "2 current\n"
    assert "there is something of: steps" in makeit("status", "filters", status=2).output
    assert "steps" not in makeit("status", "step", status=2).output.partition("there is")[0]


def test_a_damaged_record_is_out_of_date_and_named() -> None:
    record = next(Path(".makeit/records/out").rglob("loaded.json.json"))
    record.write_bytes(record.read_bytes()[:-20])
    done = makeit("status", status=1)
    assert "1 damaged" in done.stdout.splitlines()[0]
    assert record.name in done.stdout
    assert record.name in answered("status", status=1)["damaged"][0]


def test_nothing_stored_is_nothing_out_of_date(tmp_path: Path) -> None:
    (tmp_path / "other" / ".makeit").mkdir(parents=True)
    assert makeit("-C", str(tmp_path / "other"), "status").stdout == "nothing is stored\n"
