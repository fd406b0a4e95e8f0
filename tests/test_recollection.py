"""Reuses that a process remembers: told by a look at files and code, and never once anything of them changed."""

from __future__ import annotations

import gc
import logging
import os
import random
import time
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import pytest

from makeit import CacheWarning, File, ForeignFileError, Maker, TextFile, hookimpl, make
from makeit.lineage import Lineage
from makeit.made import MadeFunction
from makeit.model import UNKNOWN, Call, Outcome

Printed = pytest.CaptureFixture[str]

# Files are taken at their stamp once they have been at rest for this long.
_AT_REST_S = 0.03

CONSTANT: Any = 10
TABLE = {"offset": 10}


def helper(x: Any) -> Any:
    return x + CONSTANT + TABLE["offset"]


def other_helper(x: Any) -> Any:
    return x + CONSTANT + TABLE["offset"] + 1000


def function(x: Any, y: Any = 1, *, z: Any = 2) -> Any:
    print("ran")
    return {"sum": helper(x) + y + z, "kind": type(x).__name__, "text": repr(x)}


def echo(x: Any) -> Any:
    print("ran")
    return repr(x)


def content(path: File) -> str:
    print("ran")
    return Path(path).read_text()


def recalls(made: MadeFunction[..., Any], *args: Any) -> bool:
    return made._recipe.ground.recollection.recall(args, {}) is not UNKNOWN


def remembered(made: MadeFunction[..., Any], *args: Any) -> Any:
    """Call until the next equal call is told by what is remembered; return what it gave."""
    made(*args)
    time.sleep(_AT_REST_S)
    found = made(*args)
    assert recalls(made, *args), "the shortcut is not taken, so that what follows would test nothing"
    return found


def ran(capsys: Printed, call: Callable[[], Any], expected: Any) -> bool:
    capsys.readouterr()
    assert call() == expected
    return bool(capsys.readouterr().out)


@pytest.mark.parametrize("output", [None, "json:a.json", "pickle:a.pkl"])
def test_A1_what_is_remembered_is_given_again_and_stays_what_it_is(output: str | None, capsys: Printed) -> None:
    made = make(func=function, output=output)
    first = remembered(made, 1)
    first["sum"] = "changed by the caller"
    made(1)["kind"] = "changed, too"
    assert not ran(capsys, lambda: made(1), function(1))


VALUES = [
    *(1, 1.0, True, "1", b"1", 0.0, -0.0, 0, False, None, "", 1 + 0j, float("nan"), 1 << 80),
    *((), (1,), (1.0,), (True,)),
]


def test_C2_types_and_signs_count_in_what_is_remembered(capsys: Printed) -> None:
    made = make(func=echo, keep=None)
    for value in VALUES:
        made(value)
    time.sleep(_AT_REST_S)
    for value in (*VALUES, *reversed(VALUES)):
        assert not ran(capsys, partial(made, value), repr(value))
        assert recalls(made, value)


@pytest.mark.parametrize("value", [{1}, bytearray(b"x"), [{1}], {(1,): 2}, list(range(1000))], ids=repr)
def test_B1_what_cannot_be_told_at_a_glance_is_read_at_each_call(value: Any) -> None:
    made = make(func=echo)
    made(value)
    time.sleep(_AT_REST_S)
    made(value)
    assert not recalls(made, value)


def test_B1_lists_and_dicts_that_change_in_place_are_noticed(capsys: Printed) -> None:
    made = make(func=echo, keep=None)
    value: Any = [1, {"a": [2.0, None]}]
    remembered(made, value)
    for change in (1, 1.0, True):
        value[1]["a"][0] = change
        assert ran(capsys, lambda: made(value), repr(value))
        time.sleep(_AT_REST_S)
        assert not ran(capsys, lambda: made(value), repr(value))
    cycle: list[Any] = [1]
    cycle.append(cycle)
    assert not recalls(made, cycle)


def test_B1_a_list_that_another_thread_changes_is_not_taken_for_what_it_was_before() -> None:
    """Between its fingerprint and its key: here in the middle of loading the result."""

    class Slow(TextFile):
        """A format whose loading takes as long as somebody else needs to change an argument."""

        def load(self) -> str:
            """Read the text."""
            given.append(2)
            return super().load()

    given = [1]
    made = make(func=echo, output=Slow("a.txt"))
    made(given)
    time.sleep(_AT_REST_S)
    del given[1:]
    assert made(given) == "[1]"
    assert given == [1, 2]
    assert made(given) == "[1, 2]"


