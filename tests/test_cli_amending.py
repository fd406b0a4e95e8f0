"""`makeit accept`, `adopt`, `undo` and `forget`: as the functions do it (D10, E3), from records alone."""

from __future__ import annotations

import importlib
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from makeit import ForeignFileError, MakeitError
from makeit.cli import main
from makeit.model import Record
from makeit.recipe import latest
from makeit.review.sayings import Sayings
from makeit.store.catalogue import Catalogue
from makeit.store.ledger import Ledger
from makeit.store.project import Project
from makeit.store.runs import RunLog

DEEP = """
    def gaussian(x):
        return str(x)
"""
STEPS = """
    from pathlib import Path
    from makeit import File, Persister, TextFile, make
    import deep

    LEVEL = 3
    runs = []

    class Words(list):
        pass

    class Table(Persister):
        \"""Two files, a note that lasts and one that does not, and an option that changes how they are read.\"""

        lasting = ("unit",)
        told = []

        def __init__(self, filename, separator=","):
            super().__init__(filename)
            self.separator = separator

        def files(self):
            return self.filename, Path(f"{self.filename}.head")

        def save(self, data):
            self.files()[0].write_text(self.separator.join(data))
            self.files()[1].write_text("head")
            return {"unit": "mm", "length": len(data)}

        def load(self):
            return [self.notes["unit"], *self.files()[0].read_text().split(self.separator)][1:]

        def published(self, call, record, lineage):
            self.told.append((call.label, record.change and record.change.kind))

    @make(output="text:{s}.txt")
    def smooth(s, x=1, folder=None):
        runs.append("smooth")
        return f"{deep.gaussian(x)} {LEVEL}"

    @make(output="text:report-{s}.txt")
    def report(text, s):
        runs.append("report")
        return text.upper()

    @make(output=Table("{s}.table", separator=";"))
    def table(s, words=("a", "b")):
        runs.append("table")
        return list(words)

    @make
    def kept(x):
        return x

    @make(output=("text:mixed.txt", None))
    def mixed():
        return "mixed", 1

    @make(output="text:from.txt")
    def reader(raw: File):
        return Path(raw).read_text()
"""


def write(**modules: str) -> None:
    """Write modules, which the next process would read anew."""
    for name, source in modules.items():
        Path(f"{name}.py").write_text(textwrap.dedent(source))
    forget()


def forget() -> None:
    for name in ("steps", "deep"):
        sys.modules.pop(name, None)
    latest.clear()
    importlib.invalidate_caches()


def renew() -> Any:
    """Return the steps as another process has them, which imports them now."""
    forget()
    return importlib.import_module("steps")


@pytest.fixture(autouse=True)
def steps(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(project))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write(deep=DEEP, steps=STEPS)
    yield renew()
    forget()


def makeit(*arguments: str, status: int = 0) -> Result:
    forget()
    done = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done


def record_of(path: str) -> Record:
    catalogue = Catalogue(Project.locate(None, None))
    place = Ledger(catalogue.project).place_of_owner(os.path.abspath(path))
    assert place
    found = catalogue.at(place)
    assert found
    return found.record


def test_D10_accept_makes_the_present_code_that_of_the_result_and_undo_takes_it_back(steps: Any) -> None:
    steps.smooth("a")
    before = record_of("a.txt")
    write(deep="\n" + DEEP.replace("str(x)", "f'{x}'"), steps=STEPS.replace("LEVEL = 3", "LEVEL = 4"))
    printed = makeit("accept", "smooth (a)").stdout
    accepted = record_of("a.txt")
    old, new = (record.code["deep.gaussian"] for record in (before, accepted))
    assert printed.splitlines()[:4] == [
        "accepted smooth (a)",
        "  helper gaussian changed (deep.py:3)",
        f"    {old.fingerprint[:19]} (deep.py:2) → {new.fingerprint[:19]} (deep.py:3)",
        "  constant LEVEL 3 → 4 (steps.py:6)",
    ]
    assert printed.endswith("makeit undo 'smooth (a)' takes it back\n")
    assert accepted.change is not None
    assert evolve(accepted, change=None, code=before.code) == before
    now = renew()
    assert str(now.smooth.why("a")) == "reuse smooth (a): nothing changed"
    assert now.smooth("a") == "1 3"
    printed = makeit("undo", "a.txt").stdout
    assert "accepted" in printed
    assert "now: run smooth (a): helper gaussian changed" in printed
    assert record_of("a.txt") == before
    assert renew().smooth("a") == "1 4"
    happened = [event.outcome for event in RunLog(Project.locate(None, None)).newest()]
    assert happened == ["ran", "undone", "accepted", "ran"]


