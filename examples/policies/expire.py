"""Results expire: `Maker(plugins=[Expire(days=7)])`, or the entry point `weekly = "expire:weekly"`."""

from __future__ import annotations

import fnmatch
import time

from makeit import Decision, hookimpl
from makeit.model import Call, Record


class Expire:
    """Run a function again when its result is older than some days; `only` is a pattern of functions' names."""

    def __init__(self, days: float, only: str = "*") -> None:
        self.days = days
        self.only = only

    @hookimpl
    def makeit_decide(self, call: Call, record: Record | None) -> Decision | None:
        """Run what is too old, and leave everything else to the next."""
        if record is None or not fnmatch.fnmatchcase(call.name, self.only):
            return None
        age = (time.time() - record.started) / 86400
        return Decision(False, f"made {age:.1f} days ago, more than {self.days:g}") if age > self.days else None


weekly = Expire(days=7)
