"""How the command prints: tables that fold in a terminal and stay plain in a pipe, colours, and JSON."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
from attrs import frozen

from makeit.durations import duration as duration

_GAP = "  "
_NARROWEST = 16


@frozen
class Cell:
    """A text and the style, such as `bold red`, that it has where there are colours."""

    text: str
    style: str = ""


def is_terminal() -> bool:
    """Tell whether a person reads standard output."""
    return sys.stdout.isatty()


def is_coloured() -> bool:
    """Tell whether standard output shows colours: a terminal does, unless NO_COLOR or TERM=dumb says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal() and os.environ.get("TERM") != "dumb")


def width() -> int:
    """Return how many columns a line has room for: those of the terminal, or COLUMNS."""
    return shutil.get_terminal_size().columns


def styled(text: str, style: str) -> str:
    """Return a text in a style, such as `bold red`, where there are colours, and as it is elsewhere."""
    if not style or not is_coloured():
        return text
    words = style.split()
    colour = next((word for word in words if word not in ("bold", "dim")), None)
    return click.style(text, fg=colour, bold="bold" in words or None, dim="dim" in words or None)


def say(text: str = "", style: str = "") -> None:
    """Print a line."""
    click.echo(styled(text, style), color=is_coloured())


def emit(found: Any) -> None:
    """Print one JSON value: classes as objects, and anything that can be iterated over as an array, row by row."""
    import msgspec

    def text(item: Any) -> str:
        return msgspec.json.format(msgspec.json.encode(item), indent=2).decode()

    if isinstance(found, Iterable) and not isinstance(found, str | bytes | dict):
        before = "["
        for item in found:
            click.echo(before + "\n  " + text(item).replace("\n", "\n  "), nl=False)
            before = ","
        click.echo("[]" if before == "[" else "\n]")
    else:
        click.echo(text(found))


def table(headings: Sequence[str], rows: Iterable[Sequence[str | Cell]], *, right: Sequence[str] = ()) -> None:
    """Print rows under headings, columns aligned; those named in `right` to the right.

    In a terminal what is too wide is folded in its widest columns; elsewhere every row is one line, however long.
    """
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *([c.text for c in row] for row in cells), strict=True)]
    if is_terminal():
        widths = _fitted(widths, width())
    sides = [heading in right for heading in headings]
    for row in ([Cell(heading, "bold") for heading in headings], *cells):
        click.echo("\n".join(_lines(row, widths, sides)), color=is_coloured())


def _fitted(widths: list[int], room: int) -> list[int]:
    """Take columns from the widest ones until a row fits."""
    widths = list(widths)
    while sum(widths) + len(_GAP) * (len(widths) - 1) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(row: Sequence[Cell], widths: Sequence[int], sides: Sequence[bool]) -> Iterable[str]:
    folded = [_folded(cell.text, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, folded))):
        line, blanks = "", ""
        for cell, pieces, width, right in zip(row, folded, widths, sides, strict=True):
            piece = pieces[number] if number < len(pieces) else ""
            fill = " " * (width - len(piece))
            line += blanks + (fill if right else "") + styled(piece, cell.style)
            blanks = _GAP + ("" if right else fill)
        yield line.rstrip()


def _folded(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width`, at a space or after a slash where there is one."""
    lines = []
    while len(text) > width:
        cut = max(text.rfind(" ", 1, width + 1), text.rfind("/", 1, width) + 1, 0) or width
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*lines, text]


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
