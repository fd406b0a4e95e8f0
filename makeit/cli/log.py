"""`makeit log`: what ran, when, how long, why and in which process, and what people did to results."""

from __future__ import annotations

import difflib
import fnmatch
import math
import re
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

import click

from makeit.cli import asking, terminal
from makeit.cli.terminal import Cell

if TYPE_CHECKING:
    from makeit.store.runs import Event

_NUMBER = 20
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_AGO = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(_UNITS)})")
_STYLES = {"failed": "red", "not kept": "yellow"}


def _moment(context: click.Context, option: click.Parameter, given: str | None) -> float | None:
    """Return the point in time that is meant: a date, with a time of day perhaps, or how long ago it was."""
    if given is None:
        return None
    ago = _AGO.fullmatch(given.strip())
    try:
        if ago:
            return time.time() - float(ago[1]) * _UNITS[ago[2]]
        return datetime.fromisoformat(given.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise click.BadParameter(
            f"{given!r} is no time; give a date as in 2026-11-01, or how long ago as in 2d, 3h or 15min"
        ) from None


@click.command("log")
@click.option("-n", "--number", type=click.IntRange(min=1), help=f"So many lines; default {_NUMBER}, with --since all.")
@click.option("--since", callback=_moment, metavar="DATE|2d|3h", help="What ended since then.")
@click.option("--function", metavar="NAME", help="Calls of this function; * and ? stand for anything.")
@click.option("--failed", is_flag=True, help="What failed or was not kept.")
@asking.as_json
def command(number: int | None, since: float | None, function: str | None, failed: bool, as_json: bool) -> None:
    """Print what ran, when, how long, why and in which process, the newest last.

    What people did to results is there, too: accepted, adopted, undone, forgotten, cleaned. What was reused is not.

    \b
    Examples:
      makeit log
      makeit log --since 2d --function smooth
      makeit log --failed --json | jq -r '.[].error'

    Exit status: 0, or 2 for a function of which nothing is logged.
    """
    from makeit.store.runs import RunLog

    log = RunLog(asking.project())
    found = _Search(function, failed).among(log.newest(-math.inf if since is None else since))
    lines = list(islice(found, number or (_NUMBER if since is None else None)))[::-1]
    if as_json:
        terminal.emit(lines)
    elif lines:
        terminal.table(("when", "took", "call", "why", "process"), map(_row, lines), right=("took",))
    else:
        click.echo("nothing is logged" + (" that fits" if since is not None or function or failed else ""), err=True)


class _Search:
    """The lines that are asked for, and the functions that were met."""

    def __init__(self, function: str | None, failed: bool) -> None:
        self._function = function
        self._failed = failed

    def among(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield the lines that fit; a click error, with similar names, where no call is of the function."""
        names: dict[str, bool] = {}
        for event in events:
            names.setdefault(event.function, self._means(event.function))
            if names[event.function] and (not self._failed or event.outcome in _STYLES):
                yield event
        if self._function is not None and not any(names.values()):
            raise _unknown(self._function, list(names))

    def _means(self, name: str) -> bool:
        wanted = self._function
        return wanted is None or any(fnmatch.fnmatchcase(each, wanted) for each in (name, name.rpartition(".")[2]))


def _unknown(function: str, names: list[str]) -> click.UsageError:
    near = difflib.get_close_matches(function, [*names, *(name.rpartition(".")[2] for name in names)], 3, 0.5)
    ways = f"did you mean {' or '.join(near)}?" if near else "makeit log -n 1000 shows what is"
    return click.UsageError(f"no call of {function!r} is logged; {ways}")


def _row(event: Event) -> tuple[str | Cell, ...]:
    took = terminal.duration(event.seconds) if event.seconds else ""
    process = f"{event.process} {event.thread}".strip()
    style = _STYLES.get(event.outcome, "")
    return _when(event.started), took, event.label or event.record, Cell(_why(event), style), process


def _when(moment: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
    except (ValueError, OverflowError, OSError):  # a line may say what no calendar knows
        return "unknown"


def _why(event: Event) -> str:
    reasons = "; ".join(reason.text for reason in event.reasons)
    if event.outcome == "ran":
        return reasons
    if event.outcome == "failed":
        return f"failed with {event.error}; ran because: {reasons}"
    did = event.outcome if event.outcome == "not kept" else f"{event.outcome} by {event.process.user}"
    return f"{did}: {reasons}" if reasons else did
