"""Contenders in turns: each round begins with another one, so that drift of the machine hits all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeAlias

from benchmarks.clock import now
from benchmarks.findings import Series

# What one turn of a fast contender takes, about: long beside the clock's own cost, short beside the machine's moods.
_TURN_S = 0.003
_MOST = 500


Calls: TypeAlias = Mapping[str, Callable[[], object]]
Reports: TypeAlias = Mapping[str, Callable[[], float]]
Parts: TypeAlias = Mapping[str, Callable[[], Mapping[str, float]]]


def interleaved(contenders: Calls, rounds: int, turn: float = _TURN_S) -> dict[str, Series]:
    """Time calls, after one of each that is not counted; fast ones several times a turn, about `turn` seconds.

    Garbage is collected before each round; within it the collector works as it does in anybody's program.
    """
    calls = {name: _calls(contender, turn) for name, contender in contenders.items()}
    return reported({name: partial(per_call, contenders[name], calls[name]) for name in contenders}, rounds)


def reported(contenders: Reports, rounds: int) -> dict[str, Series]:
    """Collect the seconds that contenders report of themselves, because not all they do is to be counted."""
    found = reported_parts({name: partial(_whole, contender) for name, contender in contenders.items()}, rounds)
    return found.get("", {})


def reported_parts(contenders: Parts, rounds: int) -> dict[str, dict[str, Series]]:
    """Collect several numbers at a time, each under a name that the contenders share; return series by these names."""
    names = list(contenders)
    values: dict[str, dict[str, list[float]]] = {}
    for start in range(rounds):
        gc.collect()
        turn = start % len(names)
        for name in names[turn:] + names[:turn]:
            for part, seconds in contenders[name]().items():
                values.setdefault(part, {}).setdefault(name, []).append(seconds)
    return {part: _in_order(names, found) for part, found in values.items()}


def _whole(contender: Callable[[], float]) -> dict[str, float]:
    return {"": contender()}


def _in_order(names: list[str], found: Mapping[str, list[float]]) -> dict[str, Series]:
    return {name: Series(name, tuple(found[name])) for name in names if name in found}


def _calls(contender: Callable[[], object], turn: float) -> int:
    contender()
    seconds = timed(contender)
    if seconds < 10 * turn:  # else one call is enough, whatever else the machine did meanwhile
        seconds = min(seconds, timed(contender), timed(contender))
    return max(1, min(_MOST, int(turn / seconds)))


def per_call(function: Callable[[], object], calls: int) -> float:
    """Return the seconds of a call, the mean of several."""
    started = now()
    for _ in range(calls):
        function()
    return (now() - started) / calls


def timed(function: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    return per_call(function, 1)


def prepare(calls: Iterable[Callable[[], object]]) -> None:
    """Make what is to be reused, wait until files are old enough for their stamps to vouch for them, and reuse it."""
    several = tuple(calls)
    for call in several:
        call()
    time.sleep(0.1)
    for call in several:
        call()
