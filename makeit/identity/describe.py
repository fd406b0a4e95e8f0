"""Short, one-line descriptions of values for records and messages."""

from __future__ import annotations

import re
import reprlib
from typing import Any

_LIMIT = 80
# What is sure to be short is not looked at any closer.
_NUMBERS = (int, float, bool)
_MANY, _FEW = 1 << 64, 60


class _Short(reprlib.Repr):
    """reprlib with room for a line; arrays and frames by type, dtype and shape, never by content."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = _LIMIT
        self.maxtuple = self.maxlist = self.maxdict = self.maxset = 8

    def repr1(self, x: Any, level: int) -> str:
        shape = getattr(type(x), "shape", None) is not None and getattr(x, "shape", None)
        if isinstance(shape, tuple):
            dtype = getattr(x, "dtype", None)
            kind = getattr(dtype, "name", None) if dtype is not None else None
            return " ".join(part for part in (type(x).__name__, kind, str(shape)) if part)
        return super().repr1(x, level)


def describe(value: Any) -> str:
    """Describe a value in at most 80 characters, without memory addresses; never raises."""
    kind = type(value)
    if (kind in _NUMBERS and -_MANY < value < _MANY) or (kind is str and len(value) < _FEW and value.isidentifier()):
        return repr(value)
    try:
        text = _Short().repr(value)
    except Exception:  # a user's __repr__ may fail in any way; a message must not
        text = f"<{type(value).__name__}>"
    text = " ".join(without_addresses(text).split())
    return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "…"


def without_addresses(text: str) -> str:
    """Leave out where objects lie in memory, which differs from process to process."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)  # compiled at the first use, which most processes never come to


def readable(text: str) -> str:
    """Return text that UTF-8 can hold: bytes of a file name that are no UTF-8 are written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def printable(text: str, limit: int = 200) -> str:
    """Return text as one line that any terminal and UTF-8 can show, cut where it is longer than `limit`."""
    text = text[: 8 * limit]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _written_out(char) for char in " ".join(text.split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _written_out(char: str) -> str:
    return char.encode("unicode_escape").decode()
