"""A chain of two functions with a large array between them, and the paths that must not copy it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.children.calls import ready
from benchmarks.clock import now
from benchmarks.subjects.arrays import consume, produce, same


def chain(tool: str, how: str, folder: str, file: str | None, megabytes: int) -> float:
    """Decorate, and call one with the result of the other."""
    decorate = getattr(import_module(f"benchmarks.tools.{tool}"), how)
    started = now()
    first, second = decorate(produce, Path(folder), file), decorate(consume, Path(folder))
    second(first(megabytes))
    return now() - started


def reused_chain(mapped_file: str, small_file: str) -> float:
    """Do the floor of it once."""
    from benchmarks import floors

    started = now()
    floors.reused_chain(Path(mapped_file), Path(small_file))
    return now() - started


def run_with_argument(tool: str, folder: str, megabytes: int) -> None:
    """Run a function of an array that is in memory, and reuse it."""
    cached = import_module(f"benchmarks.tools.{tool}").decorate(consume, Path(folder))
    array = _warm(cached, megabytes)
    ready()
    cached(array)
    cached(array)


def run_and_keep(tool: str, folder: str, file: str | None, megabytes: int) -> None:
    """Run a function whose result is an array that is in memory before, and given back."""
    cached = import_module(f"benchmarks.tools.{tool}").decorate(same, Path(folder), file)
    array = _warm(cached, megabytes)
    ready()
    cached(array)


def chain_in_memory(tool: str, how: str, folder: str, file: str | None, megabytes: int) -> None:
    """Load a result and call another function with it, both stored before."""
    decorate = getattr(import_module(f"benchmarks.tools.{tool}"), how)
    first, second = decorate(produce, Path(folder), file), decorate(consume, Path(folder))
    second(np.zeros(9))
    ready()
    second(first(megabytes))


def _warm(cached: object, megabytes: int) -> np.ndarray:
    # What a tool loads once in a process is no copy of the array.
    cached(np.zeros(9))  # type: ignore[operator]
    return np.random.default_rng(0).random(megabytes * 125_000)
