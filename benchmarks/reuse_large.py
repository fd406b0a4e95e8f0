"""(b) Reuse with a large array as argument that came out of a made function."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import joblib
import numpy as np

from benchmarks.timing import Findings, Series, Verdict, interleaved, shown, table
from makeit import Maker

_LIMIT_S = 1e-4
_READ, _MAPPED, _JOBLIB = "makeit, npy", "makeit, npy mapped", "joblib.Memory"
_LOAD, _MAP = "floor: np.load", "floor: np.load mapped"


def produce(megabytes: int) -> np.ndarray:
    """Return an array of a size."""
    return np.random.default_rng(megabytes).random(megabytes * 125_000)


def consume(array: np.ndarray) -> float:
    """Return something small."""
    return float(array.sum())


def measure(folder: Path, quick: bool) -> Findings:
    """Time the reuse of `consume(array)`, and of the chain `consume(produce(...))`, for several sizes."""
    results = [_measure(folder / f"{size}MB", size, quick) for size in ((1, 8) if quick else (8, 80, 160))]
    return Findings(
        tuple(text for texts, _ in results for text in texts),
        tuple(verdict for _, verdicts in results for verdict in verdicts),
    )


def _measure(folder: Path, size: int, quick: bool) -> tuple[list[str], list[Verdict]]:
    make = Maker(root=folder)
    memory = joblib.Memory(folder / "joblib", verbose=0)
    makers = {
        _READ: (make(produce, name="produce", output="npy:read.npy"), make(consume, name="consume", keep=4)),
        _MAPPED: (
            make(produce, name="produce-mapped", output="npy:mapped.npy?mmap_mode=r"),
            make(consume, name="consume-mapped", keep=4),
        ),
        _JOBLIB: (memory.cache(produce), memory.cache(consume)),
    }
    arrays = {name: first(size) for name, (first, _) in makers.items()}
    alone = {name: partial(second, arrays[name]) for name, (_, second) in makers.items()}
    chains = {name: partial(_chain, first, second, size) for name, (first, second) in makers.items()}
    chains[_LOAD] = partial(np.load, folder / "read.npy")
    chains[_MAP] = partial(np.load, folder / "mapped.npy", mmap_mode="r")
    for contender in (*alone.values(), *chains.values()):
        contender()
    time.sleep(0.1)  # files have settled: their stamps vouch for them from now on
    for contender in (*alone.values(), *chains.values()):
        contender()
    found = interleaved(alone, 3 if quick else 9, 1 if quick else 3)
    # joblib takes tens of milliseconds a call: the fast ones get more calls for a steady median.
    fast = {name: alone[name] for name in (_READ, _MAPPED)}
    found |= interleaved(fast, *((5, 20) if quick else (25, 100)))
    rest = interleaved(chains, 3 if quick else 15)
    less = {
        f"{_READ}, less its load": rest[_READ].minus(rest[_LOAD], _READ),
        f"{_MAPPED}, less its load": rest[_MAPPED].minus(rest[_MAP], _MAPPED),
    }
    tables = [
        table(f"(b) Reuse of `consume(array)`, {size} MB", found, _JOBLIB),
        table(f"(b) Reuse of the chain `consume(produce())`, {size} MB", {**rest, **less}, _JOBLIB, _LOAD),
    ]
    return tables, [_verdict(found[name], size) for name in (_READ, _MAPPED)]


def _chain(first: Callable[[int], np.ndarray], second: Callable[[np.ndarray], float], size: int) -> float:
    return second(first(size))


def _verdict(series: Series, size: int) -> Verdict:
    budget = f"(b) {series.name}, reuse with an argument of {size} MB: below 0.1 ms"
    return Verdict(budget, shown(series.median), series.median < _LIMIT_S)
