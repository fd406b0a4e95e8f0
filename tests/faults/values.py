"""Values that are saved: every one says in all its parts which number it was made of."""

from __future__ import annotations

from typing import Any

import nibabel as nib
import numpy as np

# Large enough to take several writes, and not to be read again where the stamp vouches for it.
LENGTH = 25_000
LARGE = 250_000
GRID = (20, 25, 50)
WORDS = 3_000
PARTS = 5


def array(number: int) -> Any:
    """Return an array of that number."""
    return np.full(LENGTH, float(number))


def large(number: int) -> Any:
    """Return a large array of that number."""
    return np.full(LARGE, float(number))


def small(number: int) -> Any:
    """Return a small array of that number."""
    return np.full(100, float(number))


def image(number: int) -> Any:
    """Return an image of that number, in its header, too."""
    return nib.Nifti1Image(np.full(GRID, float(number)), np.diag([number, number, number, 1.0]))


def words(number: int) -> str:
    """Return a text of that number."""
    return f"{number:09d} " * WORDS


def plain(number: int) -> list[int]:
    """Return a list of that number."""
    return [number] * WORDS


def arrays(number: int) -> Any:
    """Return two arrays of that number by name."""
    return {"one": np.full(LENGTH, number), "two": np.full(LENGTH, float(number))}


def mixed(number: int) -> Any:
    """Return an array, a list and a text of that number by name."""
    return {"array": array(number), "list": plain(number), "text": words(number)}


def both(number: int) -> Any:
    """Return two arrays of that number."""
    return array(number), small(number)


def same(array: Any) -> Any:
    """Return a copy."""
    return array.copy()


def parts(number: int) -> list[str]:
    """Return several texts of that number."""
    return [words(number)] * PARTS


def twice(number: int) -> Any:
    """Return several texts, and one, of that number."""
    return parts(number), words(number)


def numbers(value: Any) -> set[float]:
    """Return the numbers that a result consists of; one, unless it is torn or mixed."""
    if isinstance(value, np.ndarray):
        return {float(value.min()), float(value.max())} if value.size else set()
    if isinstance(value, nib.Nifti1Image):
        return numbers(np.asarray(value.dataobj)) | set(map(float, np.diag(value.affine)[:3]))
    if isinstance(value, dict):
        return set().union(*map(numbers, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(numbers, set(value) if isinstance(value, list) else value))
    if isinstance(value, str):
        return set(map(float, value.split())) if len(value) == len(words(0)) else set()
    return {float(value)}
