"""`makeit plugins`: what is installed, and in which state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from makeit.survey import Surveyed


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the installed formats and plugins: names, distributions, suffixes, hooks, state.

    Everything is imported to find out. Exit status 1 where something is broken or conflicting.
    """
    from attrs import asdict

    from makeit.survey import survey

    found = survey()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        _show(found)
    if any(one.state in ("broken", "conflicting") for one in found):
        raise SystemExit(1)


def _show(found: list[Surveyed]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("distribution", "version", "formats", "suffixes", "hooks", "state"):
        table.add_column(heading, overflow="fold")
    styles = {"ok": "green", "broken": "red", "conflicting": "yellow", "disabled": "dim"}
    for one in found:
        lists = (" ".join(items) or "–" for items in (one.formats, one.suffixes, one.hooks))
        table.add_row(one.distribution, one.version, *lists, f"[{styles[one.state]}]{one.state}[/]")
    console = Console()
    console.print(table)
    for one in found:
        if one.cause:
            console.print(f"\n{one.distribution} {one.version}: {one.cause}", markup=False, soft_wrap=True)
