"""Functions with results of every kind; each tells, outside its value, that it ran."""

from __future__ import annotations

import os
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar

import nibabel
import numpy as np

_RAN = "TESTS_FAULTS_RAN"


Function = TypeVar("Function", bound=FunctionType)


def without_source(function: Function) -> Function:
    """Hide where a function is written: reading that would take half the time of a fault.

    `lines` stays readable, so that faults meet the reading of source files, too.
    """
    function.__code__ = function.__code__.replace(co_filename="<functions>")
    return function


def has_run() -> bool:
    """Tell whether a function of a scene ran since this was asked last, in this process."""
    return os.environ.pop(_RAN, None) is not None


@without_source
def _mark() -> None:
    # Visible neither to the fingerprint of the code nor to a tracer.
    os.environ[_RAN] = "yes"


def lines(x: int) -> str:
    """Return 36 KB of text."""
    _mark()
    return f"line {x}\n" * 4500


@without_source
def numbers(x: int) -> list[int]:
    """Return a list for JSON and pickle."""
    _mark()
    return list(range(x, 2000))


@without_source
def counted(x: int) -> dict[str, int]:
    """Return a small value."""
    _mark()
    return {"x": x}


@without_source
def table(x: int) -> Any:
    """Return an array of 40 KB."""
    _mark()
    return np.arange(5000, dtype=np.float64) * x


@without_source
def large(x: int) -> Any:
    """Return an array of 160 KB, too large for the cachedir to take it without forcing it to the disk."""
    _mark()
    return np.arange(20_000, dtype=np.float64) * x


@without_source
def tables(x: int) -> dict[str, Any]:
    """Return two arrays by name."""
    _mark()
    return {"a": np.arange(3000) + x, "b": np.ones((20, 20)) * x}


@without_source
def volume(x: int) -> Any:
    """Return the data of an image, 32 KB."""
    _mark()
    return np.arange(16 * 16 * 16, dtype=np.float64).reshape(16, 16, 16) + x


@without_source
def image(x: int) -> Any:
    """Return an image of 32 KB."""
    _mark()
    data = np.arange(16 * 16 * 32, dtype=np.float32).reshape(16, 16, 32) + x
    return nibabel.Nifti1Image(data, np.diag([2.0, 2.0, 2.0, 1.0]))


@without_source
def report(x: int) -> Any:
    """Return what goes to three files."""
    _mark()
    return np.arange(2000.0) + x, {"log": f"done {x}\n" * 200}, [x, x]


@without_source
def half_kept(x: int) -> Any:
    """Return one part for the cachedir and one for a named file."""
    _mark()
    return np.arange(2000.0) + x, [x, "named"]


@without_source
def pages(x: int) -> list[str]:
    """Return texts for a folder of files."""
    _mark()
    return [f"page {page} of {x}\n" * 300 for page in range(3)]


@without_source
def pages_twice(x: int) -> Any:
    """Return texts for a folder of files, and for one file."""
    return pages(x), pages(x)


@without_source
def measured(x: int, source: Path | None = None) -> list[Any]:
    """Return a value of a call that also names an input file, without reading it."""
    _mark()
    return [x, "measured"]
