"""Calls of small functions: the first one, many of them, several processes at once."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path

from benchmarks.clock import now
from benchmarks.subjects.scalars import add


def first_call(tool: str, folder: str, *numbers: int) -> float:
    """Decorate and call once: with a number of its own where none is given, so that it runs."""
    adapter = import_module(f"benchmarks.tools.{tool}")
    number = numbers[0] if numbers else time.time_ns()
    started = now()
    adapter.decorate(add, Path(folder))(number)
    return now() - started


def scan() -> float:
    """Ask the standard library for all entry points of all distributions."""
    import importlib.metadata

    started = now()
    importlib.metadata.entry_points()
    return now() - started


def many(tool: str, folder: str, *bounds: int) -> list[float]:
    """Call with each number of a range, twice over; return the seconds of both passes."""
    cached = import_module(f"benchmarks.tools.{tool}").decorate(add, Path(folder))
    passes = []
    for _ in range(2):
        started = now()
        for number in range(*bounds):
            cached(number)
        passes.append(now() - started)
    return passes


def many_files(folder: str, count: int) -> list[float]:
    """Write two small files for each call by replace, as many folders as calls spread over; then look and read."""
    from benchmarks import floors

    places = _places(folder, count)
    started = now()
    for place in places:
        floors.two_files(place)
    return [now() - started, look(folder, count)]


def look(folder: str, *bounds: int) -> float:
    """Look at two small files for each call of a range, and read them."""
    from benchmarks import floors

    names = [name for place in _places(folder, *bounds) for name in floors.pair(place)]
    started = now()
    for name in names:
        floors.stat_and_read(name)
    return now() - started


def _places(folder: str, *bounds: int) -> list[str]:
    for number in range(256):
        Path(folder, f"{number:02x}").mkdir(parents=True, exist_ok=True)
    return [f"{folder}/{number % 256:02x}/{number}" for number in range(*bounds)]


def together(tool: str, folder: str, first: int, count: int) -> list[float]:
    """Wait for the others, then call with each number; return when it began and ended, by the clock of all."""
    cached = import_module(f"benchmarks.tools.{tool}").decorate(add, Path(folder))
    cached(-1)
    ready()
    started = time.monotonic()
    for number in range(first, first + count):
        cached(number)
    return [started, time.monotonic()]


def files_together(folder: str, count: int) -> list[float]:
    """Wait for the others, then write two small files for each call by replace."""
    from benchmarks import floors

    places = _places(folder, count)
    ready()
    started = time.monotonic()
    for place in places:
        floors.two_files(place)
    return [started, time.monotonic()]


def ready() -> None:
    """Say that all is prepared, and wait for the word to begin."""
    print("ready", flush=True)
    sys.stdin.readline()
