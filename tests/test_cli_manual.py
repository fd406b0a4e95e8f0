"""docs/command.md says what the commands say and quotes a real session with them; every command explains itself."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from typing import Any

import click
import pytest

from makeit.cli import _COMMANDS, PURPOSES, main
from makeit.cli.states import STYLES
from makeit.review.judging import STATES

PAGE = Path(__file__).parents[1] / "docs" / "command.md"
REFILL = "to fill the page in anew: python docs/manual.py"


@pytest.fixture(scope="module")
def manual() -> Any:
    """Return the module that fills in the page."""
    spec = importlib.util.spec_from_file_location("manual", PAGE.with_name("manual.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def timeless(text: str) -> str:
    """Return a text without what differs from run to run and from machine to machine, and without alignment."""
    text = re.sub(r"it has \d+ bytes, recorded are \d+|\d+(\.\d+)? (ms|s|min|B|kB)\b", "…", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d|(python|makeit) \d[\w.]*|lab7:\d+|[0-9a-f]{12,}", "…", text)
    text = re.sub(r'"(seconds|started|size)": [\d.e-]+', r'"\1": …', text)
    return re.sub(r" +", " ", text)


def test_the_page_says_what_the_commands_say(manual: Any) -> None:
    text = PAGE.read_text()
    assert manual.with_commands(text) == text, REFILL


def test_the_page_quotes_a_real_session(manual: Any) -> None:
    blocks = manual.SESSION.findall(PAGE.read_text())
    assert len(blocks) >= 4
    for now, quoted in zip(manual.session(blocks), blocks, strict=True):
        assert timeless(now).splitlines() == timeless(quoted).splitlines(), REFILL


def commands() -> list[click.Command]:
    context = click.Context(main)
    return [main.get_command(context, name) for name in main.list_commands(context)]


def test_every_command_has_a_purpose() -> None:
    assert sorted(_COMMANDS) == sorted(name for names in PURPOSES.values() for name in names)


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_every_command_explains_itself(command: click.Command, manual: Any) -> None:
    said = inspect.cleandoc(command.help)
    assert "\b\nExamples:\n" in said
    assert f"\n  makeit {command.name}" in said
    assert "\n\nExit status: " in said
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert all(option.help for option in options)
    asks = any(option.name == "as_json" for option in options)
    assert (command.name in manual.SHAPES) == asks, f"docs/manual.py does not say what --json of {command.name} prints"


def test_every_state_is_shown_and_explained() -> None:
    assert set(STYLES) == set(STATES)
    for state in STATES:
        assert f"| {state} | " in PAGE.read_text()


def test_every_variable_of_the_environment_is_explained() -> None:
    package = Path(main.callback.__code__.co_filename).parents[1]
    read = {
        name
        for path in package.rglob("*.py")
        for name in re.findall(r"""environ\S*["'](MAKEIT_\w+|NO_COLOR|FORCE_COLOR)["']""", path.read_text())
    }
    assert read >= {"MAKEIT_CACHEDIR", "MAKEIT_STRICT", "NO_COLOR"}
    assert {name for name in read if f"`{name}" not in PAGE.read_text()} == set()
