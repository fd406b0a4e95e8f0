"""Runs that save a large array: what keeping takes beside a plain save that reaches the disk, too."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import floors
from benchmarks.findings import Findings, Ratio, Series, Table, Verdict, ratio, times
from benchmarks.scale import Scale
from benchmarks.subjects.arrays import numbered
from benchmarks.timing import interleaved
from benchmarks.tools import DISKCACHE, JOBLIB, Tool, installed
from benchmarks.tools.makeit import decorate

_KEPT = "makeit, npy"
# diskcache pickles the array in memory, and puts it beside: one size is enough to see it.
_PICKLED_MEGABYTES = 80


def measure(folder: Path, scale: Scale) -> Findings:
    """Time every size; the array is no part of the call, a number is, so that all tools run and save each time."""
    tables: list[Table] = []
    verdicts: list[Verdict] = []
    ratios: list[Ratio] = []
    for size in scale.saved:
        found = _measure(folder / f"{size}MB", size, scale)
        floor = found[floors.SAVED]
        tables.append(Table(f"Run that saves {size} MB", tuple(found.values()), JOBLIB.name, floor.name))
        peers = [found[JOBLIB.name]] if JOBLIB.name in found else []
        verdicts.append(times(7, f"run that saves {size} MB", found[_KEPT], 1.25, floor, *peers))
        ratios.append(ratio(f"run that saves {size} MB", found[_KEPT], floor))
    return Findings(tuple(tables), tuple(verdicts), tuple(ratios))


def _measure(folder: Path, size: int, scale: Scale) -> dict[str, Series]:
    folder.mkdir()
    array = np.random.default_rng(0).random(size * 125_000)
    calls: dict[str, Callable[[], object]] = {
        _KEPT: _saving(decorate(numbered, folder, "npy:kept.npy", ignore="array", keep=1), array),
        floors.SAVED: partial(floors.saved, folder / "plain.npy", array),
    }
    if scale.name != "check":
        peers = installed(JOBLIB, DISKCACHE) if size <= _PICKLED_MEGABYTES else installed(JOBLIB)
        calls |= {tool.name: _saving(_ignoring(tool, folder), array) for tool in peers}
    return interleaved(calls, scale.rounds if size < 80 else 11 if size < 800 else 5)


def _ignoring(tool: Tool, folder: Path) -> Callable[..., object]:
    ignored = {JOBLIB: ["array"], DISKCACHE: {0, "array"}}[tool]
    cached: Callable[..., object] = tool.adapter.decorate(numbered, folder / tool.module, ignore=ignored)
    return cached


def _saving(cached: Callable[..., object], array: np.ndarray) -> Callable[[], object]:
    numbers = itertools.count()
    return lambda: cached(array, next(numbers))
