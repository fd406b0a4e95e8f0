"""A pipeline in a fresh process: functions are decorated, and every step is called."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from benchmarks.clock import now
from benchmarks.subjects.steps import STEPS, group


def run(tool: str, folder: str, subjects: int, changed: int) -> float:
    """Call all steps for all subjects, then the one at the end; the leaf of one subject is `changed`."""
    adapter = import_module(f"benchmarks.tools.{tool}")
    started = now()
    steps = [adapter.decorate(step, Path(folder)) for step in STEPS]
    last = adapter.decorate(group, Path(folder))
    ends = []
    for subject in range(subjects):
        found = changed if subject == subjects // 2 else subject
        for step in steps:
            found = step(found)
        ends.append(found)
    last(ends)
    return now() - started
