"""Every hook through really installed plugins: asked in order, and wrapped."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, Maker, hookimpl, hookspecs, make
from makeit.model import Returned
from makeit.plugins import Plugins
from tests.lab import Opaque, double, unwrap
from tests.printed import lines

Printed = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("fresh")

HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("makeit_"))


# --- Each hook, from an installed distribution -------------------------------------------------

# For each hook a plugin, the options and the argument of a call, and what two such calls print and give.
PLUGINS: dict[str, tuple[str, dict[str, Any], Any, list[str]]] = {
    "makeit_resolve_persister": (
        """
        class Memory(Persister):
            def save(self, data): self.filename.write_text("kept")
            def load(self): return self.filename.read_text()

        @hookimpl
        def makeit_resolve_persister(spec):
            return Memory("x.txt") if spec.location == "mem" else None
        """,
        {"output": "mem://x"},
        1,
        ["Running", "kept", "kept"],
    ),
    "makeit_choose_persister": (
        """
        class Words(Persister):
            def save(self, data): self.filename.write_text(f"chosen for {data}")
            def load(self): return self.filename.read_text()

        @hookimpl
        def makeit_choose_persister(value):
            return Words("value.words") if value == 2 else None

        @hookimpl
        def makeit_resolve_persister(spec):
            return Words(spec.path) if spec.path.endswith(".words") else None
        """,
        {},
        1,
        ["Running", "chosen for 2", "chosen for 2"],
    ),
    "makeit_fingerprint": (
        """
        @hookimpl
        def makeit_fingerprint(value):
            return f"opaque/1:{value.x}" if type(value).__name__ == "Opaque" else None
        """,
        {},
        Opaque(1),
        ["Running", "1", "1"],
    ),
    "makeit_protect": (
        """
        class Locked(list):
            def __repr__(self): return f"Locked({super().__repr__()})"

        @hookimpl
        def makeit_protect(value):
            return Frozen(Locked(value)) if isinstance(value, list) else None
        """,
        {"output": "json:x.json"},
        [1],
        ["Running", "Locked([1, 1])", "Locked([1, 1])"],
    ),
    "makeit_key_parts": (
        """
        asked = []

        @hookimpl
        def makeit_key_parts(call):
            asked.append(call.name)
            return {"calibration": len(asked)}
        """,
        {},
        1,
        ["Running", "2", "Running", "2"],
    ),
    "makeit_decide": (
        """
        @hookimpl
        def makeit_decide(call, record):
            return None if record is None else Decision(False, f"never trust {record.function}")
        """,
        {"name": "d"},
        1,
        ["Running", "2", "Running", "2"],
    ),
    "makeit_execute": (
        """
        @hookimpl
        def makeit_execute(call):
            return Returned(f"sent elsewhere with {call.arguments['x']}")
        """,
        {},
        1,
        ["sent elsewhere with 1", "sent elsewhere with 1"],
    ),
    "makeit_call_started": (
        """
        @hookimpl
        def makeit_call_started(call, decision):
            print("started", call.label, decision.reuse)
        """,
        {"name": "d"},
        1,
        ["started d False", "Running", "2", "started d True", "2"],
    ),
    "makeit_call_finished": (
        """
        @hookimpl
        def makeit_call_finished(call, outcome):
            print("finished", call.label, outcome.reused, outcome.record.function)
        """,
        {"name": "d"},
        1,
        ["Running", "finished d False d", "2", "finished d True d", "2"],
    ),
}


def test_there_is_a_plugin_for_each_hook() -> None:
    assert sorted(PLUGINS) == HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_of_an_installed_plugin_counts_and_is_switched_off_with_its_distribution(
    hook: str, lab: Callable[..., Path], capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, options, argument, printed = PLUGINS[hook]
    lab(source)
    made = make(func=unwrap if isinstance(argument, Opaque) else double, **options)
    print(made(argument))
    print(made(argument))
    assert lines(capsys) == printed

    del sys.modules["makeitlab"]
    monkeypatch.setenv("MAKEIT_DISABLE_PLUGINS", "makeit-lab")
    plugins = Plugins()
    assert "makeitlab" not in sys.modules
    assert (plugins.key_parts, plugins.call_started, plugins.call_finished) == (None, None, None)


NONE_EVERYWHERE = """
    said = []

    @hookimpl
    def makeit_resolve_persister(spec): said.append("resolve_persister")
    @hookimpl
    def makeit_choose_persister(value): said.append("choose_persister")
    @hookimpl
    def makeit_fingerprint(value): said.append("fingerprint")
    @hookimpl
    def makeit_protect(value): said.append("protect")
    @hookimpl
    def makeit_key_parts(call): said.append("key_parts")
    @hookimpl
    def makeit_decide(call, record): said.append("decide")
    @hookimpl
    def makeit_execute(call): said.append("execute")
    @hookimpl
    def makeit_call_started(call, decision): said.append("call_started")
    @hookimpl
    def makeit_call_finished(call, outcome): said.append("call_finished")
