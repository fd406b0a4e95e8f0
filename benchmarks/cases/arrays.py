"""Reuse of a call with an array as argument: one that makeit gave, one loaded anew, and one it does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

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
# What was loaded has taken the place of all else in the processor's cache, that of the floor as well.
_AFTER = {_ANEW: f"{floors.READ}, after a load", _MAPPED_ANEW: f"{floors.READ}, after a map"}
_LIMIT_S = 15e-6
# Hashing by these takes twenty times the time of makeit, and diskcache several copies: one size is enough to see it.
_SLOW_MEGABYTES = 80
# And beyond this by none: it would take half a minute a call.
_MOST_MEGABYTES = 800
_HUGE_ROUNDS = 3


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
    unknown = np.array(read(size))
    found = _reused(folder, {_TRACKED: (read, _ANEW), _MAPPED: (mapped, _MAPPED_ANEW)}, size, scale)
    if scale.name == "check":  # hashing by all tools is slow, and none of its ratios
        return found
    return found | interleaved(dict(_hashing(folder, unknown, size)), _rounds(scale, size))


def _reused(folder: Path, firsts: dict[str, tuple[Function, str]], size: int, scale: Scale) -> dict[str, Series]:
    """Time the second function of chains on the same arrays again and again, then on arrays loaded anew."""
    small = folder / "small.json"
    small.write_text('{"sum": 3.0}\n')
    # A function for each: one that gets equal arrays from two others in turn notes each time where they came from.
    seconds = {name: decorate(consume, folder, name=f"second, {name}") for name in firsts}
    calls: dict[str, Callable[[], object]] = {
        name: partial(seconds[name], first(size)) for name, (first, _) in firsts.items()
    }
    prepare(calls.values())
    found = interleaved({**calls, floors.READ: partial(floors.stat_and_read, small)}, scale.rounds)
    anew = {name: partial(_first_use, first, seconds[of], size) for of, (first, name) in firsts.items()}
    anew |= {_AFTER[name]: partial(_read_after, first, small, size) for first, name in firsts.values()}
    return found | reported(anew, _rounds(scale, size))


def _first_use(first: Function, second: Function, size: int) -> float:
    array = first(size)
    return timed(lambda: second(array))


def _read_after(first: Function, small: Path, size: int) -> float:
    array = first(size)
    seconds = timed(lambda: floors.stat_and_read(small))
    del array  # only now: to give its memory back takes longer
    return seconds


def _hashing(folder: Path, array: np.ndarray, size: int) -> Iterator[tuple[str, Callable[[], object]]]:
    yield _UNKNOWN, partial(decorate(consume, folder, name="of an untracked array"), array)
    peers = installed(JOBLIB, DISKCACHE, CHECKPOINTER, CACHIER) if size <= _SLOW_MEGABYTES else installed(JOBLIB)
    for tool in peers if size <= _MOST_MEGABYTES else ():
        yield tool.name, partial(tool.decorate(consume, folder / tool.module), array)
    yield floors.HASHED, partial(floors.hashed, array)


def _rounds(scale: Scale, size: int) -> int:
    # A second for joblib at 800 MB: fewer rounds there.
    return scale.rounds if size < 80 else min(scale.rounds, 9 if size < 800 else 5)


def _huge(folder: Path, scale: Scale) -> dict[str, Series]:
    """Time a sparse file, adopted and mapped; and as many zeros in memory, which are one page shown many times."""
    folder.mkdir()
    np.lib.format.open_memmap(folder / "huge.npy", "w+", np.float64, (scale.huge * 125_000,)).flush()
    mapped = decorate(produce, folder, "npy:huge.npy?mmap_mode=r", name="mapped", keep=1, foreign="adopt")
    found = _reused(folder, {_MAPPED: (mapped, _MAPPED_ANEW)}, scale.huge, scale)
    return found | interleaved(dict(_hashing(folder, np.zeros(scale.huge * 125_000), scale.huge)), _HUGE_ROUNDS)


def _table(size: int, found: dict[str, Series]) -> Table:
    return Table(f"Reuse with an array of {size} MB", tuple(found.values()), JOBLIB.name, floors.HASHED)


def _verdicts(size: int, found: dict[str, Series]) -> Iterator[Verdict]:
    for name in (_TRACKED, _MAPPED, _ANEW, _MAPPED_ANEW):
        if name in found:
            case = f"reuse, {name.removeprefix('makeit, ')} array of {size} MB"
            yield within(2, case, found[name], _LIMIT_S, "≤ 15 µs", found[_AFTER.get(name, floors.READ)])
    if size >= 80:
        peers = [found[JOBLIB.name]] if JOBLIB.name in found else []
        yield times(3, f"reuse, untracked array of {size} MB", found[_UNKNOWN], 1.3, found[floors.HASHED], *peers)


def _ratios(size: int, found: dict[str, Series]) -> list[Ratio]:
    return [
        ratio(f"reuse, tracked array of {size} MB", found[_TRACKED], found[floors.READ]),
        ratio(f"reuse, mapped array of {size} MB", found[_MAPPED], found[floors.READ]),
    ]
