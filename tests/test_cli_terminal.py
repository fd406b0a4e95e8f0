"""How the command prints: in a terminal, in a pipe, without colours, in a poor locale, and when it is cut off."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from makeit import cli, make
from makeit.cli import asking, terminal
from makeit.cli.characters import columns, folded, visible
from makeit.cli.layout import Layout
from makeit.cli.terminal import Cell
from tests.stored_steps import make_all, makeit

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
EVIL = "evil\x1b[31m\x9b2J\r\n\u202e\u2028\udc80\x7f"
COMMAND = [sys.executable, "-W", "error", "-m", "makeit"]


class Screen(io.TextIOWrapper):
    """Standard output of a given kind."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__(io.BytesIO(), "utf-8", write_through=True)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


Printed = Callable[..., list[str]]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Printed:
    """Print with a number of columns, in a terminal unless they are None; return the lines."""

    def lines(columns: int | None, printing: Callable[[], None], **environment: str) -> list[str]:
        screen = Screen(is_terminal=columns is not None)
        monkeypatch.setattr(sys, "stdout", screen)
        for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"COLUMNS": str(columns or 80), **environment}.items():
            monkeypatch.setenv(name, value)
        printing()
        return screen.buffer.getvalue().decode().split("\n")[:-1]

    return lines


ROWS = [
    ["current", "smooth (sub-01)", "derivatives/sub-01/func/sub-01_task-blocks_desc-smooth_bold.nii", "86 kB"],
    [Cell("code changed", "yellow"), "日本語のなまえ (sub-01)", "derivatives/" + "日本語" * 20 + ".nii", "1.5 GB"],
    ["foreign", f"{EVIL} (e\u0301)", "x" * 300, "8 B"],
    ["missing", "", "", ""],
]
HEADINGS = ("state", "call", "files", "size")


def show() -> None:
    terminal.table(HEADINGS, ROWS, right=("size",))


def width(line: str) -> int:
    """Count the columns of a line by what Unicode says of each character."""
    text = ESCAPES.sub("", line)
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    return len(text) + wide - sum(bool(unicodedata.combining(one)) for one in text)


@pytest.mark.parametrize("columns", [40, 60, 80, 132])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_left_out(printed: Printed, columns: int) -> None:
    lines = printed(columns, show, NO_COLOR="1")
    assert max(map(width, lines)) <= columns
    letters = "".join(lines).replace(" ", "")
    assert letters.count("x") >= 300
    assert letters.count("日本語") >= 15  # breaks fall into the others
    assert letters.count("語") == 21


def test_columns_are_aligned_whatever_characters_they_hold(printed: Printed) -> None:
    lines = printed(None, show)
    assert len(lines) == 1 + len(ROWS)
    ends = {width(line) for line in lines[:-1]}
    assert len(ends) == 1
    files = zip(lines[:4], ("files", "deriv", "deriv", "xxx"), strict=True)
    assert len({width(line.partition(name)[0]) for line, name in files}) == 1


def test_a_terminal_too_narrow_for_columns_gets_a_block_for_each_row(printed: Printed) -> None:
    lines = printed(30, show, NO_COLOR="1")
    assert lines[:2] == ["state  current", "call   smooth (sub-01)"]
    assert lines[2] == "files  derivatives/sub-01/"
    assert "size   1.5 GB" in lines
    assert max(map(width, lines)) <= 30


