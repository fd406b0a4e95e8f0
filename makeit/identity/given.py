"""Results that cannot be tracked, such as lists and numbers, and which results they are: for lineage alone.

A small one is known by being the very object that was given out; two equal ones would often be there by chance. A
large one is known by its fingerprint. No answer about a reuse depends on this.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from makeit.identity.copies import is_copyable
from makeit.records import Origin

_REMEMBERED = 1024
# One object of these types may stand for many values: small integers, True, None, and texts that Python keeps.
_SHARED = (bool, int, type(None))


class Given:
    """The last results of this kind that were given out, kept alive where they are small."""

    def __init__(self) -> None:
        self._known: OrderedDict[int | str, tuple[Any, Origin]] = OrderedDict()

    def note(self, value: Any, origin: Origin) -> None:
        """Note which result a value is."""
        if isinstance(value, _SHARED) or (isinstance(value, str | bytes) and len(value) < 2):
            return
        small = is_copyable(value)
        self._known[id(value) if small else origin.fingerprint] = value if small else None, origin
        if len(self._known) > _REMEMBERED:
            # Several threads may come here at once; the same one is thrown out twice then, or one too many.
            try:
                self._known.popitem(last=False)
            except KeyError:
                return

    def find(self, value: Any, fingerprint: str | None) -> Origin | None:
        """Return which result a value of this fingerprint is, if it is one."""
        found = self._known.get(id(value))
        if found is not None and found[0] is value and found[1].fingerprint == fingerprint:
            return found[1]
        found = self._known.get(fingerprint) if fingerprint else None
        return found[1] if found is not None else None


#: One for the process, as the tracker.
GIVEN = Given()
