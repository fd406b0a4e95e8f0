"""Reuse of a call with an array as argument: one that makeit gave, one loaded anew, and one it does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import floors
from benchmarks.findings import Findings, Ratio, Series, Table, Verdict, ratio, times, within
from benchmarks.scale import Scale
from benchmarks.subjects.arrays import consume, produce
from benchmarks.timing import interleaved, prepare, reported, timed
from benchmarks.tools import CACHIER, CHECKPOINTER, DISKCACHE, JOBLIB, Function, installed
from benchmarks.tools.makeit import decorate

_TRACKED, _MAPPED, _ANEW, _MAPPED_ANEW, _UNKNOWN = (
    "makeit, tracked",
    "makeit, tracked, mapped",
    "makeit, reloaded",
    "makeit, reloaded, mapped",
    "makeit, untracked",
)
_LIMIT_S = 15e-6
# Hashing by these takes twenty times the time of makeit, and diskcache several copies: one size is enough to see it.
_SLOW_MEGABYTES = 80


def measure(folder: Path, scale: Scale) -> Findings:
    """Time every size, from the smallest to the huge one that is only mapped."""
    tables: list[Table] = []
    verdicts: list[Verdict] = []
    ratios: list[Ratio] = []
    for size in scale.megabytes:
        found = _measure(folder / f"{size}MB", size, scale)
        tables.append(_table(size, found))
        verdicts += _verdicts(size, found)
        ratios += _ratios(size, found) if scale.name == "check" else []
    if scale.huge:
        found = _huge(folder / "huge", scale)
        tables.append(_table(scale.huge, found))
        verdicts += _verdicts(scale.huge, found)
    return Findings(tuple(tables), tuple(verdicts), tuple(ratios))


def _measure(folder: Path, size: int, scale: Scale) -> dict[str, Series]:
    folder.mkdir()
    read = decorate(produce, folder, f"npy:read{size}.npy", name="read", keep=1)
    mapped = decorate(produce, folder, f"npy:mapped{size}.npy?mmap_mode=r", name="mapped", keep=1)
    second = decorate(consume, folder)
    arrays = {_TRACKED: read(size), _MAPPED: mapped(size)}
    prepare(partial(second, array) for array in arrays.values())
    found = interleaved(_fast(folder, arrays, second), scale.rounds)
    anew = {_ANEW: partial(_first_use, read, second, size), _MAPPED_ANEW: partial(_first_use, mapped, second, size)}
    found |= reported(anew, _rounds(scale, size))
    unknown = np.array(arrays[_TRACKED])
    return found | interleaved(dict(_hashing(folder, unknown, second, size)), _rounds(scale, size))


def _fast(folder: Path, arrays: dict[str, Any], second: Function) -> dict[str, Callable[[], object]]:
    small = folder / "small.json"
    small.write_text('{"sum": 3.0}\n')
    calls: dict[str, Callable[[], object]] = {name: partial(second, array) for name, array in arrays.items()}
    return calls | {floors.READ: lambda: floors.stat_and_read(small)}


def _first_use(first: Function, second: Function, size: int) -> float:
    array = first(size)
    return timed(lambda: second(array))


def _hashing(
    folder: Path, array: np.ndarray, second: Function, size: int
) -> Iterator[tuple[str, Callable[[], object]]]:
    yield _UNKNOWN, partial(second, array)
    peers = installed(JOBLIB, DISKCACHE, CHECKPOINTER, CACHIER) if size <= _SLOW_MEGABYTES else installed(JOBLIB)
    for tool in peers:
        yield tool.name, partial(tool.decorate(consume, folder / tool.module), array)
    yield floors.HASHED, partial(floors.hashed, array)


def _rounds(scale: Scale, size: int) -> int:
    # A second for joblib at 800 MB: fewer rounds there.
    return scale.rounds if size < 80 else min(scale.rounds, 9 if size < 800 else 5)


def _huge(folder: Path, scale: Scale) -> dict[str, Series]:
    """Time an array that nothing has ever read: a sparse file, adopted, and mapped twice over."""
    folder.mkdir()
    _sparse(folder / "huge.npy", scale.huge)
    mapped = decorate(produce, folder, "npy:huge.npy?mmap_mode=r", keep=1, foreign="adopt")
    second = decorate(consume, folder)
    array = mapped(scale.huge)
    prepare([partial(second, array)])
    found = interleaved(_fast(folder, {_MAPPED: array}, second), scale.rounds)
    found |= reported({_MAPPED_ANEW: partial(_first_use, mapped, second, scale.huge)}, _rounds(scale, scale.huge))
    unknown = np.load(folder / "huge.npy").view() if scale.huge < 100 else np.load(folder / "huge.npy", mmap_mode="r")
    calls = {_UNKNOWN: partial(second, unknown), floors.HASHED: partial(floors.hashed, unknown)}
    return found | interleaved(calls, 2)


def _sparse(path: Path, megabytes: int) -> None:
    np.lib.format.open_memmap(path, "w+", np.float64, (megabytes * 125_000,)).flush()


def _table(size: int, found: dict[str, Series]) -> Table:
    return Table(f"Reuse with an array of {size} MB", tuple(found.values()), JOBLIB.name, floors.HASHED)


def _verdicts(size: int, found: dict[str, Series]) -> Iterator[Verdict]:
    for name in (_TRACKED, _MAPPED, _ANEW, _MAPPED_ANEW):
        if name in found:
            case = f"reuse, {name.removeprefix('makeit, ')} array of {size} MB"
            yield within(2, case, found[name], _LIMIT_S, "≤ 15 µs", found[floors.READ])
    if size >= 80:
        peers = [found[JOBLIB.name]] if JOBLIB.name in found else []
        yield times(3, f"reuse, untracked array of {size} MB", found[_UNKNOWN], 1.3, found[floors.HASHED], *peers)


def _ratios(size: int, found: dict[str, Series]) -> list[Ratio]:
    return [
        ratio(f"reuse, tracked array of {size} MB", found[_TRACKED], found[floors.READ]),
        ratio(f"reuse, mapped array of {size} MB", found[_MAPPED], found[floors.READ]),
        ratio(f"reuse, untracked array of {size} MB", found[_UNKNOWN], found[floors.HASHED]),
    ]
