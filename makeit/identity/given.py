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
        if is_copyable(value):
            self.hold(value, origin)
        else:
            self._keep(origin.fingerprint, None, origin)

    def hold(self, value: Any, origin: Origin) -> None:
        """Note which result a small value is."""
        if not (isinstance(value, _SHARED) or (isinstance(value, str | bytes) and len(value) < 2)):
            self._keep(id(value), value, origin)

    def _keep(self, key: int | str, value: Any, origin: Origin) -> None:
        self._known[key] = value, origin
        if len(self._known) > _REMEMBERED:
            # Several threads may come here at once; the same one is thrown out twice then, or one too many.
            try:
                self._known.popitem(last=False)
            except KeyError:
                return

    def held(self, value: Any) -> Origin | None:
        """Return which result a small value is, if it is the very object that was given out."""
        found = self._known.get(id(value))
        return found[1] if found is not None and found[0] is value else None

    def find(self, value: Any, fingerprint: str | None) -> Origin | None:
        """Return which result a value of this fingerprint is, if it is one."""
        held = self.held(value)
        if held is not None and held.fingerprint == fingerprint:
            return held
        found = self._known.get(fingerprint) if fingerprint else None
        return found[1] if found is not None else None


#: One for the process, as the tracker.
GIVEN = Given()
