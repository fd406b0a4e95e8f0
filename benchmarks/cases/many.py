"""Many distinct calls: stored one after the other, reused in the same process, and in a fresh one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.findings import Findings, Ratio, Series, Table, Verdict, ratio, times
from benchmarks.processes import fresh
from benchmarks.scale import Scale
from benchmarks.timing import Parts, reported_parts
from benchmarks.tools import CHECKPOINTER, DISKCACHE, JOBLIB, MAKEIT, Tool, installed

_FLOOR = "floor: two small files each"
_STORED, _AGAIN, _LATER = "stored", "reused in the same process", "reused in a fresh process"
_NOTE = (
    "Left out are cachier, which writes all results of a function anew at each call, and Hamilton and pydra, "
    "which take tens of milliseconds for one."
)


def measure(folder: Path, scale: Scale) -> Findings:
    """Time whole passes, each of storing in a new folder; interpreters and imports are left out."""
    tools = (MAKEIT, *(() if scale.name == "check" else installed(JOBLIB, DISKCACHE, CHECKPOINTER)))
    folders = (folder / str(number) for number in itertools.count())
    contenders: Parts = {tool.name: partial(_passes, tool, folders, scale.calls) for tool in tools}
    floor: Parts = {_FLOOR: partial(_floor, folders, scale.calls)}
    found = reported_parts({**contenders, **floor}, min(scale.processes, 3))
    return Findings(
        tuple(_table(scale, title, several) for title, several in found.items()),
        tuple(_verdict(scale, title, several) for title, several in found.items() if JOBLIB.name in several),
        tuple(_ratio(title, several) for title, several in found.items()),
    )


def _passes(tool: Tool, folders: Iterator[Path], count: int) -> dict[str, float]:
    folder = str(next(folders))
    said = fresh("calls.many", tool.module, folder, -1, 0)
    stored, again = fresh("calls.many", tool.module, folder, count, modules=said.imported).value
    later, _ = fresh("calls.many", tool.module, folder, count, modules=said.imported).value
    return {_STORED: stored, _AGAIN: again, _LATER: later}


def _floor(folders: Iterator[Path], count: int) -> dict[str, float]:
    folder = str(next(folders))
    stored, again = fresh("calls.many_files", folder, count).value
    return {_STORED: stored, _AGAIN: again, _LATER: fresh("calls.look", folder, count).value}


def _table(scale: Scale, title: str, found: dict[str, Series]) -> Table:
    whole = f"{scale.calls:,} distinct calls {title}, all together"
    return Table(whole, tuple(found.values()), JOBLIB.name, _FLOOR, note=_NOTE)


def _verdict(scale: Scale, title: str, found: dict[str, Series]) -> Verdict:
    factor = 0.6 if title == _STORED else 0.3
    case = f"{scale.calls:,} distinct calls {title}"
    return times(9, case, found[MAKEIT.name], factor, found[JOBLIB.name], found[_FLOOR])


def _ratio(title: str, found: dict[str, Series]) -> Ratio:
    return ratio(f"many calls {title}", found[MAKEIT.name], found[_FLOOR])
