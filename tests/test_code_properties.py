"""The laws D1, D2, D4, D6: edits of a package, generated with what they mean, run what they must and nothing else.

A history of edits is called after each one in a process of its own: forked from a server that has
imported makeit and never used it, because a new interpreter for each of hundreds would take minutes.
`MAKEIT_EXAMPLES` is the number of histories.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.edited_package import IGNORED, LOCAL, NAMES, PACKAGE, REWIRED, SLOTS, State
from tests.rewritings import REWRITES

EXAMPLES = int(os.environ.get("MAKEIT_EXAMPLES", "12"))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the server forks")

SERVER = """
    import contextlib, io, json, os, sys
    import filelock, makeit.amending, makeit.guarding, makeit.store.history, makeit.store.pruning, makeit.workbench
    from makeit import make
    from makeit.plugins import installed

    installed()

    def quietly(function):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            value = function(2, passed=3)
        return value, bool(printed.getvalue())

    def step(folder):
        os.chdir(folder)
        sys.path.insert(0, folder)
        from package.steps import root

        decision = root.why(2, passed=3)
        value, ran = quietly(root)
        plain, _ = quietly(root.__wrapped__)
        names = "kind", "subject", "file", "line", "text"
        reasons = [{name: getattr(reason, name) for name in names} for reason in decision.reasons]
        return {"reuse": decision.reuse, "reasons": reasons, "ran": ran, "value": value, "plain": plain,
                "untracked": decision.untracked}

    for line in sys.stdin:
        sys.stdout.flush()
        if os.fork() == 0:
            print(json.dumps(step(line.strip())), flush=True)
            os._exit(0)
        if os.wait()[1]:
            print("null", flush=True)
"""


class Server:
    """Forks a process for each step, and gives back what it found."""

    def __init__(self, folder: Path) -> None:
        script = folder / "server.py"
        script.write_text(textwrap.dedent(SERVER))
        command = [sys.executable, "-B", "-W", "error", str(script)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def step(self, folder: Path) -> dict[str, Any]:
        """Call the package in a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        found = json.loads(self._process.stdout.readline())
        assert found is not None, "the step failed; what it says is above"
        return dict(found)

    def close(self) -> None:
        """End the server."""
        self._process.communicate(timeout=120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.close()


class History:
    """One project through its edits: what was computed, and what each call must therefore do."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.state = State()
        self.states = [self.state]
        self.computed: list[State] = []
        self.recorded: State | None = None
        (folder / "package").mkdir(parents=True)
        (folder / "pyproject.toml").touch()

    def edit(self, state: State) -> None:
        """Write the package, call it, and compare with what must be."""
        self.state = state
        self.states.append(state)
        for module, text in state.texts().items():
            (self.folder / "package" / f"{module}.py").write_text(text, newline="")
        found = self.server.step(self.folder)
        assert found["value"] == found["plain"]
        assert found["reuse"] is not found["ran"]
        assert found["untracked"] == []
        equal = [each for each in self.computed if each.meaning == state.meaning]
        exactly = [each for each in equal if each.slots[LOCAL] == state.slots[LOCAL]]
        if exactly:
            assert found["reuse"], found["reasons"]
        elif not equal:
            assert found["ran"], "the result is that of other code"
        # Else a local variable has another name. numexpr and DataFrame.query read variables of the frame
        # by their names, so makeit takes that for a change; to reuse would be right here as well.
        if found["ran"]:
            self._check_reasons(found["reasons"])
            self.computed.append(state)
            self.recorded = state
        elif exactly:
            self.recorded = exactly[-1]

    def _check_reasons(self, reasons: list[dict[str, Any]]) -> None:
        """`why` names each thing that was edited, and nothing else, with the file and line of code."""
        if self.recorded is None:
            assert [reason["kind"] for reason in reasons] == ["never-run"]
            return
        changed = [name for name in NAMES if self.state.slots[name] != self.recorded.slots[name]]
        subjects = {reason["subject"].removeprefix("package."): reason for reason in reasons}
        named = {subject for name in changed for subject in NAMES[name]}
        if REWIRED.isdisjoint(changed):
            assert set(subjects) == named
        assert set(subjects) >= named
        assert subjects
        for name in filter(NAMES.__getitem__, changed):
            reason = subjects[NAMES[name][0]]
            assert reason["kind"] == ("argument" if name == "used" else "code")
            if "changed (" in reason["text"]:
                self._check_place(SLOTS[name], reason)
            else:
                assert " → " in reason["text"]

    def _check_place(self, module: str, reason: Mapping[str, Any]) -> None:
        file = self.folder / "package" / f"{module}.py"
        assert reason["file"] == str(file)
        assert f"({file.name}:{reason['line']})" in reason["text"]
        line = file.read_text().split("\n")[reason["line"] - 1]
        assert re.search(rf"\b(def|class) {reason['subject'].rpartition('.')[2]}\(|^\s*@|\blambda\b", line), line


@pytest.mark.parametrize("slot", SLOTS)
def test_one_edit_and_back(server: Server, tmp_path: Path, slot: str) -> None:
    history = History(server, tmp_path / "project")
    history.edit(State())
    history.edit(State().put(slot, 2))
    assert len(history.computed) == (1 if slot in IGNORED else 2)
    history.edit(State())
    assert len(history.computed) == (1 if slot in IGNORED else 2)


@pytest.mark.parametrize("name", REWRITES)
def test_D1_a_rewriting_of_all_modules_runs_nothing(server: Server, tmp_path: Path, name: str) -> None:
    history = History(server, tmp_path / "project")
    history.edit(State())
    rewritten = State()
    for where, module in enumerate(PACKAGE):
        rewritten = rewritten.rewrite(name, module, 5 * where + 3)
    assert rewritten.texts() != State().texts()
    history.edit(rewritten)
    assert len(history.computed) == 1


PUT = st.tuples(st.just("put"), st.sampled_from(sorted(SLOTS)), st.integers(1, 3))
REWRITE = st.tuples(
    st.just("rewrite"), st.sampled_from(sorted(REWRITES)), st.sampled_from(sorted(PACKAGE)), st.integers(0, 40)
)
UNDO = st.tuples(st.just("undo"), st.integers(0, 9))
# One commit: a few edits at once, between two calls.
COMMITS = st.lists(
    st.lists(st.one_of(PUT, PUT, REWRITE, REWRITE, UNDO), min_size=1, max_size=4), min_size=3, max_size=6
)


def test_histories_of_edits_run_what_they_must_and_nothing_else(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tried: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(COMMITS)
    def check(commits: list[list[tuple[Any, ...]]]) -> None:
        history = History(server, tmp_path_factory.mktemp("history"))
        history.edit(State())
        for commit in commits:
            state = history.state
            for kind, *how in commit:
                tried[kind] += 1
                state = _edited(history, state, kind, how)
            history.edit(state)
        tried["runs"] += len(history.computed)
        tried["reuses"] += len(history.states) - 1 - len(history.computed)

    check()
    print(f"{EXAMPLES} histories: {dict(tried)}")
    assert tried["put"] + tried["rewrite"] + tried["undo"] > 2 * EXAMPLES
    assert min(tried.values()) >= EXAMPLES // 4


def _edited(history: History, state: State, kind: str, how: list[Any]) -> State:
    if kind == "undo":
        return history.states[how[0] % len(history.states)]
    return state.put(*how) if kind == "put" else state.rewrite(*how)
