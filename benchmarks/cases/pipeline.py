"""A pipeline of a thousand steps in a fresh process, with nothing to do, and with one leaf changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.findings import Findings, Series, Table, ratio, within
from benchmarks.processes import Fresh, fresh
from benchmarks.scale import Scale
from benchmarks.subjects.steps import STEPS
from benchmarks.timing import reported
from benchmarks.tools import CHECKPOINTER, DISKCACHE, JOBLIB, MAKEIT, installed

_FLOOR = "floor: stat and read two files a step"
_LIMIT_S = 40e-3


def measure(folder: Path, scale: Scale) -> Findings:
    """Time both, after everything was stored; interpreters and imports are left out."""
    steps = scale.subjects * len(STEPS) + 1
    peers = () if scale.name == "check" else installed(JOBLIB, DISKCACHE, CHECKPOINTER)
    idle: dict[str, Callable[[], float]] = {}
    changed: dict[str, Callable[[], float]] = {}
    for tool in (MAKEIT, *peers):
        arguments = tool.module, str(folder / tool.module), scale.subjects
        fresh("pipeline.run", *arguments, scale.subjects)
        child = Fresh("pipeline.run", (*arguments, scale.subjects)).less_imports()
        idle[tool.name] = child
        changed[tool.name] = partial(_changed, child, iter(range(10**6, 10**9)))
    fresh("calls.many_files", str(folder / "floor"), steps)
    idle[_FLOOR] = Fresh("calls.look", (str(folder / "floor"), steps))
    found = reported(idle, scale.processes)
    less = {} if scale.name == "check" else reported(changed, scale.processes)
    return Findings(
        _tables(steps, found, less),
        (
            within(
                10, f"{steps}-step pipeline, nothing to do", found[MAKEIT.name], _LIMIT_S, "≤ 40 ms", *_beside(found)
            ),
        ),
        (ratio("pipeline, nothing to do", found[MAKEIT.name], found[_FLOOR]),),
    )


def _changed(child: Fresh, numbers: Iterator[int]) -> float:
    return Fresh(child.work, (*child.arguments[:-1], next(numbers)), child.modules)()


def _beside(found: dict[str, Series]) -> tuple[Series, ...]:
    return tuple(found[name] for name in (JOBLIB.name, DISKCACHE.name, _FLOOR) if name in found)


def _tables(steps: int, idle: dict[str, Series], changed: dict[str, Series]) -> tuple[Table, ...]:
    title = f"Pipeline of {steps} steps in a fresh process, less imports"
    note = f"One leaf changed: {len(STEPS)} steps on it and the last one run."
    tables = (
        Table(f"{title}, nothing to do", tuple(idle.values()), JOBLIB.name, _FLOOR),
        Table(f"{title}, one leaf changed", tuple(changed.values()), JOBLIB.name, note=note),
    )
    return tables if changed else tables[:1]
