"""A plugin that prints a line for each call: what ran, what was reused, and why."""

import time

from makeit import hookimpl


class Report:
    """Print every call as it finishes, and count them."""

    def __init__(self):
        self.started = time.perf_counter()
        self.ran = self.reused = 0

    @hookimpl
    def makeit_call_finished(self, call, outcome):
        """Print what became of one call, with the reasons of the decision."""
        self.ran += not outcome.reused
        self.reused += outcome.reused
        verb = "failed" if outcome.error else "reused" if outcome.reused else "ran"
        because = "; ".join(map(str, outcome.decision.reasons)) or "nothing changed"
        print(f"{verb:6}  {outcome.seconds:6.3f} s  {call.label}: {because}")

    def __str__(self):
        return f"{self.ran} ran, {self.reused} reused, {time.perf_counter() - self.started:.2f} s"