def test_names_are_broken_at_blanks_slashes_and_underscores_and_anywhere_if_need_be() -> None:
    assert folded("one two three", 8) == ["one two", "three"]
    assert folded("derivatives/sub-01/x", 14) == ["derivatives/", "sub-01/x"]
    assert folded("sub-01_task-blocks_bold", 12) == ["sub-01_", "task-blocks_", "bold"]
    assert folded("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert folded("日本語", 3) == ["日", "本", "語"]
    assert folded("e\u0301" * 3, 2) == ["e\u0301e\u0301", "e\u0301"]
    assert folded("日", 1) == ["日"]
    assert folded("", 5) == [""]


def test_columns_are_what_a_terminal_shows() -> None:
    assert [columns(text) for text in ("abc", "→ é", "日本", "e\u0301", "")] == [3, 3, 4, 1, 0]


def test_no_character_that_a_terminal_obeys_is_printed(printed: Printed) -> None:
    """A file name must not be able to clear the screen, to move the cursor, or to hide what was said."""

    def say() -> None:
        terminal.say(EVIL, "red")
        terminal.say(["call ", Cell(EVIL, "bold"), EVIL])
        terminal.emit({"name": EVIL.replace("\udc80", "")})
        show()

    for columns_, environment in ((None, {}), (80, {}), (80, {"NO_COLOR": "1"}), (None, {"FORCE_COLOR": "1"})):
        text = "\n".join(printed(columns_, say, **environment))
        assert visible(ESCAPES.sub("", text).replace("\n", "")) == ESCAPES.sub("", text).replace("\n", "")
        assert r"evil\x1b[31m\x9b2J\r\n\u202e\u2028\udc80\x7f" in "".join(ESCAPES.sub("", text).split())
    assert ("\x1b" in text) == bool(environment)


def test_what_is_refused_is_said_without_escapes_too() -> None:
    make_all()
    Path("\x1b[2J.txt").touch()
    for arguments in (
        ("ls", EVIL),
        ("ls", "\x1b[2J.txt"),
        ("-C", "\x1b[2J", "ls"),
        ("\x1b[2J",),
        ("why", "\x9b2J"),
        ("ls", "--sort", "\x1b[2J"),
    ):
        done = CliRunner().invoke(cli.main, arguments, color=True)
        assert done.exit_code == 2
        assert "\x1b" not in done.output
        assert "\x9b" not in done.output


def test_json_is_what_was_given_whatever_the_terminal() -> None:
    runner = CliRunner()
    given = {"name": "\x1b\x9b\u202e日本→", "number": 1.5}

    @click.command()
    def command() -> None:
        terminal.emit(given)
        terminal.emit(iter([given] * 501))
        terminal.emit([])

    out = runner.invoke(command).stdout_bytes
    one, many = out.index(b"[\n"), out.index(b"[]")
    assert json.loads(out[:one]) == given
    assert json.loads(out[one:many]) == [given] * 501
    assert json.loads(out[many:]) == []
    assert b"\x1b" not in out
    assert "→".encode() in out


@pytest.mark.parametrize(
    ("columns", "environment", "coloured"),
    [
        (80, {}, True),
        (80, {"NO_COLOR": "1"}, False),
        (80, {"NO_COLOR": ""}, True),
        (80, {"TERM": "dumb"}, False),
        (None, {}, False),
        (None, {"FORCE_COLOR": "1"}, True),
        (None, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_are_where_a_person_sees_them(
    printed: Printed, columns: int | None, environment: dict[str, str], coloured: bool
) -> None:
    assert any("\x1b" in line for line in printed(columns, show, **environment)) == coloured


def test_a_long_table_begins_before_its_last_row_is_there(printed: Printed) -> None:
    begun: list[bool] = []

    def rows() -> Iterator[Sequence[str]]:
        for number in range(3000):
            begun.append(bool(sys.stdout.buffer.getvalue()))  # type: ignore[attr-defined]
            yield (str(number), "x" * (number // 1000))

    lines = printed(None, lambda: terminal.table(("number", "x"), rows()))
    assert len(lines) == 3001
    assert begun[1000]
    assert lines[-1].split() == ["2999", "xx"]


def test_a_layout_knows_no_rows() -> None:
    layout = Layout.under(("state", "call"), (), 80)
    assert list(layout.lines(layout.headings)) == [[Cell("state", "bold"), Cell("  "), Cell("call", "bold")]]


def on_a_terminal(*arguments: str, columns: int, **environment: str) -> str:
    """Run the command in a pseudo-terminal of that many columns; return what it wrote there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    outside = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**outside, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(theirs)
    found = b""
    try:
        while chunk := os.read(ours, 65536):
            found += chunk
    except OSError:
        pass  # how a pseudo-terminal says that the other side is closed
    os.close(ours)
    assert process.wait() == 0, found
    return found.decode().replace("\r\n", "\n")


def test_a_real_terminal_of_80_columns_gets_colours_and_lines_that_fit() -> None:
    make_all()
    make(lambda subject: 1, name="日本語", output="json:out/{subject}/" + "very_long_name_" * 10 + ".json")("sub-01")
    text = on_a_terminal("ls", "--quick", columns=80)
    assert "\x1b[1mstate" in text
    assert max(map(width, text.splitlines())) <= 80
    assert re.search(r"7 rows, \d+ kB, .* to compute", text)
    assert "\x1b" not in on_a_terminal("ls", "--quick", "load", columns=80, NO_COLOR="1")


def test_a_reader_that_leaves_is_no_error() -> None:
    """As in `makeit ls | head -1`."""
    make_all()
    # What was not flushed is what Python complains about at its end.
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen([*COMMAND, "ls"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffered)
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 141


def test_a_locale_without_letters_gets_them_spelled_out() -> None:
    make(lambda subject: 1, name="größe", output="json:out/{subject}.json")("日→")
    arguments = [*COMMAND, "ls", "--quick"]
    poor = {**os.environ, "PYTHONIOENCODING": "iso-8859-1"}
    done = subprocess.run(arguments, capture_output=True, check=True, env=poor)
    assert "größe (\\u65e5->)".encode("iso-8859-1") in done.stdout
    done = subprocess.run([*arguments, "--json"], capture_output=True, check=True, env=poor)
    assert json.loads(done.stdout)[0]["call"] == "größe (日→)"
    poorest = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(arguments, capture_output=True, check=False, env=poorest)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"set PYTHONUTF8=1" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("cause", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_ends_with_130(cause: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        if isinstance(cause, click.Abort):
            try:
                raise KeyboardInterrupt
            except KeyboardInterrupt:
                raise cause from None  # as click does where a question is interrupted
        raise cause

    monkeypatch.setattr(asking, "catalogue", interrupted)
    done = CliRunner().invoke(cli.main, ["ls"])
    assert done.exit_code == 128 + signal.SIGINT
    assert done.stdout == ""


def test_trouble_is_one_line_and_exit_1() -> None:
    make_all()
    (Path(".makeit") / "layout").write_text("99")
    done = makeit("ls", status=1)
    assert done.stderr.startswith("Error: the cachedir ")
    assert len(done.stderr.splitlines()) == 1


def test_what_was_misspelled_is_guessed() -> None:
    assert "did you mean ls?" in makeit("lss", status=2).output
    assert "makeit --help lists them" in makeit("frobnicate", status=2).output
