"""makeit: a maker whose project is the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.tools import Function
from makeit import Maker


def decorate(function: Function, folder: Path, file: str | None = None, **options: Any) -> Function:
    """Make a function, with all its results kept unless options say otherwise."""
    maker = Maker(root=folder, cachedir=folder / ".makeit")
    return maker(function, output=file, **{"keep": None} | options)


def memory(folder: Path) -> Any:
    """Return what nilearn takes for its memory."""
    from makeit_nifti import MakerMemory

    return MakerMemory(Maker(root=folder, cachedir=folder / ".makeit"))
