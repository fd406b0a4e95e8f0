"""Plugins: really installed, found, put in order, kept apart, and each hook called as its contract says."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, Decision, MakeitError, Maker, Persister, PluginError, SpecError, hookimpl
from makeit.formats.spec import Spec
from makeit.model import Call, Frozen, Outcome, Record, Returned
from makeit.plugins import Plugins

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]
Install = Callable[..., Path]


def double(x: int) -> Any:
    print(f"Running {x}")
    return 2 * x


def wave(x: int) -> Any:
    print(f"Running {x}")
    return [x]


def lines(capsys: Printed) -> list[str]:
    return capsys.readouterr().out.splitlines()


# --- Installed plugins -------------------------------------------------------------------------

SCRIPT = """
    from makeit import make

    @make
    def f(x):
        print("Running")
        return x

    print(f(1), f(1))
"""


def test_a_hook_plugin_is_found_and_loaded_at_the_first_call(install: Install, run: Run) -> None:
    source = """
        from makeit import hookimpl

        print("imported")

        @hookimpl
        def makeit_call_started(call, decision):
            print("started:", decision)
    """
    install("watching", "1.0", {"makeit": {"watch": "watching"}}, watching=source)
    script = SCRIPT.replace("print(f(1)", "print('decorated')\n    print(f(1)")
    assert run(script).splitlines() == [
        "decorated",
        "imported",
        "started: run f: never run",
        "Running",
        "started: reuse f: nothing changed",
        "1 1",
    ]


def test_a_broken_hook_plugin_is_left_out_with_a_warning_that_names_it(install: Install, run: Run) -> None:
    install("sad-hooks", "1.0", {"makeit": {"sad": "sadhooks"}}, sadhooks="raise RuntimeError('out of order')")
    script = "import warnings\nwarnings.simplefilter('default')\n" + "\n".join(
        line.removeprefix("    ") for line in SCRIPT.splitlines()
    )
    out = run(script, check=False)
    assert out.startswith("Running\n1 1\n")
    for word in ("'sad' of sad-hooks", "RuntimeError: out of order", "MAKEIT_DISABLE_PLUGINS=sad-hooks"):
        assert word in out


@pytest.mark.parametrize("switch", ["sad-hooks", "Sad_Hooks", "other, sad.hooks", "*"])
def test_MAKEIT_DISABLE_PLUGINS_switches_plugins_off(
    install: Install, run: Run, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    install("Sad_Hooks", "1.0", {"makeit": {"sad": "sadhooks"}}, sadhooks="raise SystemExit('imported')")
    monkeypatch.setenv("MAKEIT_DISABLE_PLUGINS", switch)
    assert run(SCRIPT) == "Running\n1 1\n"


def test_plugins_are_asked_in_the_order_of_distribution_and_name_and_the_kernel_last(install: Install) -> None:
    source = """
        from makeit import hookimpl

        @hookimpl
        def makeit_key_parts(call):
            return {__name__: 1, "by": __name__}
    """
    for name, points in [
        ("zebra", {"a": "zebra_a"}),
        ("antelope", {"z": "antelope_z", "b": "antelope_b"}),
        ("Beaver", {"c": "beaver_c"}),
    ]:
        install(name, "1", {"makeit": points}, **dict.fromkeys(points.values(), source))
    plugins = Plugins()
    assert plugins.key_parts is not None
    asked = [facts["by"] for facts in plugins.key_parts(call=None)]
    assert asked == ["antelope_b", "antelope_z", "beaver_c", "zebra_a"]


def test_an_unknown_hook_is_an_error_that_lists_the_hooks() -> None:
    class Misspelt:
        @hookimpl
        def makeit_fingerprnt(self, value: Any) -> None: ...

    with pytest.raises(PluginError, match=r"makeit_fingerprnt.*makeit_fingerprint"):
        Plugins([Misspelt()])


def test_an_unknown_argument_of_a_hook_is_an_error() -> None:
    class Greedy:
        @hookimpl
        def makeit_fingerprint(self, value: Any, more: Any) -> None: ...

    with pytest.raises(PluginError, match="more"):
        Plugins([Greedy()])


def test_a_default_value_in_a_hook_is_refused_and_named(install: Install) -> None:
    class Lax:
        @hookimpl
        def makeit_decide(self, call: Any, record: Any = None) -> None: ...

    with pytest.raises(PluginError, match=r"makeit_decide of the plugin .* gives record a default value") as caught:
        Plugins([Lax()])
    assert caught.value.name == "makeit_decide"


def test_a_hook_that_nobody_implements_costs_nothing() -> None:
    os.environ["MAKEIT_DISABLE_PLUGINS"] = "*"
    try:
        plugins = Plugins()
    finally:
        del os.environ["MAKEIT_DISABLE_PLUGINS"]
    for hook in ("fingerprint", "protect", "key_parts", "call_started", "call_finished"):
        assert getattr(plugins, hook) is None
    assert not plugins.decides


def test_the_plugins_of_a_maker_are_its_own(capsys: Printed) -> None:
    class Loud:
        @hookimpl
        def makeit_call_started(self, call: Call) -> None:
            print("loud")

    Maker(plugins=[Loud()])(func=double, name="a")(1)
    Maker()(func=double, name="b")(1)
    assert lines(capsys) == ["loud", "Running 1", "Running 1"]


# --- The contract of each hook -----------------------------------------------------------------


class Upper(Persister):
    """A format that a plugin resolves on its own."""

    def save(self, data: Any) -> None:
        self.filename.write_text(str(data).upper())

    def load(self) -> Any:
        return self.filename.read_text()


class Locations:
    """Resolves `mem://name`, counts the questions, and refuses a name that is its own and wrong."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @hookimpl
    def makeit_resolve_persister(self, spec: Spec) -> Persister | None:
        self.asked.append(str(spec))
        if spec.location != "mem":
            return None
        if "wrong" in spec.path:
            raise SpecError("mem:// does not take this", spec=spec)
        return Upper(spec.path.removeprefix("mem://"))


