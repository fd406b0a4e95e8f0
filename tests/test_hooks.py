"""Every hook through really installed plugins: asked in order, wrapped, checked, kept apart, named when it fails."""

from __future__ import annotations

import asyncio
import re
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, MakeitError, Maker, PluginError, hookimpl, hookspecs, make
from makeit.model import Returned
from makeit.plugins import Plugins

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]
Install = Callable[..., Path]

HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("makeit_"))
HEADER = "from makeit import Decision, Persister, hookimpl\nfrom makeit.model import Frozen, Returned\n"


class Opaque:
    """A type whose content the kernel cannot see; pickled by its argument."""

    def __init__(self, x: Any) -> None:
        self.x = x
        self.hidden = object()

    def __reduce__(self) -> Any:
        return Opaque, (self.x,)


def double(x: Any) -> Any:
    print("Running")
    return 2 * x


def opaque(x: int) -> Opaque:
    return Opaque(x)


def unwrap(value: Opaque) -> Any:
    print("Running")
    return value.x


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `make` look for installed plugins anew, as the first call of a process does."""
    monkeypatch.setattr("makeit.plugins._installed", {})


@pytest.fixture
def lab(install: Install) -> Callable[..., Path]:
    """Install one hook plugin from source: distribution, module, and what it requires."""

    def install_lab(source: str, name: str = "makeit-lab", requires: str = "") -> Path:
        module = re.sub(r"[^a-z0-9]", "", name.lower())
        site = install(name, "1.0", {"makeit": {"hooks": module}}, **{module: HEADER + textwrap.dedent(source)})
        if requires:
            with (site / f"{name.replace('-', '_')}-1.0.dist-info" / "METADATA").open("a") as metadata:
                metadata.write(f"Requires-Dist: {requires}\n")
        return site

    return install_lab


def lines(capsys: Printed) -> list[str]:
    return capsys.readouterr().out.splitlines()


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


# --- What is wrong with a plugin: left out, named, and nothing else with it ---------------------

# What is wrong, its source, and what is said of it.
WRONG = {
    "broken on import": ("raise RuntimeError('out of order')", "cannot be loaded: RuntimeError: out of order"),
    "a library that is missing": ("import nosuchlibrary", "cannot be loaded: ModuleNotFoundError: .*nosuchlibrary"),
    "no Python": ("def broken(:", "cannot be loaded: SyntaxError"),
    "ends the process on import": ("raise SystemExit('no licence')", "cannot be loaded: SystemExit: no licence"),
    "an unknown argument": (
        "@hookimpl\ndef makeit_decide(call, recrod): ...",
        "cannot be registered: .*recrod",
    ),
    "an unknown hook": (
        "@hookimpl\ndef makeit_fingerprnt(value): ...",
        r"cannot be registered: unknown hook 'makeit_fingerprnt'.*makeit_fingerprint",
    ),
    "a wrapper that does not yield": (
        "@hookimpl(wrapper=True)\ndef makeit_execute(call): return None",
        "cannot be registered: .*generator",
    ),
    "a default value": (
        "@hookimpl\ndef makeit_decide(call, record=None): ...",
        "gives record a default value",
    ),
    "a default value under another name": (
        "@hookimpl(specname='makeit_decide')\ndef old(call, *, record=None): ...",
        "old of the plugin 'hooks' of makeit-lab 1.0 gives record a default value",
    ),
    "a mark that was forgotten": ("def makeit_decide(call): ...", "does not mark makeit_decide with makeit.hookimpl"),
    "no hook at all": ("decide = 1", "has no hook that is marked with makeit.hookimpl"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_installed_plugin_that_is_wrong_is_left_out_with_one_warning_and_the_others_work(
    wrong: str, lab: Callable[..., Path], capsys: Printed
) -> None:
    source, said = WRONG[wrong]
    # It has sound hooks as well: nothing of a plugin that is refused is called.
    lab("@hookimpl\ndef makeit_call_started(call): print('half of it')\n" * (wrong != "no hook at all") + source)
    lab("@hookimpl\ndef makeit_call_finished(call): print('sound')", "sound")
    made = make(func=double)
    with pytest.warns(CacheWarning) as warned:
        made(1)
    made(1)
    assert lines(capsys) == ["Running", "sound", "sound"]
    [warning] = warned
    text = str(warning.message)
    assert re.search(said, text), text
    assert "the plugin 'hooks' of makeit-lab 1.0" in text
    assert text.endswith("it is left out; repair it, or set MAKEIT_DISABLE_PLUGINS=makeit-lab")
    assert warning.filename == __file__  # at the line of the call, not somewhere in makeit


def test_an_installed_plugin_that_is_wrong_raises_under_MAKEIT_STRICT(
    lab: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab("raise RuntimeError('out of order')")
    monkeypatch.setenv("MAKEIT_STRICT", "1")
    with pytest.raises(MakeitError, match=r"'hooks' of makeit-lab 1\.0 cannot be loaded: RuntimeError: out of order"):
        make(func=double)(1)


@pytest.mark.parametrize(
    "wrong", ["an unknown argument", "an unknown hook", "a wrapper that does not yield", "no hook at all"]
)
def test_a_plugin_of_a_project_that_is_wrong_is_an_error(wrong: str, lab: Callable[..., Path]) -> None:
    source, said = WRONG[wrong]
    (lab("", "empty") / "mine.py").write_text(HEADER + source)
    sys.modules.pop("mine", None)
    import mine

    with pytest.warns(CacheWarning, match="empty"), pytest.raises(PluginError, match=said):
        Maker(plugins=[mine])(func=double)(1)


def test_an_optional_hook_of_another_version_is_no_error(lab: Callable[..., Path], capsys: Printed) -> None:
    lab("""
        @hookimpl(optionalhook=True)
        def makeit_of_the_future(call): ...

        @hookimpl
        def makeit_call_started(call): print("started")
    """)
    make(func=double)(1)
    assert lines(capsys) == ["started", "Running"]


def test_switching_all_plugins_off_leaves_those_of_the_project(
    lab: Callable[..., Path], capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab("raise SystemExit('imported')")

    class Own:
        @hookimpl
        def makeit_call_started(self) -> None:
            print("own")

    monkeypatch.setenv("MAKEIT_DISABLE_PLUGINS", "*")
    assert Maker(plugins=[Own()])(func=double, output="x.json")(1) == 2
    assert lines(capsys) == ["own", "Running"]


def test_a_damaged_installation_hides_no_other(install: Install, lab: Callable[..., Path], capsys: Printed) -> None:
    site = lab("@hookimpl\ndef makeit_call_started(call): print('sound')", "sound")
    install("half", "1", {"makeit": {"half": "sound"}})
    (site / "half-1.dist-info" / "METADATA").unlink()
    install("garbled", "1", {"makeit": {"garbled": "sound"}})
    (site / "garbled-1.dist-info" / "entry_points.txt").write_bytes(b"[makeit]\nno equals sign\n\xff\n")
    assert make(func=double, output="x.json")(1) == 2
    assert lines(capsys) == ["sound", "Running"]


def test_of_two_distributions_with_one_name_the_first_on_the_path_counts(
    install: Install, lab: Callable[..., Path], capsys: Printed, tmp_path: Path
) -> None:
    site = lab("@hookimpl\ndef makeit_call_started(call): print('sound')", "Sound")
    old = tmp_path / "old"
    (old / "sound-0.9.dist-info").mkdir(parents=True)
    (old / "sound-0.9.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: sound\nVersion: 0.9\n")
    (old / "sound-0.9.dist-info" / "entry_points.txt").write_text("[makeit]\ngone = module_that_is_gone\n")
    sys.path.insert(sys.path.index(str(site)) + 1, str(old))
    try:
        make(func=double)(1)
    finally:
        sys.path.remove(str(old))
    assert lines(capsys) == ["sound", "Running"]


def test_a_plugin_that_makes_a_call_while_it_is_imported_is_left_out_and_waits_for_nobody(
    lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("""
        from makeit import make

        @make(name="at import")
        def constant():
            return 3

        print("at import:", constant())

        @hookimpl
        def makeit_call_started(call): print("started", call.name)
    """)
    with pytest.warns(CacheWarning, match="has no hook that is marked"):  # half imported, when it is used first
        make(func=double, name="d")(1)
    assert lines(capsys) == ["at import: 3", "Running"]


def test_threads_that_call_first_at_the_same_time_load_a_plugin_once(lab: Callable[..., Path], capsys: Printed) -> None:
    lab("print('imported')\n@hookimpl\ndef makeit_key_parts(call): return {'a': 1}")
    made = make(func=double, keep=None)
    barrier = threading.Barrier(4)

    def call(x: int) -> None:
        barrier.wait()
        made(x)

    threads = [threading.Thread(target=call, args=(x,)) for x in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lines(capsys)) == ["Running"] * 4 + ["imported"]
    records = [made.record(x) for x in range(4)]
    assert all(record is not None and record.key_parts == {"a": 1} for record in records)


# --- A version of the kernel that is another ----------------------------------------------------

FITTING = [
    "makeit-core",
    "makeit-core<0.2,>=0.1",
    "Makeit_Core (>=0.1)",
    "makeit-core~=0.1",
    "makeit-core[extra]!=0.0.9",
    'makeit-core>=7; extra == "future"',
    'makeit-core>=7; python_version < "3"',
    "makeit-core-extras>=7",
]
TOO_NEW = ["makeit-core>=0.2", "makeit-core >=0.2,<0.3", "makeit_core==7.*", "makeit-core<0.1"]


@pytest.mark.parametrize("requires", FITTING)
def test_a_plugin_that_fits_the_installed_version_is_used(
    requires: str, lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("@hookimpl\ndef makeit_call_started(call): print('started')", requires=requires)
    make(func=double)(1)
    assert lines(capsys) == ["started", "Running"]


@pytest.mark.parametrize("requires", TOO_NEW)
def test_a_plugin_for_another_version_is_left_out_unimported_and_says_what_it_needs(
    requires: str, lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("raise SystemExit('imported')", requires=requires)
    with pytest.warns(CacheWarning) as warned:
        make(func=double)(1)
    [warning] = warned
    text = str(warning.message)
    needed = requires.replace(" ", "")
    assert f"the plugin 'hooks' of makeit-lab 1.0 needs {needed}, but makeit-core 0.1.0 is installed" in text
    assert "install versions of the two that fit each other" in text


def test_a_requirement_that_cannot_be_read_is_a_fault_of_its_plugin_alone(
    lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("", requires="makeit-core >= lots")
    lab("@hookimpl\ndef makeit_call_started(call): print('sound')", "sound")
    with pytest.warns(CacheWarning, match=r"makeit-lab 1.0 cannot be loaded: InvalidRequirement"):
        make(func=double)(1)
    assert lines(capsys) == ["sound", "Running"]


FORMAT = """
    from makeit import Persister

    class File(Persister):
        api_version = {api}
        def save(self, data): self.filename.write_text(repr(data))
        def load(self): return eval(self.filename.read_text())
