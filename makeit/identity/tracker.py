"""The chain of trust: remembers the fingerprint of objects that makeit itself produced."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple


class Tracked(NamedTuple):
    """What is known of one live object: its fingerprint, the record and call it came from, and a test of it."""

    ref: weakref.ref[Any]
    fingerprint: str
    origin: str
    intact: Callable[[Any], bool]
    call: str = ""


class Tracker:
    """Recognise in constant time an object that makeit saved or loaded and that nobody has changed.

    Entries are found by `id` and always checked with `ref() is value`, because ids are reused.
    """

    def __init__(self) -> None:
        self._entries: dict[int, Tracked] = {}

    def remember(
        self, value: Any, fingerprint: str, origin: str, intact: Callable[[Any], bool], call: str = ""
    ) -> None:
        """Track an object for as long as it lives; one that cannot be weakly referenced is left out."""
        key = id(value)
        entries = self._entries

        def forget(ref: weakref.ref[Any]) -> None:
            # A new object may sit at this id by now: only the entry of the dead one goes.
            entry = entries.get(key)
            if entry is not None and entry.ref is ref:
                entries.pop(key, None)

        try:
            entries[key] = Tracked(weakref.ref(value, forget), fingerprint, origin, intact, call)
        except TypeError:
            return

    def find(self, value: Any) -> Tracked | None:
        """Return what is known of this very object, or None if it is unknown or may have changed."""
        entry = self._entries.get(id(value))
        if entry is None or entry.ref() is not value or not entry.intact(value):
            return None
        return entry


#: One for the process: an object keeps its history whichever maker's function made it.
TRACKER = Tracker()
