"""Which format fits a frame for which nobody named one."""

from __future__ import annotations

from typing import Any

from makeit import Persister, PersistError
from makeit_pandas import frames
from makeit_pandas.feather import FeatherFile


def choose(value: Any) -> Persister | None:
    """Return a feather file, the fastest of the exact formats, for a frame or series that it holds."""
    try:
        frames.take_apart(value)
    except PersistError:
        # What Arrow cannot hold, another format can.
        return None
    return FeatherFile("value.feather")
