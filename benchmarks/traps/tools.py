"""The caches that the traps are for: those that take any function, without type hints and without a graph."""

from __future__ import annotations

from benchmarks.tools import CACHIER, CHECKPOINTER, DISKCACHE, JOBLIB, MAKEIT

TOOLS = (MAKEIT, JOBLIB, CHECKPOINTER, CACHIER, DISKCACHE)
