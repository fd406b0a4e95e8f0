"""Values that cannot change in place, and how values are shown to people."""

from __future__ import annotations

import reprlib
import sys
from types import EllipsisType, NoneType, NotImplementedType

from makeit.identity.describe import without_addresses

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
)
# Of modules that a program without such values need not import.
_OTHERS = {
    "datetime": frozenset({"date", "datetime", "time", "timedelta"}),
    "decimal": frozenset({"Decimal"}),
    "fractions": frozenset({"Fraction"}),
    "re": frozenset({"Pattern"}),
}
_SHOWN = 80


def is_constant(value: object) -> bool:
    """Tell whether a value is of the kinds that stay equal as long as they stay the same object."""
    stack = [value]
    while stack:
        item = stack.pop()
        if type(item) in (tuple, frozenset):
            stack.extend(item)  # type: ignore[arg-type]
        elif type(item) not in _ATOMS and not _is_other(type(item)):
            return False
    return True


def _is_other(kind: type) -> bool:
    module, name = kind.__module__, kind.__name__
    if not isinstance(module, str) or name not in _OTHERS.get(module, ()):
        return False
    # A class of somebody else's may call itself so.
    return getattr(sys.modules.get(module), name, None) is kind


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
    line = " ".join(without_addresses(text).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def annotation(value: object) -> str:
    """Return an annotation as text."""
    if isinstance(value, type) and type(value) is type and not hasattr(value, "__origin__"):
        return f"{value.__module__}.{value.__qualname__}"
    return value if isinstance(value, str) else without_addresses(repr(value))
