"""Lets go of all that is left of a value, so that what it would write at its end is written."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def forgetting() -> Iterator[None]:
    """Collect what was made within, and nothing older: of that a test run has so much that it takes long."""
    gc.freeze()
    try:
        yield
        gc.collect()
    finally:
        gc.unfreeze()
