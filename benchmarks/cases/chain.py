"""A chain of two with a large array between them: again in one process, and for the first time in a fresh one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmarks import floors
from benchmarks.findings import Findings, Series, Table, Verdict, ratio, within
from benchmarks.processes import Fresh, interpret
from benchmarks.scale import Scale
from benchmarks.subjects.arrays import consume, produce
from benchmarks.timing import interleaved, prepare, reported, timed
from benchmarks.tools import CHECKPOINTER, DISKCACHE, JOBLIB, MAKEIT, Function, installed

_READ, _MAPPED, _JOBLIB_MAPPED = "makeit, npy", "makeit, npy mapped", "joblib, mapped"
_LOAD, _FLOOR = "floor: np.load", "floor: stat, map, stat, read"
_BARE = "an interpreter that starts and ends"
# How a contender keeps: module of its adapter, function of that, folder, and file.
Ways: TypeAlias = dict[str, tuple[str, str, str, str | None]]
_PEERS = (JOBLIB, DISKCACHE, CHECKPOINTER)


def measure(folder: Path, scale: Scale) -> Findings:
    """Time both; everything was stored before."""
    size = scale.large
    ways = _ways(folder, scale)
    same = _same(folder, size, scale, ways)
    whole, fresh = _fresh(folder, size, scale, ways)
    title = f"Reuse of a chain of two with {size} MB between them"
    tables = [(f"{title}, one process", same), (f"{title}, fresh process, less imports", fresh)]
    if scale.name != "check":
        less = f"{_READ}, less its load"
        same[less] = same[_READ].minus(same[_LOAD], less)
        tables.append((f"{title}, fresh process, after the import of the tool and of NumPy", whole))
    return Findings(
        tuple(Table(name, tuple(found.values()), JOBLIB.name, _FLOOR) for name, found in tables),
        (
            _verdict(4, f"chain, {size} MB, same process", same, 1e-4),
            _verdict(5, f"chain, {size} MB, fresh process, less imports", fresh, 1e-3),
        ),
        (
            ratio("chain, one process", same[_MAPPED], same[_FLOOR]),
            # Beside an interpreter that starts: most of it is what a process does once, not what the files take.
            ratio("chain, fresh process", fresh[_MAPPED], fresh[_BARE]),
        ),
    )


def _ways(folder: Path, scale: Scale) -> Ways:
    ways: Ways = {_MAPPED: ("makeit", "decorate", str(folder / "mapped"), "npy:mapped.npy?mmap_mode=r")}
    if scale.name != "check":
        ways[_READ] = ("makeit", "decorate", str(folder / "read"), "npy:read.npy")
        ways |= {tool.name: (tool.module, "decorate", str(folder / tool.module), None) for tool in installed(*_PEERS)}
        ways[_JOBLIB_MAPPED] = ("joblib", "mapped", str(folder / "joblib"), None)
    return ways


def _same(folder: Path, size: int, scale: Scale, ways: Ways) -> dict[str, Series]:
    calls: dict[str, Callable[[], object]] = {}
    for name, (module, how, place, file) in ways.items():
        Path(place).mkdir(exist_ok=True)
        tool = next(tool for tool in (MAKEIT, *_PEERS) if tool.module == module)
        decorated = getattr(tool.adapter, how)
        calls[name] = partial(_chain, decorated(produce, Path(place), file), decorated(consume, Path(place)), size)
    prepare(calls.values())
    small = folder / "small.json"
    small.write_text('{"sum": 3.0}\n')
    array = folder / "mapped" / "mapped.npy"
    calls[_LOAD] = partial(np.load, array)
    calls[_FLOOR] = partial(floors.reused_chain, array, small)
    return interleaved(calls, min(scale.rounds, 15))


def _chain(first: Function, second: Function, size: int) -> float:
    found: float = second(first(size))
    return found


def _fresh(folder: Path, size: int, scale: Scale, ways: Ways) -> tuple[dict[str, Series], dict[str, Series]]:
    """Return what fresh processes took, with the imports on the way and without."""
    whole = {name: Fresh("arrays.chain", (*way, size)) for name, way in ways.items()}
    less = {name: child.less_imports() for name, child in whole.items()}
    files = str(folder / "mapped" / "mapped.npy"), str(folder / "small.json")
    less[_FLOOR] = Fresh("arrays.reused_chain", files).less_imports()
    starts = {_BARE: partial(timed, partial(interpret, "pass"))}
    found = reported({**less, **starts}, scale.processes)
    return {} if scale.name == "check" else reported(whole, scale.processes), found


def _verdict(row: int, case: str, found: dict[str, Series], limit: float) -> Verdict:
    peers = [found[name] for name in (JOBLIB.name, _FLOOR) if name in found]
    return within(row, case, found[_MAPPED], limit, f"≤ {limit * 1e3:g} ms", *peers)
