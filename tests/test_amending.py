"""D10 accept, E3 adopt, and undo of both: what a person says about a result is recorded and can be taken back."""

from __future__ import annotations

import getpass
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from makeit import ForeignFileError, MakeitError, make

Run = Callable[..., str]
Printed = pytest.CaptureFixture[str]

SCRIPT = """
    import sys
    from makeit import make
    import deep

    @make(output="text:{s}.txt")
    def smooth(s, x=1):
        print("run")
        return deep.gaussian(x)

    for step in sys.argv[1:]:
        if step == "call":
            print("value", smooth("a"))
        else:
            print(getattr(smooth, step)("a"))
    record = smooth.record("a")
    print("change", record and record.change and record.change.kind)
"""


def same(x: int) -> int:
    return x


@pytest.fixture
def steps(project: Path, run: Run) -> Callable[..., list[str]]:
    """Run steps of the script in a process of its own, after writing the helper."""

    def go(body: str, *names: str) -> list[str]:
        (project / "deep.py").write_text(f"def gaussian(x):\n    return {body}\n")
        time.sleep(0.02)
        return run(textwrap.dedent(SCRIPT), *names).splitlines()

    return go


def test_D10_accept_blesses_present_code_and_undo_takes_it_back(steps: Callable[..., list[str]]) -> None:
    assert steps("str(x)", "call") == ["run", "value 1", "change None"]
    assert steps("f'{x}'", "why")[0] == "run smooth (a): helper gaussian changed (deep.py:1)"
    assert steps("f'{x}'", "accept", "call") == ["reuse smooth (a): nothing changed", "value 1", "change accept"]
    assert steps("f'{x}'", "call")[0] == "value 1"
    assert steps("f'{x}'", "undo")[0] == "run smooth (a): helper gaussian changed (deep.py:1)"
    assert steps("str(x)", "call") == ["value 1", "change None"]


def test_D10_accepted_code_that_changes_again_runs(steps: Callable[..., list[str]]) -> None:
    steps("str(x)", "call")
    steps("f'{x}'", "accept")
    assert steps("str(x + 1)", "call")[:2] == ["run", "value 2"]


def test_D10_the_record_says_who_when_old_and_new(project: Path) -> None:
    made = make(same, name="f", output="json:f.json", version="1")
    made(1)
    again = make(same, name="f", output="json:f.json", version="2")
    assert again.accept(1).reuse
    record = again.record(1)
    assert record is not None
    assert record.change is not None
    assert record.change.before is not None
    assert (record.change.kind, record.change.who) == ("accept", getpass.getuser())
    assert abs(record.change.when - time.time()) < 60
    assert record.change.before.code["version"].repr == "'1'"
    assert record.code["version"].repr == "'2'"


def test_accept_refuses_when_more_than_code_differs(project: Path) -> None:
    made = make(same, name="f", output="json:f.json", version="1")
    with pytest.raises(MakeitError, match="cannot be accepted"):
        made.accept(1)
    made(1)
    with pytest.raises(MakeitError, match="argument x 1 → 2"):
        make(same, name="f", output="json:f.json", version="2").accept(2)


def test_E3_adopt_takes_an_edited_file_for_the_result_and_protects_it(project: Path, capsys: Printed) -> None:
    @make(output="text:mask.txt")
    def mask(x: int) -> str:
        print("mask")
        return f"computed {x}"

    @make(output="text:report.txt")
    def report(mask: str) -> str:
        print("report")
        return mask.upper()

    report(mask(1))
    (project / "mask.txt").write_text("edited by hand")
    with pytest.raises(ForeignFileError, match=r"\.adopt"):
        mask(1)
    assert mask.adopt(1).reuse
    assert report(mask(1)) == "EDITED BY HAND"
    assert capsys.readouterr().out.splitlines() == ["mask", "report", "report"]
    # A person's work stays a person's: another argument does not overwrite it either.
    with pytest.raises(ForeignFileError, match="adopted"):
        mask(2)
    assert (project / "mask.txt").read_text() == "edited by hand"


def test_E3_undo_of_an_adoption_makes_the_file_foreign_again(project: Path) -> None:
    made = make(lambda x: str(x), name="f", output="text:f.txt")
    made(1)
    (project / "f.txt").write_text("mine")
    made.adopt(1)
    decision = made.undo(1)
    assert [reason.kind for reason in decision.reasons] == ["foreign"]
    with pytest.raises(ForeignFileError):
        made(1)
    (project / "f.txt").write_text("1")
    assert made(1) == "1"


def test_a_file_that_makeit_never_wrote_is_adopted_and_given_back_by_undo(project: Path) -> None:
    made = make(lambda x: str(x), name="f", output="text:f.txt")
    (project / "f.txt").write_text("mine")
    made.adopt(1)
    assert made(1) == "mine"
    made.undo(1)
    assert made.record(1) is None
    with pytest.raises(ForeignFileError, match="not written by makeit"):
        made(1)


def test_there_is_nothing_to_adopt_or_to_undo(project: Path) -> None:
    made = make(lambda x: str(x), name="f", output="text:f.txt")
    with pytest.raises(MakeitError, match="nothing to adopt"):
        made.adopt(1)
    made(1)
    with pytest.raises(MakeitError, match="nothing to adopt"):
        made.adopt(1)
    with pytest.raises(MakeitError, match="nothing to undo"):
        made.undo(1)
