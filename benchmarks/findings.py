"""What was measured: series of rounds, tables of them, verdicts on budgets, and ratios to floors."""

from __future__ import annotations

import statistics
from typing import Literal

from attrs import frozen

Unit = Literal["s", "B", ""]


def shown(amount: float, unit: Unit = "s") -> str:
    """Return an amount in a unit that suits it."""
    scales = {"s": ((1.0, "s"), (1e3, "ms"), (1e6, "µs")), "B": ((1e-9, "GB"), (1e-6, "MB")), "": ((1.0, ""),)}[unit]
    factor, name = next((each for each in scales if abs(amount) * each[0] >= 1), scales[-1])
    digits = 0 if unit == "" else 1 if name in ("µs", "MB") else 2
    return f"{amount * factor:.{digits}f} {name}".rstrip()


@frozen
class Series:
    """Seconds per call, or bytes, of one contender: one number for each round, and what is taken off it."""

    name: str
    values: tuple[float, ...]
    less: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The middle of all rounds, of differences round by round."""
        if not self.less:
            return statistics.median(self.values)
        return statistics.median(whole - part for whole, part in zip(self.values, self.less, strict=True))

    @property
    def minimum(self) -> float:
        """The lowest round; the difference of the lowest: the smallest difference would be the slowest `less`."""
        return min(self.values) - min(self.less, default=0.0)

    def minus(self, other: Series, name: str) -> Series:
        """Return the difference to another series of the same rounds."""
        return Series(name, self.values, other.values)


@frozen
class Table:
    """Contenders of one case, which of them is the peer, and which the floor."""

    title: str
    series: tuple[Series, ...]
    peer: str | None = None
    floor: str | None = None
    unit: Unit = "s"
    note: str = ""

    def named(self, name: str | None) -> Series | None:
        """Return one of the contenders, if it is there."""
        return next((series for series in self.series if series.name == name), None)


@frozen
class Verdict:
    """A budget: its row in the issue, what was measured, and the most that it may be."""

    row: int
    case: str
    measured: float
    limit: float
    budget: str
    beside: str = ""
    unit: Unit = "s"

    @property
    def met(self) -> bool:
        """Whether the budget is met."""
        return self.measured <= self.limit


@frozen
class Ratio:
    """How many times its floor a contender takes, by the fastest rounds: this hardly depends on the machine."""

    name: str
    value: float


@frozen
class Findings:
    """All of one case; `texts` are paragraphs and tables of other shapes, in markdown."""

    tables: tuple[Table, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    texts: tuple[str, ...] = ()


def within(row: int, case: str, mine: Series, limit: float, budget: str, *beside: Series) -> Verdict:
    """Judge a median by a limit; `beside` are series to which its ratio is shown."""
    return Verdict(row, case, mine.median, limit, budget, _ratios(mine, beside))


def times(row: int, case: str, mine: Series, factor: float, other: Series, *beside: Series) -> Verdict:
    """Judge a median by a multiple of another."""
    budget = f"≤ {factor:g} × {other.name.removeprefix('floor: ')}"
    return Verdict(row, case, mine.median, factor * other.median, budget, _ratios(mine, (other, *beside)))


def _ratios(mine: Series, others: tuple[Series, ...]) -> str:
    return ", ".join(f"{mine.median / other.median:.2f} × {other.name.removeprefix('floor: ')}" for other in others)


def ratio(name: str, mine: Series, floor: Series) -> Ratio:
    """Compare the fastest rounds of a contender and its floor."""
    return Ratio(name, mine.minimum / floor.minimum)
