"""Completion in a shell: commands, calls, functions, modules and states, as they have to be typed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ZshComplete

from makeit.cli import main
from makeit.cli.states import STYLES
from tests.stored_steps import make_all


@pytest.fixture(autouse=True)
def stored(project: Path) -> None:
    make_all()


def completed(*words: str) -> list[str]:
    """Return what is offered for the last word."""
    items = ZshComplete(main, {}, "makeit", "_MAKEIT_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [item.value if item.type == "plain" else f"({item.type})" for item in items]


def test_commands_are_completed() -> None:
    assert completed("st") == ["status"]
    assert completed("ls", "--qu") == ["--quick"]


def test_targets_are_calls_and_functions_and_else_files() -> None:
    for command in ("ls", "why"):
        assert completed(command, "smo") == ["smooth", "smooth (sub-01)", "smooth (sub-02)"]
    assert completed("why", "smooth (sub-01)", "lo") == ["load", "load (sub-01)", "load (sub-02)"]
    assert completed("why", "out/") == ["(file)"]


def test_functions_modules_and_states_are_completed() -> None:
    assert completed("ls", "--function", "steps.") == ["steps.load", "steps.peak", "steps.smooth"]
    assert completed("ls", "--function", "pe") == ["peak"]
    assert completed("status", "st") == ["steps"]
    assert completed("status", "./") == ["(file)"]
    assert completed("ls", "--state", "") == sorted(state.replace(" ", "-") for state in STYLES)


def test_the_project_is_that_of_the_folder_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "other" / ".makeit").mkdir(parents=True)
    assert completed("-C", str(tmp_path / "other"), "ls", "smo") == ["(file)"]
    (tmp_path / "other" / ".makeit").rmdir()
    assert completed("-C", str(tmp_path / "other"), "ls", "smo") == ["(file)"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_gets_calls_with_their_blanks_and_brackets_quoted(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "makeit"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error -m makeit "$@"\n')
    command.chmod(0o755)
    script = """
        eval "$(_MAKEIT_COMPLETE=bash_source makeit)" 2> /dev/null  # there is no line to complete in
        COMP_WORDS=(makeit why 'smooth\\ \\(sub-0') COMP_CWORD=2
        _makeit_completion makeit
        printf '%s\\n' "${COMPREPLY[@]}"
        """
    path = os.pathsep.join([str(command.parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.splitlines() == [r"smooth\ \(sub-01\)", r"smooth\ \(sub-02\)"], done.stderr
