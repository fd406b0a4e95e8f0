"""`makeit plugins`: what is installed, and in which state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from makeit.cli import asking, terminal
from makeit.cli.terminal import Cell

if TYPE_CHECKING:
    from makeit.survey import Surveyed


_STYLES = {"ok": "green", "broken": "red", "conflicting": "yellow", "disabled": "dim"}


@click.command("plugins")
@asking.as_json
def command(as_json: bool) -> None:
    """List the installed formats and plugins: names, distributions, suffixes, hooks, state.

    Everything is imported to find out.

    \b
    Examples:
      makeit plugins
      makeit plugins --json | jq -r '.[] | select(.state != "ok") | .cause'

    Exit status: 0, or 1 where something is broken or conflicting.
    """
    from makeit.survey import survey

    found = survey()
    if as_json:
        terminal.emit(found)
    else:
        _show(found)
    if any(one.state in ("broken", "conflicting") for one in found):
        raise SystemExit(asking.WRONG)


def _show(found: list[Surveyed]) -> None:
    headings = ("distribution", "version", "formats", "suffixes", "hooks", "state")
    terminal.table(headings, map(_row, found))
    for one in found:
        if one.cause:
            terminal.say()
            terminal.say([Cell(f"{one.distribution} {one.version}", "bold"), f": {one.cause}"])


def _row(one: Surveyed) -> list[str | Cell]:
    lists = (" ".join(items) or "–" for items in (one.formats, one.suffixes, one.hooks))
    return [one.distribution, one.version, *lists, Cell(one.state, _STYLES[one.state])]