def test_D10_accepted_as_the_function_itself_accepts_it(steps: Any) -> None:
    steps.smooth("a")
    write(deep=DEEP.replace("str(x)", "f'{x}'"))
    makeit("accept", "a.txt")
    one = record_of("a.txt")
    makeit("undo", "a.txt")
    renew().smooth.accept("a")
    other = record_of("a.txt")
    assert one.change is not None
    assert other.change is not None
    assert evolve(one, change=evolve(one.change, when=0)) == evolve(other, change=evolve(other.change, when=0))


def test_only_changes_of_code_are_accepted_and_the_rest_of_the_targets_is(steps: Any, project: Path) -> None:
    for s in "abc":
        steps.smooth(s)
    write(steps=STEPS.replace("x=1", "x=2"), deep=DEEP.replace("str(x)", "f'{x}'"))
    assert "default of x 1 → 2" in makeit("accept", "smooth", status=1).stderr
    write(steps=STEPS)
    (project / "a.txt").write_text("mine")
    (project / "b.txt").unlink()
    done = makeit("accept", "smooth", status=1)
    assert [line.partition(";")[0] for line in done.stderr.splitlines()] == [
        "refused: the present code of smooth (a) cannot be accepted for its stored result: "
        "output a.txt was changed by hand",
        "refused: the present code of smooth (b) cannot be accepted for its stored result: output b.txt is missing",
    ]
    assert "accepted smooth (c)" in done.stdout
    assert "nothing to accept for smooth (c)" in makeit("accept", "c.txt", status=1).stdout
    assert "nothing to undo" in makeit("undo", "smooth (a)", status=1).stderr
    makeit("accept", "nothing.txt", status=2)
    write(steps="def other(): pass")
    assert "has no steps.smooth any more" in makeit("accept", "c.txt", status=1).stderr


def test_what_cannot_be_told_from_outside_is_not_accepted(project: Path, run: Callable[..., str]) -> None:
    """A constant that only a run of the script gives its value stays recorded as it was."""
    script = """
        from makeit import make
        @make(output="text:x.txt")
        def f(x):
            return str(x + LATE + EARLY)
        EARLY, LATE = 1, None
        @make
        def first():
            return 5
        LATE = first()
        print(f.why(1))
        f(1)
    """
    run(script)
    edited = script.replace("LATE = 1", "LATE = 2").replace("return 5", "return 6")
    (project / "script.py").write_text(textwrap.dedent(edited))
    assert "constant EARLY 1 → 2" in makeit("accept", "x.txt").stdout
    before = record_of("x.txt").change
    assert before is not None
    assert before.before is not None
    late = [name for name in record_of("x.txt").code if name.endswith("LATE")]
    assert record_of("x.txt").code[late[0]] == before.before.code[late[0]]
    assert run(edited).startswith("run f: constant LATE 5 → 6")


def test_a_result_that_was_replaced_since_it_was_looked_at_is_not_accepted(steps: Any) -> None:
    steps.smooth("a")
    catalogue = Catalogue(Project.locate(None, None))
    before = next(catalogue.records())
    steps.smooth.rerun("a")
    write(deep=DEEP.replace("str(x)", "f'{x}'"))
    with pytest.raises(MakeitError, match="replaced meanwhile"):
        Sayings(catalogue).accept(before)
    assert record_of("a.txt").change is None


def test_E3_adopt_takes_an_edited_file_as_the_function_itself_would(steps: Any, project: Path) -> None:
    for word in ("smooth", "table"):
        getattr(steps, word)("a")
    write(deep=DEEP.replace("str(x)", "f'{x}'"))
    for path, content, adopt in (
        ("a.txt", "edited", lambda: renew().smooth.adopt("a")),
        ("a.table", "edited;by;hand", lambda: renew().table.adopt("a")),
    ):
        (project / path).write_text(content)
        printed = makeit("adopt", path).stdout
        one = record_of(path)
        assert one.change is not None
        assert one.change.before is not None
        old, new = one.change.before.outputs[0].files[0].digest, one.outputs[0].files[0].digest
        assert f"  {path}: {old} (" in printed
        assert f"→ {new} ({len(content)} B)" in printed
        makeit("undo", path)
        adopt()
        other = record_of(path)
        assert one.outputs == other.outputs
        assert (one.code, one.arguments, one.call, one.seconds) == (
            other.code, other.arguments, other.call, other.seconds
        )  # fmt: skip
    assert one.outputs[0].notes == {"unit": "mm"}


