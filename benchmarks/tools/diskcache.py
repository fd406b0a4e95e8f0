"""diskcache: a table of SQLite, large values in files; code is no part of a call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diskcache

from benchmarks.tools import Function


def decorate(function: Function, folder: Path, file: str | None = None, **options: Any) -> Function:
    """Memoise a function, types told apart; options are those of `memoize`."""
    # A result larger than the limit would be evicted at once; ours are to be kept.
    cached: Function = diskcache.Cache(folder, size_limit=1 << 50).memoize(typed=True, **options)(function)
    return cached