def _set_global(name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setitem(globals(), name, value)


CODE: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a global is rebound": _set_global("CONSTANT", 11),
    "of an equal value but another type": _set_global("CONSTANT", 10.0),
    "a helper is replaced": _set_global("helper", other_helper),
    "a mapping that code refers to changes in place": lambda patch: patch.setitem(TABLE, "offset", 11),
    "a helper is given other code": lambda patch: patch.setattr(helper, "__code__", other_helper.__code__),
    "the function is given another default": lambda patch: patch.setattr(function, "__defaults__", (5,)),
    "a default by keyword changes": lambda patch: patch.setitem(function.__kwdefaults__, "z", 6),
}


@pytest.mark.parametrize("change", CODE.values(), ids=CODE)
def test_D2_D4_D9_changed_code_is_noticed_where_a_reuse_is_remembered(
    change: Callable[[pytest.MonkeyPatch], None], capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(func=function)
    remembered(made, 1)
    with monkeypatch.context() as patch:
        change(patch)
        assert ran(capsys, lambda: made(1), function(1))


def test_D4_a_closure_that_changes_is_noticed(capsys: Printed) -> None:
    offset = 1

    def closure(x: int) -> int:
        print("ran")
        return x + offset

    made = make(func=closure)
    assert remembered(made, 1) == 2
    offset = 2
    assert ran(capsys, lambda: made(1), 3)


def test_D2_a_file_that_code_depends_on_is_noticed(project: Path, capsys: Printed) -> None:
    (project / "table.txt").write_text("one")
    made = make(func=echo, depends="table.txt")
    time.sleep(0.15)  # what is read of the file is remembered later than others
    remembered(made, 1)
    (project / "table.txt").write_text("two")
    assert ran(capsys, lambda: made(1), "1")


def test_the_option_version_stands_for_the_code_in_what_is_remembered(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(func=function, version="1")
    expected = remembered(made, 1)
    monkeypatch.setitem(globals(), "CONSTANT", 11)
    assert not ran(capsys, lambda: made(1), expected)


def _rewrite_in_place(path: Path) -> None:
    """Write other bytes of the same number, and set the old time: only the ctime tells."""
    before = path.stat()
    path.write_bytes(b"#" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace(path: Path) -> None:
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"#" * before.st_size)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("edit", [_rewrite_in_place, _replace])
def test_E3_an_output_changed_by_hand_is_noticed_whatever_its_time_says(
    edit: Callable[[Path], None], project: Path, capsys: Printed
) -> None:
    named, kept = make(func=echo, output="text:a.txt", name="named"), make(func=echo, name="kept")
    assert remembered(named, "x") == remembered(kept, "x") == "'x'"
    (file,) = (project / ".makeit" / "results").rglob("*.json")
    edit(project / "a.txt")
    edit(file)
    with pytest.raises(ForeignFileError):
        named("x")
    assert ran(capsys, lambda: kept("x"), "'x'")


def test_E2_an_output_that_was_deleted_runs_and_one_touched_is_reused(project: Path, capsys: Printed) -> None:
    made = make(func=echo, output="text:a.txt")
    remembered(made, 1)
    os.utime(project / "a.txt")
    assert not ran(capsys, lambda: made(1), "1")
    time.sleep(_AT_REST_S)
    remembered(made, 1)
    (project / "a.txt").unlink()
    assert ran(capsys, lambda: made(1), "1")


def test_a_result_that_is_not_at_rest_yet_is_not_remembered(project: Path) -> None:
    """Within one tick of the clock a file can change and keep its stamp."""
    made = make(func=echo, output="text:a.txt")
    made(1)
    time.sleep(_AT_REST_S)
    soon = time.time_ns() + 3_600_000_000_000
    os.utime(project / "a.txt", ns=(soon, soon))
    made(1)
    made(1)
    assert not recalls(made, 1)


def test_A3_a_record_written_by_another_process_is_noticed(capsys: Printed) -> None:
    made = make(func=echo, output="text:a.txt")
    remembered(made, 1)
    child = os.fork()
    if not child:
        made(2)
        os._exit(0)
    os.waitpid(child, 0)
    assert ran(capsys, lambda: made(1), "1")


def test_E13_a_forked_child_recalls_and_notices_too(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(func=function)
    expected = remembered(made, 1)
    child = os.fork()
    if not child:
        right = recalls(made, 1) and made(1) == expected
        monkeypatch.setitem(globals(), "CONSTANT", 11)
        os._exit(0 if right and made(1) == {**expected, "sum": expected["sum"] + 1} else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert ran(capsys, lambda: made(1), expected)  # the child replaced what was stored


def test_forget_and_undo_are_noticed(capsys: Printed) -> None:
    made = make(func=echo)
    remembered(made, 1)
    made.forget(1)
    assert ran(capsys, lambda: made(1), "1")


def test_D10_what_was_accepted_and_taken_back_is_noticed(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(func=function)
    before = remembered(made, 1)
    monkeypatch.setitem(globals(), "CONSTANT", 11)
    made.accept(1)
    assert remembered(made, 1) == before
    made.undo(1)
    assert ran(capsys, lambda: made(1), function(1))


@pytest.mark.filterwarnings("ignore::makeit.CacheWarning")
def test_A4_two_functions_under_one_name_never_give_each_others_results(capsys: Printed) -> None:
    made, double = make(func=echo, name="f"), make(func=function, name="f")
    assert remembered(made, 1) == "1"
    assert ran(capsys, lambda: double(1), function(1))
    assert ran(capsys, lambda: made(1), "1")


def test_force_and_rerun_take_no_shortcut(capsys: Printed) -> None:
    made, forced = make(func=echo, name="f"), make(func=echo, name="f", force=True)
    remembered(made, 1)
    assert ran(capsys, lambda: made.rerun(1), "1")
    assert ran(capsys, lambda: forced(1), "1")


def test_C10_files_that_arguments_name_are_looked_at(project: Path, capsys: Printed) -> None:
    made, by_path = make(func=content, name="by_name"), make(func=echo, name="by_path", keep=None)
    file = project / "a.txt"
    file.write_text("one")
    for call in (lambda: made(str(file)), lambda: by_path(file)):
        call()
        time.sleep(_AT_REST_S)
        call()
    file.write_text("two")
    assert ran(capsys, lambda: made(str(file)), "two")
    assert ran(capsys, lambda: by_path(file), repr(file))


class Observer:
    """A plugin that is told of calls and has a say in them."""

    def __init__(self) -> None:
        self.told: list[bool] = []

    @hookimpl
    def makeit_call_finished(self, call: Call, outcome: Outcome) -> None:
        """Note a call."""
        self.told.append(outcome.reused)


class Key:
    """A plugin that adds a fact to each call."""

    fact = 1

    @hookimpl
    def makeit_key_parts(self, call: Call) -> dict[str, int]:
        """Give the fact."""
        return {"fact": self.fact}


class Silent:
    """A plugin that has nothing to do with reuses."""

    @hookimpl
    def makeit_fingerprint(self, value: Any) -> str | None:
        """Know no type."""
        return None


def test_observers_are_told_of_each_reuse_and_facts_of_plugins_count(capsys: Printed) -> None:
    observer, key = Observer(), Key()
    for plugin, name in ((observer, "observed"), (key, "keyed")):
        made = Maker(plugins=[plugin])(func=echo, name=name)
        made(1)
        time.sleep(_AT_REST_S)
        made(1)
        made(1)
    assert observer.told == [False, True, True]
    key.fact = 2
    assert ran(capsys, lambda: made(1), "1")


def test_a_plugin_that_is_installed_later_is_told(install: Callable[..., Path], capsys: Printed) -> None:
    maker = Maker(plugins=[Silent()])
    made = maker(func=echo)
    remembered(made, 1)
    source = """
        from makeit import hookimpl

        @hookimpl
        def makeit_call_started(call, decision):
            print("told of", call.label)
    """
    install("makeit-telling", "1", {"makeit": {"telling": "telling"}}, telling=source)
    assert maker._own["own"].renewed()
    capsys.readouterr()
    made(1)
    assert capsys.readouterr().out == "told of echo\n"


def test_A9_a_reuse_is_logged_to_whoever_listens(caplog: pytest.LogCaptureFixture) -> None:
    made = make(func=echo)
    remembered(made, 1)
    with caplog.at_level(logging.DEBUG, "makeit"):
        made(1)
    assert [record.getMessage()[:12] for record in caplog.records] == ["reused echo "]


def test_E9_what_cannot_be_looked_at_is_left_to_the_whole_path(project: Path, capsys: Printed) -> None:
    made = make(func=echo, cachedir=project / "cache")
    remembered(made, 1)
    (project / "cache").rename(project / "elsewhere")
    (project / "cache").write_text("no folder")
    with pytest.warns(CacheWarning, match="was not kept"):
        assert ran(capsys, lambda: made(1), "1")


class Box:
    """An object with a random stream, and one that plain values are not copied from."""

    def __init__(self, seed: int) -> None:
        self.stream = random.Random(seed)


def draw(box: Box) -> float:
    print("ran")
    return box.stream.random()


def test_C11_a_stream_inside_a_trusted_result_goes_on_after_each_reuse(capsys: Printed) -> None:
    boxes, made = make(func=Box, guard="trust"), make(func=draw)
    numbers = []
    for _ in range(3):
        box = boxes(1)
        numbers.append((made(box), box.stream.random()))
        time.sleep(_AT_REST_S)
    assert len(set(numbers)) == 1
    assert capsys.readouterr().out == "ran\n"


def test_B1_a_trusted_set_is_read_all_the_same(capsys: Printed) -> None:
    found, made = make(func=lambda x: {x}, guard="trust", name="found"), make(func=echo)
    given = found(1)
    made(given)
    time.sleep(_AT_REST_S)
    assert not ran(capsys, lambda: made(given), "{1}")
    given.add(2)
    assert ran(capsys, lambda: made(given), "{1, 2}")


def test_a_pickle_is_loaded_only_where_nobody_else_could_have_written_it(project: Path, capsys: Printed) -> None:
    (project / "open").mkdir()
    made = make(func=Box, output="pickle:open/box.pkl")
    made(1)
    time.sleep(_AT_REST_S)
    made(1)
    (project / "open").chmod(0o777)
    with pytest.warns(CacheWarning, match="could run somebody else's code"):
        made(1)


class Dated(TextFile):
    """A format that a reuse depends on something more."""

    date = "today"

    def outdated(self, call: Call, lineage: Lineage) -> str | None:
        """Compare dates."""
        return None if Dated.date == "today" else "it is of yesterday"


def test_a_format_that_may_find_its_file_outdated_is_asked_each_time(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(func=echo, output=Dated("a.txt"))
    made(1)
    time.sleep(_AT_REST_S)
    made(1)
    monkeypatch.setattr(Dated, "date", "yesterday")
    assert ran(capsys, lambda: made(1), "1")


def test_what_is_remembered_keeps_no_argument_alive() -> None:
    """A result that is loaded each time is remembered with its call, but not with what the call was given."""
    grow, double = make(func=_grow), make(func=_double)
    array = grow(1000)
    remembered(double, array)
    gone = weakref.ref(array)
    del array
    gc.collect()
    assert gone() is None


def test_an_equal_result_of_another_call_is_written_down_as_the_origin() -> None:
    grow, double = make(func=_grow, keep=None), make(func=_double)
    one, same = grow(1000), grow(1000.0)
    remembered(double, one)
    double(same)
    record, origin = double.record(one), grow.record(1000.0)
    assert record is not None
    assert origin is not None
    assert record.arguments["array"].origins[0].call == origin.call


def test_B1_an_array_that_is_no_longer_what_was_given_out_is_read(capsys: Printed) -> None:
    for guard in ("freeze", "verify"):
        grow, double = make(func=_grow, guard=guard), make(func=_double)  # type: ignore[call-overload]
        array = grow(1000)
        double(array)
        time.sleep(_AT_REST_S)
        double(array)
        array = array if guard == "verify" else array.copy()
        array[0] = 5
        assert double(array)[0] == 10


def _grow(n: float) -> Any:
    return numpy.arange(int(n), dtype=float)


def _double(array: Any) -> Any:
    return array * 2
