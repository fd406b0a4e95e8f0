"""Small results that a process finds at once because another one noted them, and never once anything changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import Maker, TextFile, hookimpl, make
from makeit.heritage import _keep_all
from makeit.made import MadeFunction
from makeit.model import UNKNOWN
from makeit.store.reuses import Noted, Reuses

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]

# Notes are written down once files have been at rest for this long.
_AT_REST_S = 0.03
CONSTANT = 10


def function(x: Any, y: Any = 1) -> Any:
    print("ran")
    return {"sum": CONSTANT, "text": repr((x, y)), "parts": (1, 2.0, None, b"x")}


def another(x: Any, y: Any = 1) -> Any:
    print("ran")
    return {"another": repr((x, y))}


def recalls(made: MadeFunction[..., Any], *args: Any) -> bool:
    return made._recipe.ground.recollection.recall(args, {}) is not UNKNOWN


def written_down() -> None:
    time.sleep(_AT_REST_S)
    _keep_all()


def inherited(made: MadeFunction[..., Any], *args: Any, **options: Any) -> MadeFunction[..., Any]:
    """Return the same function as another process makes it, which has read nothing but what was written down."""
    made(*args)
    written_down()
    again = make(func=made.__wrapped__, **options)
    assert recalls(again, *args), "nothing is inherited, so that what follows would test nothing"
    return make(func=made.__wrapped__, **options)


def ran(capsys: Printed, call: Callable[[], Any], expected: Any) -> bool:
    capsys.readouterr()
    assert call() == expected
    return bool(capsys.readouterr().out)


OPTIONS: list[dict[str, Any]] = [
    {},
    {"output": "pickle:a.pkl"},
    {"output": "pickle:{x}.pkl"},
    {"keep": None, "version": 3},
    {"guard": "trust"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
def test_A1_another_process_is_given_equal_results_and_may_change_them(options: Any, capsys: Printed) -> None:
    again = inherited(make(func=function, **options), 1, **options)
    first = again(1)
    first["sum"] = "changed"
    assert not ran(capsys, lambda: again(1), function(1))
    assert [type(part) for part in again(1)["parts"]] == [int, float, type(None), bytes]


def test_B1_the_result_of_the_run_may_be_changed_before_it_is_noted_for_others(capsys: Printed) -> None:
    made = make(func=function)
    made(1)["sum"] = "changed"
    written_down()
    again = make(func=function)
    assert recalls(again, 1)
    assert not ran(capsys, lambda: again(1), function(1))


def test_a_result_that_is_not_at_rest_yet_is_neither_inherited_nor_written_down(project: Path) -> None:
    made = make(func=function, output="pickle:a.pkl")
    made(1)
    soon = time.time_ns() + 3_600_000_000_000
    os.utime("a.pkl", ns=(soon, soon))
    heritage = made._recipe.ground.recollection._heritage
    ((key, note),) = heritage.notes().items()
    now = os.stat("a.pkl")
    stamp = now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino
    heritage.notes()[key] = Noted(*note)._replace(file=stamp)
    assert not recalls(made, 1)
    written_down()
    assert not Reuses(*_of(made)).read()


def test_A1_in_processes_of_their_own(run: Run, project: Path) -> None:
    script = """
        import sys, time
        from makeit import make
        from makeit.model import UNKNOWN

        @make
        def step(found):
            print("ran")
            return {"mean": found["mean"] + 1}

        @make
        def first(x):
            print("ran")
            return {"mean": float(x)}

        for _ in range(2):
            found = step(first(1))
        inherits = first._recipe.ground.recollection.recall((1,), {}) is not UNKNOWN
        print(found, inherits if "again" in sys.argv else "")
        time.sleep(0.03)
    """
    assert run(script) == "ran\nran\n{'mean': 2.0} \n"
    assert run(script, "again") == "{'mean': 2.0} True\n"
    record = next((project / ".makeit/records").rglob("*step/*.json"))
    assert "call" in record.read_text().partition('"origins"')[2][:80]  # lineage was not lost


def test_C2_types_count_in_what_is_noted(capsys: Printed) -> None:
    made = make(func=function, keep=None)
    values = [1, 1.0, True, "1", 0.0, -0.0, (1,), [1], {"a": 1}, {"a": 1.0}]
    for value in values:
        made(value)
    written_down()
    again = make(func=function, keep=None)
    for value in values:
        assert recalls(again, value)
        assert again(value) == function(value)


EDITS: dict[str, Callable[[Path, Path], object]] = {
    "output removed": lambda output, record: output.unlink(),
    "record removed": lambda output, record: record.unlink(),
    "output rewritten": lambda output, record: _rewrite(output),
    "record rewritten": lambda output, record: _rewrite(record),
}


def _rewrite(path: Path) -> None:
    """Write other bytes of the same number, and set the old time: only the ctime tells."""
    before = path.stat()
    path.write_bytes(b"#" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_E2_changed_files_are_noticed_by_who_inherits(edit: Any, project: Path, capsys: Printed) -> None:
    again = inherited(make(func=function), 1)
    (output,), (record,) = (list((project / ".makeit").rglob(name)) for name in ("*.pkl", "results/*/*.json"))
    edit(output, record)
    assert ran(capsys, lambda: again(1), function(1))


@pytest.mark.filterwarnings("ignore::makeit.CacheWarning")
def test_D4_other_code_inherits_nothing(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    again = inherited(make(func=function), 1)
    monkeypatch.setitem(globals(), "CONSTANT", 11)
    assert ran(capsys, lambda: again(1), function(1))
    assert ran(capsys, lambda: make(func=another, name=f"{__name__}.function")(1), another(1))


def _renamed(b: Any, a: Any = 1) -> Any:
    print("ran")
    return {"renamed": (b, a)}


@pytest.mark.parametrize(
    "other",
    [
        {"output": "pickle:b.pkl"},
        {"output": "pickle:{x}.pkl"},
        {"output": ("pickle:a.pkl", None)},
        {"output": None},
        {"ignore": "y"},
        {"root": "sub"},
    ],
    ids=repr,
)
def test_other_options_inherit_nothing(other: dict[str, Any], project: Path) -> None:
    given = {"output": "pickle:a.pkl", "version": 1}
    inherited(make(func=function, **given), 1, **given)
    root = other.pop("root", ".")
    maker = Maker(root=project / root, cachedir=project / ".makeit")
    assert not recalls(maker(func=function, **{**given, **other}), 1)
    assert recalls(maker(func=function, **given), 1) is (root == ".")


def test_arguments_of_other_names_inherit_nothing() -> None:
    """A version stands for the code, so that nothing else says which argument is which."""
    inherited(make(func=function, version=1), 1, 2, version=1)
    assert not recalls(make(func=_renamed, version=1, name=f"{__name__}.function"), 1, 2)


@pytest.mark.filterwarnings("ignore::makeit.CacheWarning")
def test_A3_what_a_later_run_replaced_is_not_inherited(capsys: Printed) -> None:
    made = make(func=function, output="pickle:a.pkl")
    for x in (1, 2):
        made(x)
        written_down()
    again = make(func=function, output="pickle:a.pkl")
    assert recalls(again, 2)
    assert ran(capsys, lambda: again(1), function(1))


def test_a_result_that_was_replaced_before_it_was_written_down_is_left_out(project: Path) -> None:
    made = make(func=function)
    for x in range(50):
        made(x)
    written_down()
    assert len(Reuses(*_of(made)).read()) == 1


def _of(made: MadeFunction[..., Any]) -> tuple[Any, str, str]:
    ground = made._recipe.ground
    return ground.bench.project, os.path.basename(ground.targets.folder), ground.context


def test_C8_an_argument_that_the_function_changes_is_noted_as_it_was_before(capsys: Printed) -> None:
    def grow(items: list[int]) -> int:
        print("ran")
        items.append(1)
        return len(items)

    made = make(func=grow, keep=None)
    with pytest.warns(match="changed its argument"):
        made([1])
    written_down()
    again = make(func=grow, keep=None)
    assert not recalls(again, [1, 1])
    assert ran(capsys, lambda: again([1, 1]), 3)


class Asked(TextFile):
    """A format of somebody's own that is asked before each reuse."""

    def outdated(self, call: Any, lineage: Any) -> str | None:
        """Never be up to date."""
        return "never"


