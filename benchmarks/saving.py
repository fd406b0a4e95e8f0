"""(c) A run that saves a large array."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from benchmarks.timing import Findings, Verdict, interleaved, table
from makeit import Maker

_MAKEIT, _FLOOR = "makeit, npy", "floor: np.save and fsync"


def same(array: np.ndarray) -> np.ndarray:
    """Return the array: a run without any work, so that what is left is the keeping."""
    return array


def measure(folder: Path, quick: bool) -> Findings:
    """Time runs that replace a stored array, beside a plain save that does reach the disk."""
    size = 8 if quick else 80
    array = np.random.default_rng(0).random(size * 125_000)
    kept = Maker(root=folder)(same, output="npy:kept.npy", ignore="array")
    plain = folder / "plain.npy"

    def floor() -> None:
        with plain.open("wb") as file:
            np.save(file, array)
            file.flush()
            os.fsync(file.fileno())

    contenders = {_MAKEIT: lambda: kept.rerun(array), _FLOOR: floor}
    interleaved(contenders, 2)
    found = interleaved(contenders, 3 if quick else 15)
    ratio = found[_MAKEIT].median / found[_FLOOR].median
    verdict = Verdict(f"(c) run and save {size} MB: at most 1.5 × np.save and fsync", f"{ratio:.2f} ×", ratio <= 1.5)
    return Findings((table(f"(c) Run that saves {size} MB", found, floor=_FLOOR),), (verdict,))
