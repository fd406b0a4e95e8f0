"""One reading of a value: which of its parts are being read, and the tokens of those that were."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from makeit.identity.containers import CONTAINERS, Steps
from makeit.identity.instances import encode_instance
from makeit.identity.tokens import PLAIN, scalar, short

if TYPE_CHECKING:
    from makeit.identity.files import FileDigests
    from makeit.identity.objects import Encoder
    from makeit.identity.values import ValueReader

# How many tokens are remembered: enough for values that hold one object in many places.
_REMEMBERED = 1 << 16

_current: ContextVar[Reading | None] = ContextVar("makeit_reading", default=None)


def current() -> Reading | None:
    """Return the reading from inside which a plugin is being asked, or None."""
    return _current.get()


class _Open:
    """A part that is being read: `reach` is the outermost part that it refers back to."""

    __slots__ = ("holds", "reach", "steps", "value")

    def __init__(self, value: Any, place: int) -> None:
        self.value = value
        self.reach = place
        self.holds = False
        self.steps: Steps | None = None


class Reading:
    """Reads one value; the encoders of its parts ask it for tokens, code and files.

    `states` stands in for the states of random streams, by `id`.
    """

    def __init__(self, source: ValueReader, states: Mapping[int, Any]) -> None:
        self._source = source
        self.states = states
        self._open: list[_Open] = []
        self._places: dict[int, int] = {}
        # The value, too: while it is held, its id is not given to another.
        self._known: dict[int, tuple[Any, bytes]] = {}

    def code(self, value: Any) -> str:
        """Return the fingerprint of a function or class."""
        return self._source.code(value)

    @property
    def files(self) -> FileDigests:
        """What is known of parts of files."""
        return self._source.files

    def file(self, path: str) -> str | None:
        """Return what stands for the file at `path`, or None where there is none."""
        return self._source.file(path)

    @staticmethod
    def encoder_of(kind: type) -> Encoder | None:
        """Return the encoder of a type that is neither a scalar nor a plain container, if the kernel knows it."""
        from makeit.identity.objects import encoder_of  # dates, decimals, paths: scalars and containers do without

        return encoder_of(kind)

    def asked(self, value: Any) -> str | None:
        """Return the fingerprint that the tracker or a plugin has for this value, or None."""
        before = _current.set(self)
        try:
            return self._source.ask(value)
        finally:
            _current.reset(before)

    def token(self, value: Any) -> bytes:
        """Return the token of a value, short enough to be part of another."""
        if type(value) in PLAIN:
            return short(scalar(value))
        floor = len(self._open)
        try:
            found = self._enter(value)
            while len(self._open) > floor:
                found = self._step(found)
        except BaseException:
            self._abandon(floor)
            raise
        assert found is not None
        return found

    def _step(self, found: bytes | None) -> bytes | None:
        """Send the innermost part the token it waits for; return the next token, None if a part was opened."""
        steps = self._open[-1].steps
        assert steps is not None
        try:
            part = next(steps) if found is None else steps.send(found)
        except StopIteration as end:
            return self._leave(end.value)
        return short(scalar(part)) if type(part) in PLAIN else self._enter(part)

    def _enter(self, value: Any) -> bytes | None:
        """Return the token of a part that is known or quick to read; None where it was opened."""
        encode = CONTAINERS.get(type(value))
        found = encode(value) if encode else None
        if isinstance(found, bytes):
            return short(found)
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        place = self._places.get(id(value))
        if place is not None:
            # A value that contains itself: how many levels up is the same for every equal value.
            self._open[-1].reach = min(self._open[-1].reach, place)
            return b"cycle:%d" % (len(self._open) - place)
        return self._open_part(value, found)

    def _open_part(self, value: Any, steps: Steps | None) -> bytes | None:
        if self._open:
            self._open[-1].holds = True
        part = _Open(value, len(self._open))
        self._places[id(value)] = len(self._open)
        self._open.append(part)
        found = steps or (self.encoder_of(type(value)) or _unknown)(self, value)
        if isinstance(found, bytes):
            return self._leave(found)
        part.steps = found
        return None

    def _leave(self, token: bytes) -> bytes:
        part = self._open.pop()
        del self._places[id(part.value)]
        place, token = len(self._open), short(token)
        if self._open:
            self._open[-1].reach = min(self._open[-1].reach, part.reach)
        # What refers back to outer parts has another token elsewhere; a row of scalars is as quick to read.
        if part.reach >= place and part.holds and len(self._known) < _REMEMBERED:
            self._known[id(part.value)] = part.value, token
        return token

    def _abandon(self, floor: int) -> None:
        while len(self._open) > floor:
            del self._places[id(self._open.pop().value)]

    def holding(self) -> None:
        """Say that the innermost part is costly to read, so that its token is to be remembered."""
        self._open[-1].holds = True


def _unknown(reading: Reading, value: Any) -> bytes | Steps:
    known = reading.asked(value)
    if known is None:
        return encode_instance(reading, value)
    reading.holding()
    return known.encode()
