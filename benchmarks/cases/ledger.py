"""A large ledger: look-ups of calls among 100,000 records, in a process that has never seen them and again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.findings import Findings, Series, Table
from benchmarks.processes import fresh
from benchmarks.scale import Scale
from benchmarks.timing import Parts, reported_parts
from benchmarks.tools import CHECKPOINTER, DISKCACHE, JOBLIB, MAKEIT, Tool, installed

_FLOOR = "floor: stat and read two files each"
_FIRST, _AGAIN = "fresh process, less imports", "a second time in it"
# So many are looked up, evenly spread.
_LOOK_UPS = 1000


def measure(folder: Path, scale: Scale) -> Findings:
    """Store the calls once; then look some up, among all of them and among a hundredth."""
    contenders: Parts = {}
    for count in (scale.records // 100, scale.records):
        for tool in installed(MAKEIT, JOBLIB, DISKCACHE, CHECKPOINTER):
            place = str(folder / f"{tool.module}{count}")
            fresh("calls.many", tool.module, place, count)
            contenders = {**contenders, _name(tool, count): partial(_look_up, tool, place, count)}
    place = str(folder / "floor")
    fresh("calls.many_files", place, scale.records)
    found = reported_parts({**contenders, _FLOOR: partial(_floor, place, scale.records)}, min(scale.processes, 5))
    return Findings(tuple(_table(scale, title, several) for title, several in found.items()))


def _name(tool: Tool, count: int) -> str:
    return f"{tool.name}, {count:,} records"


def _look_up(tool: Tool, place: str, count: int) -> dict[str, float]:
    numbers = _numbers(count)
    said = fresh("calls.many", tool.module, place, 1)
    first, again = fresh("calls.many", tool.module, place, *_bounds(numbers), modules=said.imported).value
    return {_FIRST: first / len(numbers), _AGAIN: again / len(numbers)}


def _floor(place: str, count: int) -> dict[str, float]:
    numbers = _numbers(count)
    return {_FIRST: fresh("calls.look", place, *_bounds(numbers)).value / len(numbers)}


def _numbers(count: int) -> range:
    return range(0, count, max(1, count // _LOOK_UPS))


def _bounds(numbers: range) -> tuple[int, int, int]:
    return numbers.start, numbers.stop, numbers.step


def _table(scale: Scale, title: str, found: dict[str, Series]) -> Table:
    whole = f"Look-up of a call among {scale.records:,} records, {title}, per call"
    return Table(whole, tuple(found.values()), _name(JOBLIB, scale.records), _FLOOR)
