"""Interleaved timing of contenders, and tables of what was measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import frozen


@frozen
class Series:
    """Seconds per call of one contender, one number for each round."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of all rounds."""
        return statistics.median(self.seconds)

    @property
    def minimum(self) -> float:
        """The fastest round."""
        return min(self.seconds)

    def minus(self, other: Series, name: str) -> Difference:
        """Return the difference to another series."""
        return Difference(name, self, other)


@frozen
class Difference:
    """What one contender takes beyond another, in the same units and words as a series."""

    name: str
    whole: Series
    part: Series

    @property
    def median(self) -> float:
        """The middle of the differences, round by round."""
        pairs = zip(self.whole.seconds, self.part.seconds, strict=True)
        return statistics.median(whole - part for whole, part in pairs)

    @property
    def minimum(self) -> float:
        """The difference of the fastest rounds: the smallest difference would be the slowest `part`."""
        return self.whole.minimum - self.part.minimum


Measured: TypeAlias = Series | Difference


def interleaved(contenders: Mapping[str, Callable[[], object]], rounds: int, calls: int = 1) -> dict[str, Series]:
    """Time the contenders in turns, each round from another one on, so that drift of the machine hits all alike."""
    names = list(contenders)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for start in range(rounds):
        turn = start % len(names)
        for name in names[turn:] + names[:turn]:
            seconds[name].append(_per_call(contenders[name], calls))
    return {name: Series(name, tuple(found)) for name, found in seconds.items()}


def _per_call(function: Callable[[], object], calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - started) / calls


def table(title: str, found: Mapping[str, Measured], peer: str | None = None, floor: str | None = None) -> str:
    """Return a markdown table: median, minimum, and the ratio of medians to a peer and to a floor."""
    lines = [f"### {title}", "", "| | median | minimum | × joblib | × floor |", "|---|---:|---:|---:|---:|"]
    for name, series in found.items():
        ratios = (_ratio(series, found.get(other or "")) for other in (peer, floor))
        lines.append(" | ".join((f"| {name}", shown(series.median), shown(series.minimum), *ratios)) + " |")
    return "\n".join([*lines, ""])


def _ratio(series: Measured, other: Measured | None) -> str:
    return f"{series.median / other.median:.2f}" if other else ""


def shown(seconds: float) -> str:
    """Return a time in a unit that suits it."""
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if abs(seconds) * factor >= 1:
            return f"{seconds * factor:.2f} {unit}"
    return f"{seconds * 1e6:.1f} µs"


@frozen
class Verdict:
    """A budget, and what was measured for it."""

    budget: str
    measured: str
    met: bool

    def __str__(self) -> str:
        return f"| {self.budget} | {self.measured} | {'yes' if self.met else '**no**'} |"


@frozen
class Findings:
    """The tables of one case, and the verdicts on its budgets."""

    tables: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
