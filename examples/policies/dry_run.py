"""Say what would run, and run nothing: `Maker(plugins=[DryRun()])`, or `dry = "dry_run:on_demand"`."""

from __future__ import annotations

import os
from collections.abc import Callable

from makeit import Decision, hookimpl
from makeit.model import Call


class WouldRun(Exception):
    """A call would run; the message lists all that would have run so far, with the reasons."""


class DryRun:
    """Refuse to run anything `when` asked to; what is stored is given as ever. `planned` is what would run."""

    def __init__(self, when: Callable[[], bool] = lambda: True) -> None:
        self.when = when
        self.planned: list[Decision] = []

    @hookimpl
    def makeit_call_started(self, decision: Decision) -> None:
        """Note what is about to run."""
        if not decision.reuse and self.when():
            self.planned.append(decision)

    @hookimpl(tryfirst=True)
    def makeit_execute(self, call: Call) -> None:
        """Raise instead of running; a loop can catch it and go on to the next."""
        if self.when():
            raise WouldRun("\n".join(map(str, self.planned)))


on_demand = DryRun(lambda: os.environ.get("MAKEIT_DRY_RUN", "0") != "0")
