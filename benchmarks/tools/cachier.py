"""cachier: one pickle for each function; code is no part of a call."""

from __future__ import annotations

from pathlib import Path

import cachier

from benchmarks.tools import Function


def decorate(function: Function, folder: Path, file: str | None = None) -> Function:
    """Cache a function, also where it returns None."""
    cached: Function = cachier.cachier(cache_dir=folder, allow_none=True)(function)
    return cached