def test_a_format_that_is_asked_before_each_reuse_leaves_nothing(capsys: Printed) -> None:
    made = make(func=repr, output=Asked("a.txt"))
    made(1)
    written_down()
    assert not recalls(make(func=repr, output=Asked("a.txt")), 1)


@pytest.mark.parametrize("output", [("pickle:a.pkl", "pickle:b.pkl"), ("pickle:a.pkl", 2), {"a": None}, None], ids=repr)
def test_large_results_and_those_of_several_parts_leave_nothing(output: Any) -> None:
    def several() -> Any:
        return {"a": 1} if isinstance(output, dict) else (1 if output else "x" * 100_000, 2)

    made = make(func=several, output=output)
    made()
    written_down()
    assert not recalls(make(func=several, output=output))


def test_another_makeit_inherits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    again = inherited(make(func=function), 1)
    monkeypatch.setattr("makeit.ground.__version__", "0.0")
    assert not recalls(again, 1)


class Key:
    """A plugin that adds a fact to each call."""

    @hookimpl
    def makeit_key_parts(self, call: Any) -> dict[str, int]:
        """Give the fact."""
        return {"fact": 1}


def test_what_was_made_under_the_rule_of_a_plugin_leaves_nothing(capsys: Printed) -> None:
    Maker(plugins=[Key()])(func=function)(1)
    written_down()
    assert ran(capsys, lambda: make(func=function)(1), function(1))