def test_makeit_resolve_persister_is_asked_once_before_the_run(capsys: Printed) -> None:
    plugin = Locations()
    maker = Maker(plugins=[plugin])
    made = maker(func=wave, output="mem://{x}.txt")
    assert plugin.asked == []
    assert (made(1), made(2), made(1)) == ("[1]", "[2]", "[1]")
    assert plugin.asked == ["mem://{x}.txt"]
    with pytest.raises(SpecError, match="does not take this"):
        maker(func=wave, output="mem://wrong")(1)
    assert maker(func=wave, output="json:x.json")(1) == [1]  # left to the kernel
    assert lines(capsys) == ["Running 1", "Running 2", "Running 1"]


def test_makeit_resolve_persister_that_gives_something_else_is_an_error_before_the_run(capsys: Printed) -> None:
    class Wrong:
        @hookimpl
        def makeit_resolve_persister(self, spec: Spec) -> Any:
            return "a persister"

    with pytest.raises(SpecError, match="'a persister', which is no Persister"):
        Maker(plugins=[Wrong()])(func=wave, output="x.json")(1)
    assert lines(capsys) == []


def test_makeit_choose_persister_is_asked_after_a_run(capsys: Printed, project: Path) -> None:
    class Chooser:
        @hookimpl
        def makeit_choose_persister(self, value: Any) -> Persister | None:
            print("choosing for", value)
            return Upper("value.upper") if value == [1] else None

        @hookimpl
        def makeit_resolve_persister(self, spec: Spec) -> Persister | None:
            return Upper(spec.path) if spec.path.endswith(".upper") else None

    made = Maker(plugins=[Chooser()])(func=wave, keep=None)
    assert (made(1), made(1), made(2), made(2)) == ("[1]", "[1]", [2], [2])
    assert lines(capsys) == ["Running 1", "choosing for [1]", "Running 2", "choosing for [2]"]
    assert len(list((project / ".makeit" / "results").rglob("*.upper"))) == 1


class Opaque:
    """A type that the kernel cannot fingerprint, and that can be frozen."""

    def __init__(self, x: int) -> None:
        self.x = x
        self.hidden = object()

    def __reduce__(self) -> Any:
        return Opaque, (self.x,)


