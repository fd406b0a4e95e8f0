"""Another child's work under the profiler."""

from __future__ import annotations

import cProfile
from importlib import import_module


def run(file: str, module: str, function: str, *arguments: object) -> None:
    """Call a function of benchmarks.children, and write what the profiler saw of it."""
    work = getattr(import_module(f"benchmarks.children.{module}"), function)
    profile = cProfile.Profile()
    profile.runcall(work, *arguments)
    profile.dump_stats(file)
