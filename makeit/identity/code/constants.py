"""Values that cannot change in place, and how values are shown to people."""

from __future__ import annotations

import datetime
import re
import reprlib
import sys
from decimal import Decimal
from types import EllipsisType, NoneType, NotImplementedType

_ATOMS = frozenset(
    {
        int,
        float,
        complex,
        str,
        bytes,
        bool,
        range,
        NoneType,
        EllipsisType,
        NotImplementedType,
    }
    | {Decimal, re.Pattern, datetime.date, datetime.datetime, datetime.time, datetime.timedelta}
)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_SHOWN = 80


def is_constant(value: object) -> bool:
    """Tell whether a value is of the kinds that stay equal as long as they stay the same object."""
    stack = [value]
    while stack:
        item = stack.pop()
        if type(item) in (tuple, frozenset):
            stack.extend(item)  # type: ignore[arg-type]
        elif type(item) not in _ATOMS and not _is_fraction(item):
            return False
    return True


def _is_fraction(value: object) -> bool:
    # Where nobody has imported fractions, nothing is one.
    fractions = sys.modules.get("fractions")
    return fractions is not None and type(value) is fractions.Fraction


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxlong = self.maxother = _SHOWN


def short(value: object) -> str:
    """Return one line of at most 80 characters that shows a value, without addresses."""
    try:
        text = _Short().repr(value)
    except Exception:  # a repr of the user's own making may fail in any way
        text = f"<{type(value).__qualname__}>"
    line = " ".join(_ADDRESS.sub("", text).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def annotation(value: object) -> str:
    """Return an annotation as text."""
    if isinstance(value, type) and type(value) is type and not hasattr(value, "__origin__"):
        return f"{value.__module__}.{value.__qualname__}"
    return value if isinstance(value, str) else _ADDRESS.sub("", repr(value))
