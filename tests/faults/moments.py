"""When a process is struck: after a random time, or at a random one of its operations on files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random

from attrs import frozen

_LONGEST_S = 0.025
# A save makes some 40 to 80 operations that Python's audit sees, and renames some 3 to 10 files.
_MOST_OPERATIONS = 160
_MOST_RENAMES = 16
_MOST_TURNS = 40
_OPERATIONS = ("open", "os.", "shutil.", "fcntl.", "tempfile.")
_RENAMES = ("os.rename",)


@frozen
class Moment:
    """A time, an operation on files, or a rename; the clock alone would rarely hit what lasts some microseconds."""

    seconds: float | None = None
    operation: int = 0
    rename: int = 0

    @classmethod
    def draw(cls, random: Random) -> Moment:
        """Choose a moment."""
        kind = random.random()
        if kind < 0.4:
            return cls(seconds=random.uniform(0, _LONGEST_S))
        if kind < 0.7:
            return cls(operation=random.randint(1, _MOST_OPERATIONS))
        return cls(rename=random.randint(1, _MOST_RENAMES))

    def is_past(self, turns: int) -> bool:
        """Tell whether so many turns have passed that the operation will not come: reuses from memory have none."""
        return self.seconds is None and turns > _MOST_TURNS


class Watch:
    """Strike this process at an operation on files, before it is carried out."""

    def __init__(self, strike: Callable[[], object]) -> None:
        self._strike = strike
        self._left = 0
        self._events = _OPERATIONS
        sys.addaudithook(self._hook)

    def set(self, moment: Moment | None) -> None:
        """Count from now on; None, or a moment by the clock, switches it off."""
        self._left = moment.operation or moment.rename if moment else 0
        self._events = _RENAMES if moment and moment.rename else _OPERATIONS

    def _hook(self, event: str, arguments: object) -> None:
        if self._left and event.startswith(self._events):
            self._left -= 1
            if not self._left:
                self._strike()
