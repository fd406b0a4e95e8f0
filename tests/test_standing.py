"""How stored calls stand: judged from records and modules, with nothing run and nothing written."""

from __future__ import annotations

import importlib
import os
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from makeit.recipe import latest
from makeit.review.standing import Standing, Standings
from makeit.store.catalogue import Catalogue
from makeit.store.project import Project

STEPS = """
    from pathlib import Path
    from makeit import File, make
    from filters import scaled

    @make(output="json:{subject}/loaded.json")
    def load(subject, raw: File):
        return [float(x) for x in Path(raw).read_text().split()]

    @make(output="json:{subject}/smooth.json")
    def smooth(subject, values, fwhm=6.0):
        return [scaled(x, fwhm) for x in values]

    @make
    def peak(values):
        return max(values)

    def main():
        for subject in ("sub-01", "sub-02"):
            peak(smooth(subject, load(subject, f"{subject}.txt")))

    if __name__ == "__main__":
        main()
"""
FILTERS = """
    FACTOR = 2

    def scaled(x, fwhm):
        return x * fwhm * FACTOR
"""

Write = Callable[..., None]
Judged = dict[str, Standing]


@pytest.fixture
def write(project: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write modules, and forget those that were imported of these names."""
    monkeypatch.syspath_prepend(str(project))
    written: set[str] = set()

    def write_all(**modules: str) -> None:
        for name, source in modules.items():
            (project / f"{name}.py").write_text(textwrap.dedent(source))
        written.update(modules)
        forget(written)

    yield write_all
    forget(written)


def forget(names: set[str]) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] in names:
            del sys.modules[name]
    latest.clear()  # another process would not have them
    importlib.invalidate_caches()


@pytest.fixture
def steps(project: Path, write: Write) -> Write:
    """Run the steps once for two subjects; return how modules are edited."""
    for subject, text in (("sub-01", "1 2 3"), ("sub-02", "4 5 6")):
        (project / f"{subject}.txt").write_text(text)
    write(steps=STEPS, filters=FILTERS)
    importlib.import_module("steps").main()
    write(steps=STEPS, filters=FILTERS)
    return write


def judged(*, code: bool = True) -> Judged:
    forget({"steps", "filters"})
    found = list(Standings(Catalogue(Project.locate(None, None)), code))
    return {
        one.label if one.label != "peak" else f"peak {one.filed.record.arguments['values'].repr}": one for one in found
    }


def states(found: Judged) -> dict[str, str]:
    return {label.replace("sub-", ""): one.state for label, one in found.items()}


PEAK_1, PEAK_2 = "peak [12.0, 24.0, 36.0]", "peak [48.0, 60.0, 72.0]"


@pytest.mark.usefixtures("steps")
def test_what_nothing_changed_about_is_current() -> None:
    found = judged()
    assert set(states(found).values()) == {"current"}
    assert len(found) == 5  # keep=1: one of the two peaks is left
    assert not any(one.doubts for one in found.values())
    assert str(found["smooth (sub-01)"]) == "reuse smooth (sub-01): nothing changed"


def test_D2_D6_an_edited_helper_is_named_and_what_follows_is_upstream(steps: Write) -> None:
    steps(filters=FILTERS.replace("x * fwhm", "fwhm * x"))
    found = judged()
    assert found["load (sub-01)"].state == "current"
    smooth = found["smooth (sub-01)"]
    assert smooth.state == "code changed"
    assert str(smooth) == "run smooth (sub-01): helper scaled changed (filters.py:4)"
    assert "-    return x * fwhm * FACTOR\n+    return fwhm * x * FACTOR" in (smooth.reasons[0].diff or "")
    peak = found[PEAK_2]
    assert peak.state == "upstream changed"
    assert str(peak) == "run peak: argument values comes from smooth (sub-02), which is to run"


def test_D1_a_comment_changes_nothing(steps: Write) -> None:
    steps(
        filters=FILTERS.replace("return", "# a comment\n        return"),
        steps=STEPS.replace("    @make\n", "    @make  # kept\n"),
    )
    assert set(states(judged()).values()) == {"current"}


def test_D4_a_changed_constant_says_old_and_new(steps: Write) -> None:
    steps(filters=FILTERS.replace("FACTOR = 2", "FACTOR = 3"))
    assert str(judged()["smooth (sub-02)"]) == "run smooth (sub-02): constant FACTOR 2 → 3 (filters.py:2)"


def test_D4_a_changed_default_counts_for_calls_that_did_not_give_the_argument(steps: Write, project: Path) -> None:
    importlib.import_module("steps").smooth("sub-03", [1.0], fwhm=6.0)
    steps(steps=STEPS.replace("fwhm=6.0", "fwhm=8.0"))
    found = judged()
    assert str(found["smooth (sub-01)"]) == "run smooth (sub-01): default of fwhm 6.0 → 8.0"
    assert found["smooth (sub-01)"].state == "inputs changed"
    assert found["smooth (sub-03)"].state == "current"


def test_C10_an_edited_input_file_counts_by_content(steps: Write, project: Path) -> None:
    raw = project / "sub-01.txt"
    os.utime(raw, (1, 1))
    assert set(states(judged()).values()) == {"current"}
    raw.write_text("1 2 4")
    found = judged()
    assert str(found["load (sub-01)"]) == "run load (sub-01): file raw changed: sub-01.txt"
    assert found["load (sub-02)"].state == "current"
    assert found["smooth (sub-01)"].state == "upstream changed"
    raw.unlink()
    assert str(judged()["load (sub-01)"]) == "run load (sub-01): file raw is missing: sub-01.txt"


def test_E2_E3_outputs_that_are_gone_or_edited(steps: Write, project: Path) -> None:
    (project / "sub-01/smooth.json").unlink()
    mask = project / "sub-02/loaded.json"
    mask.write_text("[4.0, 5.0, 7.0]")
    for code in (True, False):
        found = judged(code=code)
        assert found["smooth (sub-01)"].state == "missing"
        assert found["load (sub-02)"].state == "foreign"
        assert found["smooth (sub-02)"].state == "upstream changed"
        assert str(found["smooth (sub-02)"]).endswith("comes from load (sub-02), whose file was changed by hand")
        assert found["load (sub-01)"].state == "current"


def test_D11_an_upstream_result_that_came_out_otherwise(steps: Write, project: Path) -> None:
    (project / "sub-02.txt").write_text("4 5 7")
    module = importlib.import_module("steps")
    module.load("sub-02", "sub-02.txt")
    found = judged()
    assert found["load (sub-02)"].state == "current"
    assert (
        str(found["smooth (sub-02)"])
        == "run smooth (sub-02): argument values changed: load (sub-02) gave another result"
    )
    (project / "sub-02.txt").write_text("4 5 6.0")
    forget({"steps", "filters"})
    importlib.import_module("steps").load("sub-02", "sub-02.txt")
    assert states(judged())["smooth (02)"] == "current"


def test_a_function_that_is_gone_leaves_orphans(steps: Write, project: Path) -> None:
    steps(steps=STEPS.replace("def load", "def read").replace("load(subject, f", "read(subject, f"))
    found = judged()
    assert found["load (sub-01)"].state == "orphan"
    assert "steps.py has no steps.load any more" in str(found["load (sub-01)"])
    assert found["smooth (sub-01)"].state == "upstream changed"
    (project / "steps.py").unlink()
    assert set(states(judged()).values()) == {"orphan"}


def test_an_output_that_goes_elsewhere_now(steps: Write) -> None:
    steps(
        steps=STEPS.replace('"json:{subject}/smooth.json"', '"pickle:{subject}/smooth.json"').replace(
            "@make\n", '@make(output="peak.json")\n'
        )
    )
    found = judged()
    assert str(found["smooth (sub-01)"]) == "run smooth (sub-01): output format json → pickle"
    assert "→ peak.json" in str(found[PEAK_2])


def test_a_module_that_cannot_be_loaded_is_no_answer(steps: Write) -> None:
    steps(steps="import nothing_of_this_name\n" + textwrap.dedent(STEPS))
    assert set(states(judged()).values()) == {"current"}  # the functions do not need it
    steps(steps=STEPS.replace("from filters import", "from filtres import"))
    assert states(judged())["smooth (01)"] != "current"
    steps(steps=STEPS.replace("def smooth(", "def smooth(("))
    found = judged()
    assert {one.state for one in found.values()} == {"unknown"}
    assert "SyntaxError" in found["smooth (sub-01)"].doubts[0]


def test_a_script_without_a_guard_is_judged_and_nothing_of_it_runs(run: Callable[..., str], project: Path) -> None:
    script = """
        from __future__ import annotations
        import pathlib
        from makeit import make
        pathlib.Path("log.txt").write_text("started")
        print("noise")
        @make(output="json:{x}.json")
        def double(x: int) -> int:
            pathlib.Path("ran.txt").write_text("ran")
            return FACTOR * x
        FACTOR = 2
        total = sum(double(x) for x in range(3))
        @make
        def later(y):
            return y + total
        pathlib.Path("table.txt").write_text(str(later(total)))
        input("more? ") if total > 100 else None
    """
    run(script)
    for name in ("ran.txt", "log.txt", "table.txt"):
        (project / name).write_text("mine")
    found = list(Standings(Catalogue(Project.locate(None, None))))
    assert {one.state for one in found if one.label.startswith("double")} == {"current"}
    later = next(one for one in found if one.label == "later")
    assert later.state == "current"
    assert later.doubts == ("total has its value only where its module is run as a program",)
    for name in ("ran.txt", "log.txt", "table.txt"):
        assert (project / name).read_text() == "mine"
    del sys.modules["script"]


def test_a_function_made_inside_of_another_is_judged_by_itself(write: Write) -> None:
    source = """
        from makeit import make
        def plain(x):
            return x + 1
        def main():
            def inner(x):
                return x + 2
            make(func=plain, name="kept")(1)
            make(func=inner)(1)
    """
    write(inside=source)
    importlib.import_module("inside").main()
    write(inside=source)
    found = {one.filed.record.function: one for one in Standings(Catalogue(Project.locate(None, None)))}
    assert found["kept"].state == "current"
    assert found["inside.main.<locals>.inner"].state == "unknown"
    write(inside=source.replace("x + 1", "x + 3"))
    found = {one.filed.record.function: one for one in Standings(Catalogue(Project.locate(None, None)))}
    assert found["kept"].state == "code changed"


def test_modules_of_a_package_are_found_from_any_folder(
    project: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = project / "src" / "study"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from makeit import make\n@make\ndef top():\n    return 1\n")
    (package / "steps.py").write_text(
        "from . import top\nfrom makeit import make\n@make\ndef deep():\n    return top()\n"
    )
    monkeypatch.syspath_prepend(str(project / "src"))
    importlib.import_module("study.steps").deep()
    forget({"study"})
    monkeypatch.undo()
    monkeypatch.chdir(package)
    found = {one.label: one for one in Standings(Catalogue(Project.locate(None, None)))}
    forget({"study"})
    assert {label: one.state for label, one in found.items()} == {"top": "current", "deep": "current"}


def test_a_chain_of_a_thousand_is_judged_without_recursion(write: Write) -> None:
    source = """
        from makeit import make
        @make(output="json:step/{i}.json")
        def step(i, before):
            return [i]
        def main():
            value = None
            for i in range(1200):
                value = step(i, value)
    """
    write(chain=source)
    importlib.import_module("chain").main()
    write(chain=source.replace("return [i]", "return [i + 0]"))
    found = {one.label: one for one in Standings(Catalogue(Project.locate(None, None)))}
    assert len(found) == 1200
    assert all(one.state == "code changed" for one in found.values())
    assert "which is to run" in str(found["step (1199)"])


def test_a_forced_call_and_one_with_earlier_results(write: Write, project: Path) -> None:
    source = """
        from makeit import make
        @make(output="json:forced.json", force=True)
        def forced():
            return [1]
        @make(output="json:many.json", keep=3)
        def many(x):
            return [x]
        def main():
            forced(), many(1), many(2)
    """
    write(options=source)
    importlib.import_module("options").main()
    write(options=source.replace("[x]", "[x + 0]"))
    found = {one.label: one for one in Standings(Catalogue(Project.locate(None, None)))}
    assert str(found["forced"]) == "run forced: forced"
    assert found["many"].doubts == ("an earlier result that is right now would be brought back instead of a run",)


EDITS: dict[str, dict[str, tuple[str, str]]] = {
    "nothing": {},
    "a helper": {"filters": ("x * fwhm", "fwhm * 2 * x")},
    "a constant": {"filters": ("FACTOR = 2", "FACTOR = 3")},
    "a comment": {"filters": ("FACTOR = 2", "FACTOR = 2  # as before")},
    "a default": {"steps": ("fwhm=6.0", "fwhm=7.0")},
    "a new parameter": {"steps": ("fwhm=6.0", "fwhm=6.0, order=1")},
    "a format": {"steps": ('"json:{subject}/smooth.json"', '"pickle:{subject}/smooth.json"')},
    "a file name": {"steps": ('"json:{subject}/smooth.json"', '"json:{subject}/wide.json"')},
    "a body": {"steps": ("for x in values]", "for x in reversed(values)]")},
    "a raw file": {"sub-01.txt": ("1 2 3", "1 2 9")},
    "an output that is gone": {"sub-02/loaded.json": ("", "")},
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_stands_to_run_is_what_runs(edit: str, steps: Write, project: Path) -> None:
    for name, (old, new) in EDITS[edit].items():
        sources = {"steps": STEPS, "filters": FILTERS}
        if name in sources:
            assert old in sources[name]
            steps(**{name: sources[name].replace(old, new)})
        elif new:
            (project / name).write_text(new)
        else:
            (project / name).unlink()
    before = {label: one for label, one in judged().items() if one.label != "peak"}
    began = time.time()
    forget({"steps", "filters"})
    importlib.import_module("steps").main()
    records = [filed.record for filed in Catalogue(Project.locate(None, None)).records()]
    ran = {record.label for record in records if record.started >= began and record.label != "peak"}
    # What had to run may give an equal result; then nothing runs that was made from it (D11).
    equal = edit == "an output that is gone"
    assert ran == {
        label for label, one in before.items() if one.runs and not (equal and one.state == "upstream changed")
    }
    assert bool(ran) == (edit not in ("nothing", "a comment"))
