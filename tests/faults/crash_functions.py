"""Functions whose results are saved; apart from all else, since who calls one reads the module it stands in."""

from __future__ import annotations

from typing import Any

import numpy as np


def array(number: int) -> Any:
    """Return an array of a few hundred bytes."""
    return np.arange(number, number + 150.0)


def edited(number: int) -> Any:
    """Return what `array` does not, by code that is not ASCII alone."""
    return np.arange(number, number + 150.0) * len("längst geändert — größer")


def large(number: int) -> Any:
    """Return an array that is too large to be verified at each load."""
    return np.arange(number, number + 9000.0)


def volume(number: int) -> Any:
    """Return a small volume."""
    return np.arange(number, number + 60.0).reshape(3, 4, 5)


def arrays(number: int) -> Any:
    """Return arrays by name."""
    return {"one": array(number), "two": np.full(20, number)}


def text(number: int) -> str:
    """Return a text that is not ASCII alone."""
    return f"Zeile {number} – äöü\n" * 30


def several(number: int) -> Any:
    """Return parts for several outputs."""
    return {"array": array(number), "list": [number] * 100, "text": text(number), "rest": array(number) + 1}


def pages(number: int) -> list[str]:
    """Return the texts of a few files."""
    return [text(number + place) for place in range(number + 1)]