# The journal that they are written down in


def noted(number: int) -> tuple[Any, ...]:
    return (b"%d" % number, "code", "place", (1, 2, 3, 4), "path", (1, 2, 3, 4), "anchor", "call", None, {"a": number})


@pytest.fixture
def reuses(project: Path) -> Callable[[str], Reuses]:
    class Where:
        """A project."""

        cachedir = str(project / ".makeit")

    (project / ".makeit").mkdir()
    return lambda context: Reuses(Where(), "f", context)  # type: ignore[arg-type]


def test_notes_of_another_context_are_left_out(reuses: Callable[[str], Reuses]) -> None:
    for number in range(3):
        reuses("context").append([noted(number)], [])
    reuses("another").append([noted(3)], [])
    assert reuses("context").read() == {b"%d" % number: noted(number) for number in range(3)}


def test_a_journal_with_much_that_was_replaced_is_written_anew(reuses: Callable[[str], Reuses], project: Path) -> None:
    for number in range(1100):
        reuses("context").append([noted(0), noted(number)], [])
    (file,) = (project / ".makeit" / "reuses").iterdir()
    size, again = file.stat().st_size, reuses("context")
    known = again.read()
    assert len(known) == 1100
    again.append([noted(0)], known.values())
    assert file.stat().st_size < size / 2
    assert reuses("context").read() == known


def test_what_a_format_of_somebodys_own_gives_is_asked_of_it_in_each_process(project: Path) -> None:
    class Lines(TextFile):
        faithful = False

        def load(self) -> Any:
            return super().load().splitlines()

    class Words(TextFile):
        faithful = False

        def load(self) -> Any:
            return super().load().split()

    Words.__name__, Words.__qualname__ = Lines.__name__, Lines.__qualname__  # edited between two processes

    def text() -> str:
        return "a b\nc"

    for _ in range(2):
        assert make(func=text, output=Lines("lines.txt"))() == ["a b", "c"]
        written_down()
    assert make(func=text, output=Words("lines.txt"))() == ["a", "b", "c"]


def test_A4_a_function_that_was_only_recalled_is_named_to_who_replaces_its_result() -> None:
    again = inherited(make(func=function, name="f"), 1, name="f")
    assert recalls(again, 1)  # it has looked up nothing so far
    with pytest.warns(match="two functions are named 'f'"):
        make(func=another, name="f")(1)