class Knowing:
    """Fingerprints and protects Opaque."""

    @hookimpl
    def makeit_fingerprint(self, value: Any) -> str | None:
        if not isinstance(value, Opaque):
            return None
        print("fingerprint")
        return f"opaque/1:{value.x}"

    @hookimpl
    def makeit_protect(self, value: Any) -> Any:
        if not isinstance(value, Opaque):
            return None
        x = value.x
        return Frozen(value, lambda value: value.x == x)


def test_makeit_fingerprint_and_makeit_protect_make_the_chain_of_trust(capsys: Printed) -> None:
    def opaque(x: int) -> Opaque:
        return Opaque(x)

    def read(value: Opaque) -> int:
        print("Running")
        return value.x

    maker = Maker(plugins=[Knowing()])
    f, g = maker(func=opaque, name="f"), maker(func=read, name="g")
    value = f(1)
    lines(capsys)
    assert g(value) == 1
    assert lines(capsys) == ["Running"]  # recognised, so the plugin was not asked
    assert g(f(1)) == 1
    assert lines(capsys) == []
    value.x = 5  # not intact any more
    assert g(value) == 5
    assert "fingerprint" in lines(capsys)
    record = g.record(value)
    assert record is not None
    assert record.arguments["value"].fingerprint == "opaque/1:5"
    assert f(1).x == 1


def test_makeit_protect_may_give_just_the_value(capsys: Printed) -> None:
    class Tuples:
        @hookimpl
        def makeit_protect(self, value: Any) -> Any:
            return tuple(value) if isinstance(value, list) else None

    made = Maker(plugins=[Tuples()])(func=wave)
    assert made(1) == made(1) == (1,)


def test_makeit_key_parts_have_to_be_equal_for_a_reuse(capsys: Printed) -> None:
    class Parts:
        facts: Any = None

        @hookimpl
        def makeit_key_parts(self, call: Call) -> Any:
            return self.facts

    parts = Parts()
    made = Maker(plugins=[parts])(func=double)
    for facts in (None, {"a": 1}, {"a": (1, 2), "b": {1: None}}, {"a": [1, 3], "b": {"1": None}}, {}):
        parts.facts = facts
        assert not (facts and made.why(1).reuse)
        made(1)
        assert made.why(1).reuse
        made(1)
    assert len(lines(capsys)) == 5
    parts.facts = {"a": 2}
    made(1)
    parts.facts = {"a": 3}
    assert str(made.why(1)) == "run double: key part a 2 → 3"


def test_makeit_key_parts_that_no_record_can_hold_are_an_error_before_the_run(capsys: Printed) -> None:
    class Parts:
        @hookimpl
        def makeit_key_parts(self, call: Call) -> Any:
            return {"a": object()}

    with pytest.raises(PluginError, match="makeit_key_parts gave"):
        Maker(plugins=[Parts()])(func=double)(1)
    assert lines(capsys) == []


def test_makeit_decide_gets_the_call_and_the_record_and_has_the_first_word(capsys: Printed) -> None:
    class Decider:
        def __init__(self) -> None:
            self.seen: list[Any] = []
            self.word: Any = None

        @hookimpl
        def makeit_decide(self, call: Call, record: Record | None) -> Any:
            self.seen.append((dict(call.arguments), record and record.function))
            return self.word

    decider = Decider()
    made = Maker(plugins=[decider])(func=double, output="json:x.json", name="d")
    decider.word = Decision(True, "trust me")
    assert made(1) == 2  # nothing is stored, so its word to reuse does not count
    assert decider.seen == [({"x": 1}, None)]
    assert made(2) == 2  # reused on its word, although the argument changed
    assert decider.seen[-1] == ({"x": 2}, "d")
    os.unlink("x.json")
    assert made(2) == 4  # its word does not count against what the files say
    decider.word = Decision(False, ["because", "I say so"])
    assert str(made.why(2)) == "run d: because; I say so"
    assert made.why(2).reasons[0].kind == "plugin"
    assert made(2) == 4
    decider.word = None
    assert made(2) == 4
    assert lines(capsys) == ["Running 1", "Running 2", "Running 2"]
    decider.word = True
    with pytest.raises(PluginError, match="makeit_decide gave True"):
        made(2)


