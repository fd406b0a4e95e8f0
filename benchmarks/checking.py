"""The check that nothing became slow: ratios to floors beside those that are kept in baseline.json."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from benchmarks.cases import measured
from benchmarks.findings import Findings
from benchmarks.scale import CHECK, Scale

BASELINE = Path(__file__).parent / "baseline.json"
#: By how much a ratio may grow.
WORSE = 1.5
#: The cases that have ratios which are steady enough.
CASES = ("small", "arrays", "saving", "chain", "many", "pipeline", "cold")
_TRIES = 3
Measure = Callable[[str], Findings]


@frozen
class Checked:
    """A ratio now, and the one that was kept."""

    name: str
    now: float
    kept: float

    @property
    def worse(self) -> bool:
        """Whether it has grown by more than it may."""
        return self.now > WORSE * self.kept

    def __str__(self) -> str:
        verdict = f"WORSE than {WORSE:g} times that" if self.worse else "fine"
        return f"{self.name:40} {self.now:8.2f} × its floor, kept {self.kept:8.2f}: {verdict}"


def check(folder: Path, baseline: Path = BASELINE, cases: Sequence[str] = CASES, scale: Scale = CHECK) -> int:
    """Compare all ratios and print them; return 1 if one is worse after two more tries, or is not measured."""
    kept: dict[str, float] = json.loads(baseline.read_text())
    found = [each for case in cases for each in checked(case, kept, lambda case: measured(case, folder, scale))]
    print("\n".join(map(str, found)))
    missing = sorted(kept.keys() - {each.name for each in found})
    if missing:
        print(f"in {baseline.name}, but not measured: {', '.join(missing)}")
    return int(bool(missing) or any(each.worse for each in found))


def checked(case: str, kept: Mapping[str, float], measure: Measure) -> list[Checked]:
    """Measure a case until none of its ratios is worse, thrice at most; each counts by its best."""
    best: dict[str, float] = {}
    for _ in range(_TRIES):
        for ratio in measure(case).ratios:
            best[ratio.name] = min(ratio.value, best.get(ratio.name, ratio.value))
        found = [Checked(name, now, kept[name]) for name, now in best.items() if name in kept]
        if not any(each.worse for each in found):
            break
    return found


def keep(folder: Path) -> int:
    """Measure thrice, and keep the middle of each ratio."""
    several = [dict(_ratios(folder)) for _ in range(_TRIES)]
    middle = {name: round(statistics.median(found[name] for found in several), 2) for name in several[0]}
    BASELINE.write_text(json.dumps(middle, indent=2) + "\n")
    return 0


def _ratios(folder: Path) -> Iterator[tuple[str, float]]:
    for case in CASES:
        yield from ((ratio.name, ratio.value) for ratio in measured(case, folder, CHECK).ratios)