def test_E3_an_adopted_file_is_given_back_and_never_overwritten(steps: Any, project: Path) -> None:
    steps.report(steps.smooth("a"), "a")
    (project / "a.txt").write_text("edited")
    (project / "report-a.txt").write_text("mine")
    assert makeit("adopt", "a.txt", "report-a.txt").stdout.count("adopted ") == 2
    now = renew()
    assert now.smooth("a") == "edited"
    assert now.report("1 3", "a") == "mine"
    assert now.runs == []
    with pytest.raises(ForeignFileError, match="adopted"):
        now.smooth("a", 2)
    assert "nothing to adopt" in makeit("adopt", "a.txt", status=1).stdout
    makeit("undo", "a.txt")
    with pytest.raises(ForeignFileError, match="changed after"):
        renew().smooth("a")


def test_what_cannot_be_adopted_is_refused_with_the_way_on(steps: Any, project: Path) -> None:
    steps.smooth("a"), steps.table("a"), steps.mixed()
    (project / "raw.txt").write_text("raw")
    steps.reader("raw.txt")
    mine = project / "mine.txt"
    for path in (mine, project / "mixed.txt", project / "from.txt", project / "a.table"):
        path.write_text("mine")
    (project / "raw.txt").write_text("other")
    (project / "a.table.head").unlink()
    for path, message in (
        ("mine.txt", "makeit never made mine.txt"),
        ("mixed.txt", "without a file name of their own"),
        ("from.txt", "file raw changed: raw.txt"),
        ("a.table", "a.table.head is not adopted: it is missing"),
    ):
        assert message in makeit("adopt", path, status=1).stderr
    (project / "a.txt").unlink()
    (project / "a.txt").mkdir()
    assert "of another kind" in makeit("adopt", "a.txt", status=1).stderr
    makeit("adopt", "nowhere.txt", status=2)
    (project / "a.txt").rmdir()
    (project / "a.txt").write_bytes(b"\xff\xfe\xff")
    assert "cannot be loaded" in makeit("adopt", "a.txt", status=1).stderr


def test_adopt_needs_no_function_where_a_spec_says_how_the_file_is_read(steps: Any, project: Path) -> None:
    steps.smooth("a"), steps.table("a")
    (project / "a.txt").write_text("edited")
    (project / "a.table").write_text("ed;it")
    write(steps="broken(")
    makeit("adopt", "a.txt")
    assert "options that its record alone does not give back" in makeit("adopt", "a.table", status=1).stderr
    write(steps=STEPS.replace('separator=";"', 'separator=","'))
    assert "options that its record alone does not give back" in makeit("adopt", "a.table", status=1).stderr
    write(steps=STEPS)
    assert renew().smooth("a") == "edited"


def test_formats_are_told_where_the_call_is_known_and_else_at_its_next_call(steps: Any, project: Path) -> None:
    steps.table("a"), steps.table("b", ["x" * 1000])
    for s in "ab":
        (project / f"{s}.table").write_text("edited")
    makeit("adopt", "a.table")
    assert sys.modules["steps"].Table.told == [("table (a)", "adopt")]
    assert "at the next call" in makeit("adopt", "b.table").stdout
    assert sys.modules["steps"].Table.told == []
    now = renew()
    now.table("b", ["x" * 1000])
    assert now.Table.told == [("table (b)", "adopt")]
    now.table("c", now.Words(["a", "b"]))
    (project / "c.table").write_text("edited")
    # It looks like a list, and was none.
    assert "at the next call" in makeit("adopt", "c.table").stdout
    makeit("undo", "a.table")
    assert sys.modules["steps"].Table.told == [("table (a)", None)]


def test_forget_removes_records_and_kept_results_and_named_files_stay(steps: Any, project: Path) -> None:
    steps.smooth("a"), steps.smooth("b"), steps.kept(1)
    assert "there is no terminal" in makeit("forget", "smooth", status=1).output
    printed = makeit("forget", "smooth (a)", "kept", "--yes").stdout
    assert printed.splitlines() == ["forgot kept", "forgot smooth (a); a.txt stays"]
    assert (project / "a.txt").read_text() == "1 3"
    assert not [path for path in (project / ".makeit/results").rglob("*") if path.is_file()]
    now = renew()
    assert now.smooth.record("a") is None
    now.smooth("a"), now.smooth("b")  # what makeit wrote may be written over
    assert now.runs == ["smooth"]
    (project / "a.txt").write_text("mine")
    makeit("forget", "a.txt", "--yes")
    with pytest.raises(ForeignFileError):
        renew().smooth("a")
    assert [event.outcome for event in RunLog(Project.locate(None, None)).newest()][:3] == [
        "forgotten", "ran", "forgotten"
    ]  # fmt: skip
