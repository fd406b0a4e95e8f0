"""checkpointer, silent, with captured values as part of a call."""

from __future__ import annotations

from pathlib import Path

import checkpointer

from benchmarks.tools import Function


def decorate(function: Function, folder: Path, file: str | None = None) -> Function:
    """Checkpoint a function."""
    cached: Function = checkpointer.Checkpointer(directory=folder, verbosity=0, capture=True)(function)
    return cached
