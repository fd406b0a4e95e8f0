"""Plugins that are wrong, or fail when they are asked: left out or named, and nothing else with them."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, MakeitError, Maker, PluginError, hookimpl, make
from tests.lab import HEADER, Opaque, double, opaque, unwrap
from tests.printed import lines

Printed = pytest.CaptureFixture[str]
Install = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("fresh")


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
