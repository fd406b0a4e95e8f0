"""Several processes at once: each with calls of its own, all with the same new calls, and all with stored ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.findings import Findings, Series, Table
from benchmarks.processes import Children
from benchmarks.scale import Scale
from benchmarks.timing import Parts, reported_parts
from benchmarks.tools import CHECKPOINTER, DISKCACHE, JOBLIB, MAKEIT, Tool, installed

_FLOOR = "floor: two small files each"
_OWN, _SAME, _STORED = "each stores calls of its own", "all make the same new calls", "all reuse the same calls"
_CALLS = 500


def measure(folder: Path, scale: Scale) -> Findings:
    """Time from the first that begins to the last that ends, per call of a process."""
    count = min(_CALLS, scale.calls)
    folders = (folder / str(number) for number in itertools.count())
    tools = installed(MAKEIT, JOBLIB, DISKCACHE, CHECKPOINTER)
    contenders: Parts = {tool.name: partial(_walls, tool, folders, scale.callers, count) for tool in tools}
    floor: Parts = {_FLOOR: partial(_floor, folders, scale.callers, count)}
    found = reported_parts({**contenders, **floor}, min(scale.processes, 5))
    return Findings(tuple(_table(scale, title, several) for title, several in found.items()))


def _walls(tool: Tool, folders: Iterator[Path], callers: int, count: int) -> dict[str, float]:
    folder = str(next(folders))
    own = [(tool.module, folder, caller * count, count) for caller in range(callers)]
    same = [(tool.module, folder, callers * count, count)] * callers
    found = {_OWN: _wall("calls.together", own), _SAME: _wall("calls.together", same)}
    found[_STORED] = _wall("calls.together", same)
    return {part: seconds / count for part, seconds in found.items()}


def _floor(folders: Iterator[Path], callers: int, count: int) -> dict[str, float]:
    return {_OWN: _wall("calls.files_together", [(str(next(folders)), count) for _ in range(callers)]) / count}


def _wall(work: str, arguments: list[tuple[Any, ...]]) -> float:
    children = Children(work, arguments)
    children.begin()
    began, ended = zip(*children.values(), strict=True)
    return float(max(ended) - min(began))


def _table(scale: Scale, title: str, found: dict[str, Series]) -> Table:
    whole = f"{scale.callers} processes at once, {title}, wall time per call of a process"
    return Table(whole, tuple(found.values()), JOBLIB.name, _FLOOR)
