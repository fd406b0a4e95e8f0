"""How the command prints: tables, lines with colours where they are seen, JSON, and amounts in words."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

import click

from makeit.cli.characters import visible
from makeit.cli.layout import Cell, Layout
from makeit.durations import duration

__all__ = ["Cell", "age", "duration", "emit", "is_coloured", "is_terminal", "say", "size", "styled", "table", "width"]

T = TypeVar("T")

# So many rows are printed at a time: a long list begins at once, and is never held as a whole.
_BLOCK = 500
# What JSON need not write as an escape, but a terminal would obey.
_RISKY = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")


def is_terminal() -> bool:
    """Tell whether a person reads standard output."""
    return sys.stdout.isatty()


def is_coloured() -> bool:
    """Tell whether standard output shows colours: a terminal does, unless NO_COLOR or TERM=dumb says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal() and os.environ.get("TERM") != "dumb")


def width() -> int:
    """Return how many columns a line has room for: COLUMNS, or those of the terminal."""
    return shutil.get_terminal_size().columns


def styled(text: str, style: str) -> str:
    """Return a text for `click.echo`, in a style such as `bold red` where there are colours.

    What a terminal would obey is written out; so give `say` and `table` a Cell, and never what this returns.
    """
    text = visible(text)
    if not style or not text or not is_coloured():
        return text
    words = style.split()
    colour = next((word for word in words if word not in ("bold", "dim")), None)
    return click.style(text, fg=colour, bold="bold" in words or None, dim="dim" in words or None)


def say(text: str | Cell | Sequence[str | Cell] = "", style: str = "") -> None:
    """Print a line: a text, or several one after the other, each with a style of its own."""
    parts = [text] if isinstance(text, str | Cell) else text
    click.echo(_line(part if isinstance(part, Cell) else Cell(part, style) for part in parts), color=is_coloured())


def _line(cells: Iterable[Cell]) -> str:
    return "".join(styled(cell.text, cell.style) for cell in cells)


def emit(found: Any) -> None:
    """Print one JSON value: classes as objects, and anything that can be iterated over as an array, row by row."""
    if isinstance(found, str | bytes | dict) or not isinstance(found, Iterable):
        _write(_json(found) + "\n")
        return
    before = "["
    for block in _blocks(found):
        _write("".join(f"{',' if number else before}\n  {_json(item, '  ')}" for number, item in enumerate(block)))
        before = ","
    _write("[]\n" if before == "[" else "\n]\n")


def _json(item: Any, indent: str = "") -> str:
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(item), indent=2).decode()
    return text.replace("\n", "\n" + indent)


def _write(text: str) -> None:
    # JSON is UTF-8, whatever the locale says.
    click.echo(harmless(text).encode(), nl=False)


def harmless(json: str) -> str:
    """Return JSON with what a terminal would obey written as escapes."""
    return _RISKY.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def _blocks(rows: Iterable[T]) -> Iterator[list[T]]:
    items = iter(rows)
    while block := list(islice(items, _BLOCK)):
        yield block


def table(headings: Sequence[str], rows: Iterable[Sequence[str | Cell]], *, right: Sequence[str] = ()) -> None:
    """Print rows under headings, columns aligned; those named in `right` to the right.

    In a terminal what is too wide is folded in its widest columns, and where even that is not enough, a row is a
    block of lines; elsewhere every row is one line, however long.
    """
    layout = Layout.under(headings, right, width() if is_terminal() else None)
    for block in _blocks(chain([layout.headings], map(_cells, rows))):
        layout = layout.holding(block)
        lines = [_line(line) for row in block for line in layout.lines(row)]
        if lines:
            click.echo("\n".join(lines), color=is_coloured())


def _cells(row: Sequence[str | Cell]) -> list[Cell]:
    """Return a row with what a terminal would obey written out, so that its columns can be counted."""
    cells = (cell if isinstance(cell, Cell) else Cell(cell) for cell in row)
    return [Cell(visible(cell.text), cell.style) for cell in cells]


def size(count: int) -> str:
    """Return a number of bytes for people: 812 B, 1.5 kB, 23 MB."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 999.5 or unit == "TB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 9.95 else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError


def age(seconds: float) -> str:
    """Return an age for people, in its largest unit: 12 s, 5 min, 3 h, 2 d."""
    for name, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {name}"
    return f"{max(0, int(seconds))} s"
