"""`makeit ls`: which calls are stored, where their results are, how large and old they are, and in which state."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

import click

from makeit.cli import amounts, asking, completion, listing, states, terminal
from makeit.cli.listing import Choice, Listed
from makeit.cli.terminal import Cell


@click.command("ls")
@asking.targets()
@click.option("--outputs", is_flag=True, help="A row for each file instead of each call.")
@click.option(
    "--function", "functions", multiple=True, metavar="NAME", shell_complete=completion.of_functions,
    help="Only calls of this function, with or without its module; * and ? as in names of files. May be repeated.",
)  # fmt: skip
@click.option(
    "--state", "wanted", multiple=True, type=states.named, metavar="STATE",
    shell_complete=completion.of_states,
    help=f"Only calls in this state: {states.NAMES}. May be repeated.",
)  # fmt: skip
@click.option("--under", type=click.Path(), metavar="FOLDER", help="Only calls with a file in this folder or below.")
@click.option("--older-than", callback=amounts.seconds, metavar="AGE", help="Only calls that ran longer ago, as in 3d.")
@click.option(
    "--newer-than", callback=amounts.seconds, metavar="AGE", help="Only calls that ran since then, as in 12h."
)
@click.option(
    "--larger-than", callback=amounts.size, metavar="SIZE", help="Only calls whose files are larger, as in 100MB."
)
@click.option(
    "--sort", type=click.Choice(["name", *listing.KEYS]), default="name", show_default=True,
    help="By the name of the output; or the largest, the oldest, the one that took longest first; or by state.",
)  # fmt: skip
@click.option("--reverse", is_flag=True, help="In the opposite order.")
@click.option("--quick", is_flag=True, help="Load no modules: what files alone cannot tell is unknown, then.")
@asking.as_json
def command(
    targets: tuple[str, ...],
    outputs: bool,
    functions: tuple[str, ...],
    wanted: tuple[str, ...],
    under: str | None,
    older_than: float | None,
    newer_than: float | None,
    larger_than: float | None,
    sort: str,
    reverse: bool,
    quick: bool,
    as_json: bool,
) -> None:
    """List stored calls: their state, files, size, how long ago they ran, and how long that took.

    Without a target, those of the whole project. The state is that of code, input files and outputs as they are now:
    the modules of the functions are loaded, but no function is run.

    \b
    Examples:
      makeit ls
      makeit ls derivatives/sub-01 --sort size
      makeit ls smooth 'fit (sub-*)' --state code-changed
      makeit ls --larger-than 100MB --older-than 30d --json | jq -r '.[].outputs[]'

    Exit status: 0, or 2 for a target that nothing is known of.
    """
    now = time.time()
    choice = Choice(
        functions,
        wanted,
        under,
        float("-inf") if newer_than is None else now - newer_than,
        float("inf") if older_than is None else now - older_than,
        -1 if larger_than is None else larger_than,
    )
    rows = listing.listed(targets, asking.catalogue(), choice, quick=quick, each_file=outputs)
    in_order = listing.ordered(rows, sort, reverse=reverse)
    if as_json:
        terminal.emit(in_order)
    else:
        _show(in_order, now)


class _Sum:
    """What rows come to, added up as they are printed."""

    rows = 0
    size = 0
    seconds = 0.0

    def over(self, rows: Iterable[Listed]) -> Iterator[Listed]:
        for row in rows:
            self.rows += 1
            self.size += row.size
            self.seconds += row.seconds
            yield row


def _show(rows: Iterable[Listed], now: float) -> None:
    total = _Sum()
    headings = ("state", "call", "files", "size", "age", "took")
    terminal.table(headings, (_cells(row, now) for row in total.over(rows)), right=headings[3:])
    if terminal.is_terminal():
        took = terminal.duration(total.seconds)
        terminal.say(f"{total.rows} rows, {terminal.size(total.size)}, {took} to compute", "dim")


def _cells(row: Listed, now: float) -> list[Cell | str]:
    return [
        Cell(row.state, states.STYLES[row.state]),
        row.call,
        Cell("kept", "dim") if row.kept else Cell(_together(row.outputs)),
        terminal.size(row.size),
        terminal.age(now - row.started),
        terminal.duration(row.seconds),
    ]


def _together(paths: tuple[str, ...]) -> str:
    """Return paths in one text; those of one folder as a shell expands them: `folder/{one,other}`."""
    folders = {os.path.dirname(path) for path in paths}
    if len(paths) < 2 or len(folders) > 1:
        return ", ".join(paths)
    return os.path.join(*folders, "{" + ",".join(map(os.path.basename, paths)) + "}")
