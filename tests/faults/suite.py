"""What a fault suite is: what it tries, how often, and what it counts as bad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from attrs import Factory, define, frozen

_SHOWN = 5


@define
class Tally:
    """What a suite tried and what went wrong, by kind.

    Kinds: `torn` (a file neither wholly old nor wholly new), `wrong` (a value that this code and these inputs did
    not produce), `lost` (a person's file overwritten, or a call that failed without need), `litter` (temporary
    files that the next call did not remove), `error` (an error that is not documented).
    """

    tried: int = 0
    faults: Counter[str] = Factory(Counter)
    examples: list[str] = Factory(list)
    #: Why the suite could not run here; loud in every report.
    skipped: str = ""

    def bad(self, kind: str, example: str) -> None:
        """Count one fault, and keep the first few in words."""
        self.faults[kind] += 1
        if len(self.examples) < _SHOWN:
            self.examples.append(f"{kind}: {example}")

    def add(self, other: Tally) -> None:
        """Add the counts of another process or part."""
        self.tried += other.tried
        self.faults.update(other.faults)
        self.examples = (self.examples + other.examples)[:_SHOWN]
        self.skipped = self.skipped or other.skipped

    @property
    def total(self) -> int:
        """How many faults were seen."""
        return self.faults.total()


@frozen
class Suite:
    """One row of the table.

    `run(count, without)` tries `count` times and returns its Tally; `without` names a protection (see `gate`) that
    the processes under test have switched off, or is empty.
    """

    name: str
    goal: str
    run: Callable[[int, str], Tally]
    reduced: int
    full: int


@frozen
class Protection:
    """A protection of the write or reuse protocol, and the suite that has to notice when it is gone.

    `remove()` switches it off in the present process, by replacing functions of the kernel; it is called in a
    process that ends with the suite, so nothing is put back.
    """

    name: str
    remove: Callable[[], None]
    suite: Suite
    count: int
