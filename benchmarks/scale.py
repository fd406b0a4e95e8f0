"""How much is measured: in full, quickly to see that it runs, or as little as a check of ratios needs."""

from __future__ import annotations

from attrs import frozen


@frozen
class Scale:
    """Rounds in one process and of fresh processes, and the size of each case."""

    name: str
    rounds: int
    processes: int
    megabytes: tuple[int, ...]
    huge: int
    saved: tuple[int, ...]
    calls: int
    subjects: int
    records: int
    callers: int
    scans: int

    @property
    def large(self) -> int:
        """The size of the array where one size is enough: 80 MB in full."""
        return self.megabytes[min(1, len(self.megabytes) - 1)]


FULL = Scale("full", 25, 11, (8, 80, 800), 8000, (80, 800), 10_000, 111, 100_000, 8, 400)
QUICK = Scale("quick", 3, 2, (1, 8), 16, (1, 8), 100, 5, 200, 3, 4)
CHECK = Scale("check", 20, 5, (8,), 0, (8,), 300, 22, 0, 0, 0)
