"""Arrays of a size that is asked for."""

from __future__ import annotations

import numpy as np


def produce(megabytes: int) -> np.ndarray:
    """Return random numbers, float64."""
    return np.random.default_rng(megabytes).random(megabytes * 125_000)


def consume(array: np.ndarray) -> float:
    """Return something small."""
    return float(array[-1])


def same(array: np.ndarray) -> np.ndarray:
    """Return the array: a run without any work, so that what is left is the keeping."""
    return array


def numbered(array: np.ndarray, number: int) -> np.ndarray:
    """Return the array, whatever the number: another call each time, and the same work."""
    return array
