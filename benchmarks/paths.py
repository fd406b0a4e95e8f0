"""The hot paths of makeit, each as a call that can be repeated, or as the work of a fresh process."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from attrs import frozen

from benchmarks.subjects.arrays import consume, numbered, produce
from benchmarks.subjects.scalars import add
from benchmarks.timing import prepare
from benchmarks.tools.makeit import decorate

Call: TypeAlias = Callable[[], object]
_MEGABYTES = 80


@frozen
class Again:
    """A path that is called many times in one process: what prepares it in a folder, and how many times."""

    about: str
    prepared: Callable[[Path], Call]
    calls: int


@frozen
class Once:
    """A path of a fresh process: the child's work, what it is told besides the folder, and whether imports count."""

    about: str
    work: str
    arguments: tuple[Any, ...]
    imports: bool = False


def _reuse(folder: Path) -> Call:
    call = partial(decorate(add, folder), 1, name="sum")
    prepare([call])
    return call


def _tracked(folder: Path) -> Call:
    call = partial(decorate(consume, folder), decorate(produce, folder, "npy:array.npy", keep=1)(_MEGABYTES))
    prepare([call])
    return call


def _untracked(folder: Path) -> Call:
    call = partial(decorate(consume, folder), _array())
    prepare([call])
    return call


def _chain(folder: Path) -> Call:
    first, second = decorate(produce, folder, "npy:array.npy?mmap_mode=r", keep=1), decorate(consume, folder)

    def call() -> object:
        return second(first(_MEGABYTES))

    prepare([call])
    return call


def _run(folder: Path) -> Call:
    made, numbers = decorate(add, folder), itertools.count()
    return lambda: made(next(numbers))


def _saving(folder: Path) -> Call:
    made, numbers = decorate(numbered, folder, "npy:array.npy", ignore="array", keep=1), itertools.count()
    array = _array()
    return lambda: made(array, next(numbers))


def _array() -> np.ndarray:
    return np.random.default_rng(0).random(_MEGABYTES * 125_000)


PATHS: dict[str, Again | Once] = {
    "reuse": Again("reuse, small arguments and result", _reuse, 5000),
    "tracked": Again(f"reuse, an array of {_MEGABYTES} MB that makeit gave", _tracked, 5000),
    "untracked": Again(f"reuse, an array of {_MEGABYTES} MB that it does not know", _untracked, 10),
    "chain": Again(f"reuse of two with a mapped array of {_MEGABYTES} MB between them", _chain, 1000),
    "run": Again("run, small result inside the cachedir, a new argument each time", _run, 500),
    "saving": Again(f"run that saves {_MEGABYTES} MB", _saving, 5),
    "pipeline": Once("1,000 steps with nothing to do, less imports", "pipeline.run", (111, 55)),
    "many": Once("1,000 distinct calls reused, less imports", "calls.many", (1000,)),
    "first": Once("first call of a process, less imports", "calls.first_call", (1,)),
    "cold": Once("first call of a process, with the imports on its way", "calls.first_call", (1,), imports=True),
}
