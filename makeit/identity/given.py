"""Results that cannot be tracked, such as lists and numbers, and which results they are: for lineage alone.

A small one is known by being the very object that was given out; two equal ones would often be there by chance. A
large one is known by its fingerprint. No answer about a reuse depends on this.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from makeit.identity.copies import copied, is_copyable

if TYPE_CHECKING:
    from makeit.records import Origin

_REMEMBERED = 1024
# One object of these types may stand for many values: small integers, True, None, and texts that Python keeps.
_SHARED = (bool, int, type(None))


class Source(NamedTuple):
    """Which result a value is, as an Origin of a record says it: a reuse that is recalled needs no records."""

    record: str
    fingerprint: str
    call: str = ""

    @classmethod
    def of(cls, origin: Origin) -> Source:
        """Return the same as an Origin."""
        return cls(origin.record, origin.fingerprint, origin.call)

    @property
    def origin(self) -> Origin:
        """The same for a record."""
        from makeit.records import Origin

        return Origin(*self)


class Remembered(NamedTuple):
    """A small plain value that is known already, and which result it is, as far as that can be said in one word."""

    value: Any
    source: Source | None

    def give(self) -> Any:
        """Return it once more: a copy, where it could be changed."""
        given = copied(self.value)
        if self.source is not None:
            GIVEN.hold(given, self.source)
        return given


class Given:
    """The last results of this kind that were given out, kept alive where they are small."""

    def __init__(self) -> None:
        self._known: OrderedDict[int | str, tuple[Any, Source]] = OrderedDict()

    def note(self, value: Any, source: Source) -> None:
        """Note which result a value is."""
        if is_copyable(value):
            self.hold(value, source)
        else:
            self._keep(source.fingerprint, None, source)

    def hold(self, value: Any, source: Source) -> None:
        """Note which result a small value is."""
        if not (isinstance(value, _SHARED) or (isinstance(value, str | bytes) and len(value) < 2)):
            self._keep(id(value), value, source)

    def _keep(self, key: int | str, value: Any, source: Source) -> None:
        self._known[key] = value, source
        if len(self._known) > _REMEMBERED:
            # Several threads may come here at once; the same one is thrown out twice then, or one too many.
            try:
                self._known.popitem(last=False)
            except KeyError:
                return

    def held(self, value: Any) -> Source | None:
        """Return which result a small value is, if it is the very object that was given out."""
        found = self._known.get(id(value))
        return found[1] if found is not None and found[0] is value else None

    def find(self, value: Any, fingerprint: str | None) -> Source | None:
        """Return which result a value of this fingerprint is, if it is one."""
        held = self.held(value)
        if held is not None and held.fingerprint == fingerprint:
            return held
        found = self._known.get(fingerprint) if fingerprint else None
        return found[1] if found is not None else None


#: One for the process, as the tracker.
GIVEN = Given()
