"""Peaks of memory: what a path takes beyond the data that it was given and gives back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.findings import Findings, Series, Table, Verdict
from benchmarks.processes import Children, fresh
from benchmarks.scale import Scale
from benchmarks.tools import CHECKPOINTER, DISKCACHE, JOBLIB, MAKEIT, installed

_SHARE = 0.05
_SAMPLE_S = 0.0005
_CHAIN = "arrays.chain_in_memory"
_FILES = ("npy:kept.npy", "npy:read.npy", "npy:mapped.npy?mmap_mode=r")
_NOTE = "Most anonymous memory, beyond that before the call and beyond the data that it loads; one run each."


@frozen
class Way:
    """One path of one tool: the child, its arguments, and the bytes of new data that it ends with."""

    name: str
    path: str
    work: str
    arguments: tuple[Any, ...]
    data: int


def measure(folder: Path, scale: Scale) -> Findings:
    """Watch the anonymous memory of a fresh process for each path, from outside; mapped files are not in it."""
    size = scale.megabytes[-1]
    found = [(way, _peak(way)) for way in _ways(folder, size)]
    tables = (_table(path, found) for path in dict.fromkeys(way.path for way, _ in found))
    mine = (_verdict(way, peak, size * 1e6) for way, peak in found if way.name.startswith(MAKEIT.name))
    return Findings(tuple(tables), tuple(mine))


def _ways(folder: Path, size: int) -> Iterator[Way]:
    given, kept, passed = (
        f"an argument of {size} MB that was never seen",
        f"a result of {size} MB kept",
        f"a result of {size} MB loaded, and passed on",
    )
    data = size * 1_000_000
    for tool in installed(MAKEIT, JOBLIB, DISKCACHE, CHECKPOINTER):
        place = str(folder / tool.module)
        file, read, mapped = _FILES if tool == MAKEIT else (None, None, None)
        yield Way(tool.name, given, "arrays.run_with_argument", (tool.module, place, size), 0)
        yield Way(tool.name, kept, "arrays.run_and_keep", (tool.module, place, file, size), 0)
        yield Way(tool.name, passed, _CHAIN, (tool.module, "decorate", place, read, size), data)
        if tool in (MAKEIT, JOBLIB):
            how = "decorate" if tool == MAKEIT else "mapped"
            yield Way(f"{tool.name}, mapped", passed, _CHAIN, (tool.module, how, f"{place}-mapped", mapped, size), 0)


def _table(path: str, found: list[tuple[Way, float]]) -> Table:
    series = tuple(Series(way.name, (peak,)) for way, peak in found if way.path == path)
    return Table(f"Peak of memory, {path}", series, JOBLIB.name, unit="B", note=_NOTE)


def _peak(way: Way) -> float:
    if way.work == _CHAIN:
        fresh("arrays.chain", *way.arguments)
    children = Children(way.work, [way.arguments])
    before = peak = _anonymous(children.ids[0])
    children.begin()
    while children.running:
        peak = max(peak, _anonymous(children.ids[0]))
        time.sleep(_SAMPLE_S)
    children.values()
    return float(max(0, peak - before - way.data))


def _anonymous(process: int) -> int:
    """Return the bytes of memory of a process that no file stands for; 0 when it has just ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")), 0)


def _verdict(way: Way, peak: float, data: float) -> Verdict:
    case, share = f"{way.name}: {way.path}", f"{peak / data:.1%} of the data"
    return Verdict(12, case, peak, _SHARE * data, "< 5 % of the data", share, "B")
