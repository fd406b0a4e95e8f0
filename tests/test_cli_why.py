"""`makeit why`: what would run is said with its reasons and in its order, and nothing of it is run."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.stored_steps import FILTERS, STEPS, answered, forget, make_all, makeit, write

EDITED = FILTERS.replace("x * fwhm", "x + fwhm")


@pytest.fixture(autouse=True)
def stored(project: Path) -> None:
    make_all()


def said(*arguments: str, status: int = 0) -> list[str]:
    return makeit("why", *arguments, status=status).stdout.splitlines()


def test_nothing_changed_is_a_reuse() -> None:
    assert said("smooth (sub-01)") == ["reuse smooth (sub-01): nothing changed"]
    assert said("out/sub-02/smooth.txt") == ["reuse smooth (sub-02): nothing changed"]


def test_what_would_run_before_comes_first_and_what_would_be_reused_is_left_out() -> None:
    write(filters=EDITED)
    lines = said("peak", status=1)
    # Kept results lie in the order of their keys.
    subjects = ("sub-01", "sub-02") if "sub-01" in lines[0] else ("sub-02", "sub-01")
    assert lines == [
        line
        for subject in subjects
        for line in (
            f"run smooth ({subject}): helper scaled changed (filters.py:4)",
            f"run peak: argument values comes from smooth ({subject}), which is to run",
        )
    ]
    assert said("load") == ["reuse load (sub-01): nothing changed", "reuse load (sub-02): nothing changed"]


def test_each_call_is_said_once_whoever_needs_it() -> None:
    write(filters=EDITED)
    lines = said("peak", "smooth", "smooth (sub-01)", status=1)
    assert len(lines) == len(set(lines)) == 4
    answers = [(one["call"], one["asked"]) for one in answered("why", "peak", "out/sub-01/smooth.json", status=1)]
    assert answers[0] == ("smooth (sub-01)", True)
    assert sorted(answers[1:]) == [("peak", True), ("peak", True), ("smooth (sub-02)", False)]


def test_the_answer_is_what_the_function_itself_says(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    """`why` of a made function decides as a call does; the command cannot know better."""
    write(filters=EDITED)
    line = said("smooth (sub-01)", status=1)[0]
    forget()
    monkeypatch.syspath_prepend(str(project))
    steps = importlib.import_module("steps")
    decision = steps.smooth.why("sub-01", steps.load("sub-01", "sub-01.txt"))
    assert str(decision) == line
    forget()


def test_nothing_is_run_and_nothing_is_written() -> None:
    write(steps=STEPS + "\n    open('ran', 'w').close()\n", filters=EDITED)
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}
    records = {path: path.read_bytes() for path in Path(".makeit/records").rglob("*.json")}
    makeit("why", "peak", status=1)
    assert not Path("ran").exists()
    assert {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")} == before
    assert {path: path.read_bytes() for path in Path(".makeit/records").rglob("*.json")} == records


def test_the_difference_of_changed_code_is_shown_when_asked_for() -> None:
    write(filters=EDITED)
    assert said("smooth (sub-01)", "--diff", status=1) == [
        "run smooth (sub-01): helper scaled changed (filters.py:4)",
        "    @@ -1,2 +1,2 @@",
        "     def scaled(x, fwhm):",
        "    -    return x * fwhm * FACTOR",
        "    +    return x + fwhm * FACTOR",
    ]


def test_several_reasons_are_all_said_and_each_difference_under_its_own() -> None:
    write(steps=STEPS.replace("6.0", "8.0"), filters=EDITED)
    Path("out/sub-01/smooth.json").unlink()
    lines = said("smooth (sub-01)", "--diff", status=1)
    for reason in ("smooth.json is missing", "helper scaled changed (filters.py:4)", "default of fwhm 6.0 → 8.0"):
        assert reason in lines[0]
    assert lines[1] == "  helper scaled changed (filters.py:4)"


def test_a_file_that_was_edited_by_hand_is_said_to_be_refused() -> None:
    """Law E3."""
    Path("out/sub-01/smooth.txt").write_text("mine")
    lines = said("smooth (sub-01)", status=1)
    assert lines[0] == "run smooth (sub-01): output out/sub-01/smooth.txt was changed by hand"
    assert "makeit adopt" in lines[1]


def test_a_doubt_is_said_and_is_no_reason_to_run() -> None:
    write(steps="import nowhere\n")
    lines = said("smooth (sub-01)")
    assert lines[0] == "reuse smooth (sub-01): nothing changed"
    assert "No module named 'nowhere'" in lines[1]


def test_references_that_cannot_be_followed_are_listed() -> None:
    """Law D7."""
    write(filters=FILTERS.replace("x * fwhm", "getattr(x, fwhm)() * fwhm"))
    assert any(line.startswith("  not tracked: ") for line in said("smooth (sub-01)", status=1))
    assert answered("why", "smooth (sub-01)", status=1)[0]["untracked"]


def test_a_call_that_is_unknown_is_refused() -> None:
    assert "did you mean" in makeit("why", "smooth (sub-03)", status=2).output
    assert "Missing argument" in makeit("why", status=2).output


def test_the_reasons_are_there_for_programs() -> None:
    write(filters=EDITED)
    answer = answered("why", "smooth (sub-01)", status=1)[0]
    reason = answer["reasons"][0]
    assert (answer["runs"], answer["state"], answer["function"]) == (True, "code changed", "steps.smooth")
    assert (reason["kind"], reason["subject"], reason["line"]) == ("code", "filters.scaled", 4)
    assert "-    return x * fwhm" in reason["diff"]
    assert Path(reason["file"]).samefile("filters.py")