"""


def test_a_format_for_another_version_is_an_error_when_it_is_used_before_the_run(
    install: Install, capsys: Printed
) -> None:
    for name, api, requires in (("ahead", 1, "makeit-core>=0.2"), ("newapi", 2, "makeit-core"), ("fits", 1, "")):
        points = {"makeit.persisters": {name: f"{name}:File"}, "makeit.suffixes": {f".{name}": name}}
        site = install(name, "3.1", points, **{name: FORMAT.format(api=api)})
        with (site / f"{name}-3.1.dist-info" / "METADATA").open("a") as metadata:
            metadata.write(f"Requires-Dist: {requires}\n" * bool(requires))
    for output in ("ahead:x", "x.ahead"):
        with pytest.raises(PluginError, match=r"'ahead' of ahead 3\.1 needs makeit-core>=0\.2, but makeit-core 0\.1"):
            make(func=double, output=output)(1)
    assert "ahead" not in sys.modules
    with pytest.raises(PluginError, match=r"'newapi' of newapi 3\.1 is written for persister API 2; this makeit has 1"):
        make(func=double, output="x.newapi")(1)
    assert lines(capsys) == []
    assert make(func=double, output="x.fits")(1) == 2


def test_a_format_whose_module_ends_the_process_is_an_error_that_names_it(install: Install, capsys: Printed) -> None:
    install("rude", "1", {"makeit.persisters": {"rude": "rude:File"}}, rude="raise SystemExit('no licence')")
    with pytest.raises(PluginError, match="'rude' of rude 1 cannot be loaded: SystemExit: no licence"):
        make(func=double, output="rude:x")(1)
    assert make(func=double, output="json:x")(1) == 2


def test_two_that_claim_one_format_break_only_that_format(install: Install, lab: Callable[..., Path]) -> None:
    source = FORMAT.format(api=1)
    for name in ("one", "two"):
        points = {
            "makeit.persisters": {"shared": f"{name}:File", name: f"{name}:File"},
            "makeit.suffixes": {".shared": "shared", f".{name}": name},
        }
        install(name, "1", points, **{name: source})
    for output in ("shared:x", "x.shared"):
        with pytest.raises(PluginError, match=r"is claimed by one 1 and two 1; .*MAKEIT_DISABLE_PLUGINS"):
            make(func=double, output=output)(1)
    for output in ("a.one", "b.two", "one:c", "c.json"):
        assert make(func=double, output=output)(1) == 2


# --- Installed while the process runs ----------------------------------------------------------


def test_hooks_that_come_with_a_format_installed_meanwhile_count_from_its_first_use(
    install: Install, capsys: Printed
) -> None:
    first = make(func=double, name="first")
    first(1)
    late = make(func=double, name="late", output="late:x.late")
    with pytest.raises(PluginError, match="no format 'late' is installed"):
        late(1)
    hooks = HEADER + "\n@hookimpl\ndef makeit_call_started(call): print('started', call.name)\n"
    points = {"makeit": {"hooks": "latehooks"}, "makeit.persisters": {"late": "lateformat:File"}}
    install("late", "1", points, latehooks=hooks, lateformat=FORMAT.format(api=1))
    assert late(1) == 2
    first(1)
    assert lines(capsys) == ["Running", "started late", "Running", "started first"]


def test_a_type_that_a_plugin_installed_meanwhile_knows_is_reused(lab: Callable[..., Path], capsys: Printed) -> None:
    made = make(func=unwrap, name="late")  # not warned of yet
    with pytest.warns(CacheWarning, match="a plugin's hook makeit_fingerprint"):
        made(Opaque(1))
    lab("@hookimpl\ndef makeit_fingerprint(value): return 'opaque/1:1' if hasattr(value, 'hidden') else None")
    assert (made(Opaque(1)), made(Opaque(1))) == (1, 1)
    assert lines(capsys) == ["Running"] * 2


def test_a_plugin_that_was_left_out_is_named_once_and_tried_again_in_another_version(
    install: Install, lab: Callable[..., Path], capsys: Printed
) -> None:
    site = lab("raise RuntimeError('out of order')")
    made = make(func=double)
    with pytest.warns(CacheWarning, match="out of order"):
        made(1)
    install("other", "1", {"makeit.persisters": {"other": "other:File"}}, other=FORMAT.format(api=1))
    make(func=double, output="other:x", name="b")(1)  # looks again at all that is installed: said once, all the same
    (site / "makeit_lab-1.0.dist-info").rename(site / "makeit_lab-1.1.dist-info")
    metadata = site / "makeit_lab-1.1.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.0", "1.1"))
    source = HEADER + "\n# repaired\n@hookimpl\ndef makeit_call_started(call): print('repaired')\n"
    (site / "makeitlab.py").write_text(source)
    install("third", "1", {"makeit.persisters": {"third": "third:File"}}, third=FORMAT.format(api=1))
    make(func=double, output="third:y", name="c")(1)
    made(1)
    assert lines(capsys) == ["Running", "Running", "repaired", "Running", "repaired"]


# --- A plugin that fails when it is asked ------------------------------------------------------

FAILING = {
    "makeit_resolve_persister": "spec",
    "makeit_choose_persister": "value",
    "makeit_fingerprint": "value",
    "makeit_protect": "value",
    "makeit_key_parts": "call",
    "makeit_decide": "call, record",
}


@pytest.mark.parametrize("hook", FAILING)
def test_an_exception_in_a_hook_says_which_plugin_raised_it_and_what_does_without(
    hook: str, lab: Callable[..., Path]
) -> None:
    asking = f"@hookimpl\ndef {hook}({FAILING[hook]}): return None\n"
    lab(asking, "innocent")
    lab(f"@hookimpl\ndef {hook}({FAILING[hook]}): return inner()\ndef inner(): raise LookupError('bug')")
    lab(asking, "zealous")
    made = make(func=unwrap, output="json:x.json" if hook == "makeit_resolve_persister" else None)
    with pytest.raises(LookupError, match="bug") as caught:
        made(Opaque([1]) if hook == "makeit_fingerprint" else Plain([1]))
    after_the_run = hook in ("makeit_choose_persister", "makeit_protect")
    raised = caught.value.__cause__ if after_the_run else caught.value
    assert isinstance(raised, LookupError)
    [note] = raised.__notes__
    said = (
        f"raised in {hook} of the plugin 'hooks' of makeit-lab 1.0; MAKEIT_DISABLE_PLUGINS=makeit-lab does without it"
    )
    assert note == said
    if after_the_run:  # the result of the run is not lost with it
        assert isinstance(caught.value, PluginError)
        assert caught.value.value == [1]
        assert said in str(caught.value)


def test_a_result_whose_fingerprint_fails_is_not_lost(lab: Callable[..., Path]) -> None:
    lab("@hookimpl\ndef makeit_fingerprint(value): raise LookupError('bug')")
    with pytest.raises(
        PluginError, match=r"LookupError: bug; raised in makeit_fingerprint .*makeit-lab 1\.0"
    ) as caught:
        make(func=opaque)(1)
    assert isinstance(caught.value.value, Opaque)


def test_an_observer_that_fails_is_named(lab: Callable[..., Path]) -> None:
    lab("@hookimpl\ndef makeit_call_started(call): raise LookupError('bug')")
    with pytest.warns(CacheWarning, match=r"LookupError: bug; raised in makeit_call_started .*makeit-lab 1\.0"):
        make(func=double)(1)


class Plain:
    """A value that the kernel knows, with the attribute that `unwrap` reads."""

    def __init__(self, x: Any) -> None:
        self.x = x


@pytest.mark.parametrize(
    ("hook", "argument", "wanted"),
    [
        ("makeit_choose_persister", "value", "Persister"),
        ("makeit_fingerprint", "value", "str"),
        ("makeit_key_parts", "call", "Mapping"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_an_error_that_names_hook_and_plugin(
    hook: str, argument: str, wanted: str, lab: Callable[..., Path]
) -> None:
    lab(f"@hookimpl\ndef {hook}({argument}): return 7")
    with pytest.raises(
        PluginError, match=f"{hook} gave 7, but has to give {wanted} or None .*makeit-lab 1.0"
    ) as caught:
        make(func=unwrap)(Opaque(1) if hook == "makeit_fingerprint" else Plain(1))
    assert caught.value.name == hook
    assert caught.value.value == (1 if hook == "makeit_choose_persister" else None)
