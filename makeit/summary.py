"""The summary that MAKEIT_SUMMARY=1 asks for: what the made functions of this process did, printed when it ends."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from makeit.durations import duration

if TYPE_CHECKING:
    from makeit.model import Call, Outcome

_ROWS = 12
_HEADINGS = ("function", "ran", "reused", "failed", "time", "saved")


class Tally:
    """How often calls ran, were reused and failed, and the seconds that this took and saved.

    `outer` are the seconds of runs that were not made in another one, so that none is counted twice; `reusing` those
    that finding and loading took.
    """

    def __init__(self) -> None:
        self.ran = self.reused = self.failed = 0
        self.seconds = self.outer = self.saved = self.reusing = 0.0

    def count(self, call: Call, outcome: Outcome) -> None:
        """Count one call."""
        if outcome.reused:
            self.reused += 1
            self.reusing += outcome.seconds
            self.saved += outcome.record.seconds if outcome.record else 0.0
            return
        if outcome.error is None:
            self.ran += 1
        else:
            self.failed += 1
        self.seconds += outcome.seconds
        self.outer += 0.0 if call.parent else outcome.seconds


# One for each thread and function, so that no two threads add to the same one, and a forked child inherits no lock.
_tallies: dict[tuple[int, str], Tally] = {}


def count(call: Call, outcome: Outcome) -> None:
    """Count one call."""
    place = threading.get_ident(), call.name
    tally = _tallies.get(place) or _tallies.setdefault(place, Tally())
    tally.count(call, outcome)


def lines() -> Iterator[str]:
    """Yield the summary of this process; nothing where no made function was called."""
    functions: dict[str, list[Tally]] = {}
    for (_, name), tally in list(_tallies.items()):
        functions.setdefault(name, []).append(tally)
    if not functions:
        return
    sums = {name: _sum(tallies) for name, tallies in functions.items()}
    yield _total(_sum(sums.values()))
    if len(sums) > 1:
        yield from _table(sorted(sums.items(), key=lambda item: (-item[1].seconds, -item[1].saved, item[0])))


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        for name, number in vars(tally).items():
            setattr(total, name, getattr(total, name) + number)
    return total


def _total(total: Tally) -> str:
    ran = f"{total.ran} ran" + (f" and {total.failed} failed" if total.failed else "")
    reused = f"{total.reused} reused in {duration(total.reusing)}"
    return f"makeit[{os.getpid()}]: {ran} in {duration(total.outer)}, {reused}; {duration(total.saved)} saved"


def _table(sums: list[tuple[str, Tally]]) -> Iterator[str]:
    rows = [_HEADINGS, *(_row(name, tally) for name, tally in sums[:_ROWS])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *numbers in rows:
        cells = [
            name.ljust(widths[0]),
            *(number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True)),
        ]
        yield f"  {'  '.join(cells)}"
    if len(sums) > _ROWS:
        yield f"  and {len(sums) - _ROWS} more functions"


def _row(name: str, tally: Tally) -> tuple[str, ...]:
    numbers = (str(number or "–") for number in (tally.ran, tally.reused, tally.failed))
    return name, *numbers, *(duration(seconds) if seconds else "–" for seconds in (tally.seconds, tally.saved))


def _print() -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines()))


#: Whether a summary is asked for; looked at once in a process.
ASKED = os.environ.get("MAKEIT_SUMMARY", "") not in ("", "0")
if ASKED:
    atexit.register(_print)
    # What the parent counted is the parent's to tell.
    getattr(os, "register_at_fork", lambda **_: None)(after_in_child=_tallies.clear)
