"""joblib.Memory, silent, otherwise as it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib

from benchmarks.tools import Function


def decorate(function: Function, folder: Path, file: str | None = None, **options: Any) -> Function:
    """Cache a function; options are those of `Memory.cache`."""
    cached: Function = memory(folder).cache(function, **options)
    return cached


def mapped(function: Function, folder: Path, file: str | None = None) -> Function:
    """Cache a function whose results are mapped when they are loaded."""
    cached: Function = joblib.Memory(folder, verbose=0, mmap_mode="r").cache(function)
    return cached


def memory(folder: Path) -> Any:
    """Return what nilearn takes for its memory."""
    return joblib.Memory(folder, verbose=0)
