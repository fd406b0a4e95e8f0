"""Runs that save a large array: what keeping takes beside a plain save that reaches the disk, too."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import floors
from benchmarks.findings import Findings, Ratio, Series, Table, Verdict, ratio, times
from benchmarks.scale import Scale
from benchmarks.subjects.arrays import numbered
from benchmarks.timing import reported, timed
from benchmarks.tools import DISKCACHE, JOBLIB, Function, Tool, installed
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
    kept = decorate(numbered, folder, "npy:kept.npy", ignore="array", keep=1)
    contenders = {
        _KEPT: partial(_run, kept, array, itertools.count()),
        floors.SAVED: partial(timed, partial(floors.saved, folder / "plain.npy", array)),
    }
    if scale.name != "check":
        peers = installed(JOBLIB, DISKCACHE) if size <= _PICKLED_MEGABYTES else installed(JOBLIB)
        contenders |= {tool.name: partial(_run_anew, tool, folder / tool.module, array) for tool in peers}
    for contender in contenders.values():
        contender()
    return reported(contenders, scale.rounds if size < 80 else 11 if size < 800 else 5)


def _run(cached: Function, array: np.ndarray, numbers: Iterator[int]) -> float:
    number = next(numbers)
    return timed(lambda: cached(array, number))


def _run_anew(tool: Tool, folder: Path, array: np.ndarray) -> float:
    """Run once in a new folder, and remove it: what these keep beside each other would fill the disk."""
    ignored = {JOBLIB: ["array"], DISKCACHE: {0, "array"}}[tool]
    cached = tool.adapter.decorate(numbered, folder, ignore=ignored)
    cached(array[:1], -1)
    seconds = timed(lambda: cached(array, 0))
    shutil.rmtree(folder)
    return seconds