def test_makeit_decide_cannot_have_a_file_of_somebody_else_overwritten(capsys: Printed) -> None:
    class Eager:
        @hookimpl
        def makeit_decide(self) -> Decision:
            return Decision(True, "reuse")

    Path("x.json").write_text("[1]")
    from makeit import ForeignFileError

    with pytest.raises(ForeignFileError):
        Maker(plugins=[Eager()])(func=double, output="json:x.json")(1)
    assert lines(capsys) == []


def test_makeit_execute_runs_the_function_or_wraps_it(capsys: Printed) -> None:
    class Elsewhere:
        @hookimpl
        def makeit_execute(self, call: Call) -> Any:
            if call.arguments["x"] == 1:
                return Returned("from elsewhere")
            return "not wrapped" if call.arguments["x"] == 2 else None

    class Retry:
        @hookimpl(wrapper=True)
        def makeit_execute(self, call: Call) -> Any:
            print("before")
            try:
                return (yield)
            finally:
                print("after")

    maker = Maker(plugins=[Elsewhere(), Retry()])
    made = maker(func=double, keep=None)
    assert (made(1), made(1)) == ("from elsewhere", "from elsewhere")
    assert lines(capsys) == ["before", "after"]
    assert made(3) == 6
    assert lines(capsys) == ["before", "Running 3", "after"]
    with pytest.raises(PluginError, match="makeit_execute gave 'not wrapped'"):
        made(2)
    assert made.record(2) is None


def test_observers_see_each_call_with_its_outcome() -> None:
    class Observer:
        def __init__(self) -> None:
            self.seen: list[Any] = []

        @hookimpl
        def makeit_call_started(self, call: Call, decision: Decision) -> None:
            self.seen.append(("started", call.arguments["x"], decision.reuse))

        @hookimpl
        def makeit_call_finished(self, call: Call, outcome: Outcome) -> None:
            error = type(outcome.error).__name__ if outcome.error else None
            self.seen.append(("finished", call.arguments["x"], outcome.reused, outcome.record is not None, error))
            assert outcome.seconds >= 0
            if outcome.record and not outcome.reused:
                assert os.path.exists("x.json")  # stored already

    def fussy(x: int) -> int:
        if x == 3:
            raise KeyError(x)
        return x

    observer = Observer()
    made = Maker(plugins=[observer])(func=fussy, output="json:x.json")
    made(1)
    made(1)
    made.why(1)
    with pytest.raises(KeyError):
        made(3)
    assert observer.seen == [
        ("started", 1, False),
        ("finished", 1, False, True, None),
        ("started", 1, True),
        ("finished", 1, True, True, None),
        ("started", 3, False),
        ("finished", 3, False, False, "KeyError"),
    ]


class Failing:
    """An observer that fails."""

    def __init__(self, when: str) -> None:
        self.when = when

    @hookimpl
    def makeit_call_started(self) -> None:
        if self.when == "started":
            raise ZeroDivisionError("observing")

    @hookimpl
    def makeit_call_finished(self) -> None:
        if self.when == "finished":
            raise ZeroDivisionError("observing")


@pytest.mark.parametrize("when", ["started", "finished"])
def test_a_failing_observer_is_a_warning(when: str, capsys: Printed) -> None:
    made = Maker(plugins=[Failing(when)])(func=double)
    for _ in range(2):
        with pytest.warns(CacheWarning, match="observer of the call double failed: ZeroDivisionError: observing"):
            assert made(1) == 2
    assert lines(capsys) == ["Running 1"]
    strict = Maker(plugins=[Failing(when)])(func=double, strict=True)
    with pytest.raises(MakeitError, match="observing"):
        strict(1)


def test_an_exception_of_the_function_comes_through_a_failing_observer() -> None:
    def fail() -> None:
        raise KeyError("mine")

    with pytest.warns(CacheWarning, match="observing"), pytest.raises(KeyError, match="mine"):
        Maker(plugins=[Failing("finished")])(func=fail)()