"""


def test_a_plugin_that_says_None_to_everything_is_asked_everything_and_changes_nothing(
    lab: Callable[..., Path], capsys: Printed
) -> None:
    lab(NONE_EVERYWHERE)
    made = make(func=double, output=("json:x.json", None))
    with pytest.raises(TypeError):  # 2 * x is no pair, so nothing is kept
        made(1)
    said = sys.modules["makeitlab"].said
    assert said == ["resolve_persister", "key_parts", "decide", "call_started", "execute", "call_finished"]
    said.clear()
    named = make(func=double, name="d", output=None)
    assert (named([1]), named([1])) == ([1, 1], [1, 1])
    assert lines(capsys) == ["Running", "Running"]
    run = ["key_parts", "decide", "call_started", "execute", "choose_persister", "protect", "call_finished"]
    assert said[: len(run)] == run
    reuse = ["key_parts", "decide", "protect", "call_started", "call_finished"]
    assert [name for name in said[len(run) :] if name != "resolve_persister"] == reuse
    said.clear()
    with pytest.warns(CacheWarning, match="whose content makeit cannot see"):
        make(func=unwrap)(Opaque(1))
    assert "fingerprint" in said


# --- The order in which plugins are asked ------------------------------------------------------


def test_the_first_answer_that_is_not_None_counts(lab: Callable[..., Path]) -> None:
    answer = """
        @hookimpl{marks}
        def makeit_execute(call):
            return None if call.arguments["x"] in {silent} else Returned(__name__)
    """
    lab(answer.format(marks="", silent="(1,)"), "aa")
    lab(answer.format(marks="", silent="()"), "bb")
    lab(answer.format(marks="(tryfirst=True)", silent="(1, 2)"), "yy")
    lab(answer.format(marks="(trylast=True)", silent="()"), "ab")

    class Own:
        @hookimpl
        def makeit_execute(self, call: Any) -> Any:
            return Returned("own") if call.arguments["x"] == 4 else None

    made = make(func=double, keep=None)
    assert [made(x) for x in (1, 2, 3)] == ["bb", "aa", "yy"]
    assert Maker(plugins=[Own()])(func=double, name="own")(4) == "yy"  # tryfirst comes before what is the project's


def test_the_plugins_of_a_project_are_asked_in_the_order_given_and_before_installed_ones(
    lab: Callable[..., Path],
) -> None:
    lab("@hookimpl\ndef makeit_key_parts(call): return {'by': 'installed', 'lab': 1}")

    class Own:
        def __init__(self, name: str) -> None:
            self.name = name

        @hookimpl
        def makeit_key_parts(self, call: Any) -> Any:
            return {"by": self.name, self.name: 1}

    made = Maker(plugins=[Own("first"), Own("second")])(func=double)
    made(1)
    record = made.record(1)
    assert record is not None
    assert record.key_parts == {"by": "first", "first": 1, "second": 1, "lab": 1}


def test_a_plugin_that_is_installed_and_given_to_a_maker_as_well_is_asked_once(
    lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("@hookimpl\ndef makeit_call_started(call): print('started')")
    import makeitlab

    Maker(plugins=[makeitlab])(func=double)(1)
    assert lines(capsys) == ["started", "Running"]


# --- Wrappers ----------------------------------------------------------------------------------


def test_wrappers_of_several_plugins_nest_and_see_what_lies_inside(lab: Callable[..., Path], capsys: Printed) -> None:
    wrap = """
        @hookimpl(wrapper=True)
        def makeit_execute(call):
            print("into", __name__)
            returned = yield
            print("out of", __name__)
            return Returned([__name__, returned.value])
    """
    lab(wrap, "aa")
    lab(wrap, "bb")
    made = make(func=double)
    assert made(1) == made(1) == ["aa", ["bb", 2]]
    assert lines(capsys) == ["into aa", "into bb", "Running", "out of bb", "out of aa"]


def test_a_wrapper_of_a_decision_sees_the_kernels_and_may_overrule_it(
    lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("""
        @hookimpl(wrapper=True)
        def makeit_decide(call, record):
            decision = yield
            print(decision)
            return Decision(False, "not on a Monday") if decision.reuse else decision
    """)
    made = make(func=double, name="d")
    made(1)
    assert str(made.why(1)) == "run d: not on a Monday"
    made(1)
    assert lines(capsys) == ["run d: never run", "Running"] + ["reuse d: nothing changed"] * 2 + ["Running"]


def test_a_wrapper_of_a_hook_that_nobody_answers_sees_None(lab: Callable[..., Path], capsys: Printed) -> None:
    lab("""
        @hookimpl(wrapper=True)
        def makeit_fingerprint(value):
            found = yield
            print("found", found)
            return found or "opaque/1:wrapped"
    """)
    made = make(func=unwrap)
    assert (made(Opaque(1)), made(Opaque(2))) == (1, 1)  # one fingerprint for all: the second is reused
    assert lines(capsys).count("Running") == 1


def test_an_exception_of_the_function_passes_through_wrappers_untouched(
    lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("""
        @hookimpl(wrapper=True)
        def makeit_execute(call):
            try:
                return (yield)
            finally:
                print("cleaned up")
    """)
    raised = KeyError("mine")

    def fail() -> None:
        raise raised

    for _ in range(2):  # never stored
        with pytest.raises(KeyError) as caught:
            make(func=fail)()
        assert caught.value is raised
        assert not hasattr(raised, "__notes__")
    assert lines(capsys) == ["cleaned up"] * 2


# --- async def functions -----------------------------------------------------------------------


async def slowly(x: int) -> int:
    await asyncio.sleep(0)
    print("Running")
    return 2 * x


def test_an_async_function_gives_plugins_its_coroutine_to_wrap_or_replace(
    lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("""
        import asyncio, inspect

        async def timed(coroutine):
            print("awaiting")
            return await coroutine + 1

        async def elsewhere(x):
            await asyncio.sleep(0)
            return 100 * x

        @hookimpl(wrapper=True)
        def makeit_execute(call):
            returned = yield
            assert inspect.iscoroutine(returned.value)
            return Returned(timed(returned.value))

        @hookimpl(specname="makeit_execute")
        def send_elsewhere(call):
            return Returned(elsewhere(7)) if call.arguments["x"] == 7 else None

        @hookimpl
        def makeit_call_finished(call, outcome):
            print("finished", outcome.reused)
    """)
    made = make(func=slowly, keep=None)

    async def main() -> list[int]:
        return [await made(1), await made(1), await made(7)]

    assert asyncio.run(main()) == [3, 3, 701]
    assert lines(capsys) == ["awaiting", "Running", "finished False", "finished True", "awaiting", "finished False"]


def test_an_async_function_for_which_a_plugin_gives_no_coroutine_says_so_and_keeps_nothing(
    lab: Callable[..., Path],
) -> None:
    lab("@hookimpl\ndef makeit_execute(call): return Returned(3)")
    made = make(func=slowly)

    async def main() -> None:
        with pytest.raises(TypeError, match="await"):
            await made(1)

    asyncio.run(main())
    assert made.record(1) is None
