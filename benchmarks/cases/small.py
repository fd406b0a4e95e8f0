"""Small arguments and a small result: a call that is reused, and one that runs and is kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import floors
from benchmarks.findings import Findings, Series, Table, Verdict, ratio, times
from benchmarks.scale import Scale
from benchmarks.subjects.scalars import add
from benchmarks.timing import interleaved, prepare
from benchmarks.tools import DISKCACHE, JOBLIB, MAKEIT, TOOLS, Function, installed
from benchmarks.tools.makeit import decorate

_NAMED, _KEPT_LAST, _AGAIN = "makeit, a pickle with a name", "makeit, only the last kept", "makeit, the same again"


def measure(folder: Path, scale: Scale) -> Findings:
    """Time both with every tool that is there."""
    # The graph tools take tens of milliseconds a call: a check has no time for them.
    tools = (MAKEIT,) if scale.name == "check" else installed(*TOOLS)
    kept = {tool.name: tool.decorate(add, folder / tool.module) for tool in tools}
    reused, ran = _reuse(folder, scale, kept), _run(folder, scale, kept)
    title = "Run with a small result inside the cachedir, a new argument each time"
    return Findings(
        (
            Table("Reuse, small arguments and result", tuple(reused.values()), JOBLIB.name, floors.READ),
            Table(title, tuple(ran.values()), JOBLIB.name, floors.TWO_FILES),
        ),
        (*_reuse_verdicts(reused), *_run_verdicts(ran)),
        (
            ratio("reuse, small arguments", reused[MAKEIT.name], reused[floors.READ]),
            ratio("run, small result", ran[MAKEIT.name], ran[floors.TWO_FILES]),
        ),
    )


def _reuse(folder: Path, scale: Scale, kept: dict[str, Function]) -> dict[str, Series]:
    small = folder / "small.json"
    small.write_text('{"sum": 3.0}\n')
    named = decorate(add, folder / MAKEIT.module, "pickle:named.pkl", name="named")
    contenders = {name: _fixed(cached) for name, cached in (*kept.items(), (_NAMED, named))}
    prepare(contenders.values())
    return interleaved(contenders | {floors.READ: lambda: floors.stat_and_read(small)}, scale.rounds)


def _fixed(cached: Function) -> Callable[[], object]:
    return lambda: cached(1, name="sum")


def _run(folder: Path, scale: Scale, kept: dict[str, Function]) -> dict[str, Series]:
    last, again = (decorate(add, folder / MAKEIT.module, name=name, keep=1) for name in ("last", "again"))
    numbers = itertools.count(1000)
    contenders = {name: _counting(cached, numbers) for name, cached in (*kept.items(), (_KEPT_LAST, last))}
    contenders[_AGAIN] = lambda: again.rerun(1)  # type: ignore[attr-defined]
    contenders[floors.TWO_FILES] = lambda: floors.two_files(str(folder / f"file{next(numbers)}"))
    # On ext4 a file that replaces one that is there takes four times as long as a new one.
    contenders[floors.TWO_AGAIN] = lambda: floors.two_files(str(folder / "again"))
    contenders[floors.TWO_LAST] = _alone(folder)
    return interleaved(contenders, scale.rounds)


def _alone(folder: Path) -> Callable[[], object]:
    places = (str(folder / f"last{number}") for number in itertools.count())
    before = next(places)
    floors.two_files(before)

    def write() -> None:
        nonlocal before
        place = next(places)
        floors.two_files_alone(place, before)
        before = place

    return write


def _counting(cached: Function, numbers: itertools.count[int]) -> Callable[[], object]:
    return lambda: cached(next(numbers))


def _reuse_verdicts(found: dict[str, Series]) -> Iterator[Verdict]:
    mine, case = found[MAKEIT.name], "reuse, small arguments and result"
    if JOBLIB.name in found:
        yield times(1, case, mine, 0.12, found[JOBLIB.name], found[floors.READ])
    if DISKCACHE.name in found:
        yield times(1, case, mine, 1, found[DISKCACHE.name])


def _run_verdicts(found: dict[str, Series]) -> Iterator[Verdict]:
    peers = [found[JOBLIB.name]] if JOBLIB.name in found else []
    for name, case, floor in (
        (MAKEIT.name, "all kept", floors.TWO_FILES),
        (_KEPT_LAST, "the last kept", floors.TWO_LAST),
        (_AGAIN, "the same again", floors.TWO_AGAIN),
    ):
        yield times(8, f"run, small result, {case}", found[name], 2, found[floor], *peers)
