"""Reuses that were right before: an equal call need only look whether code and files are as they were."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from makeit.formats.persister import Persister
from makeit.heritage import Heritage
from makeit.identity.containers import CONTAINERS
from makeit.identity.files import have_stamps, settled, stamp
from makeit.identity.spelling import respelled, spelled
from makeit.identity.unknown import UNKNOWN

if TYPE_CHECKING:
    from makeit.deciding import Found
    from makeit.ground import Ground
    from makeit.identity.code.prints import Look
    from makeit.identity.stamps import FileStamp
    from makeit.model import Call, CodePrint, Record
    from makeit.results import Results
    from makeit.stored import Stored

_REMEMBERED = 1 << 14


class _Reuse(NamedTuple):
    """A reuse that was right: while the code and the stamps are the same, so is the result."""

    code: Look | CodePrint
    stamps: tuple[tuple[str, FileStamp], ...]
    load: Callable[[], Any]


class Recollection:
    """What one made function remembers of its reuses.

    A file that had settled before a call began, and has the same stamp now, was not changed in between: all that the
    call found out about it still holds.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._bench = ground.bench
        self._recalls = ground.recalls
        self._heritage = Heritage(ground)
        self._known: dict[Hashable, _Reuse] = {}

    def recall(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return the result of a call that is to be reused as an equal one was before, or UNKNOWN."""
        if not (self._known or (self._recalls and self._heritage.notes())):
            return UNKNOWN
        key = spelled(self._ground.binding.bind(args, kwargs).values())
        if key is None or self._bench.plugins.rule or self._ground.tells_reuse():
            return UNKNOWN
        known = self._known.get(key) or self._inherited(key)
        if known is None:
            return UNKNOWN
        if self._ground.code().is_of(known.code) and have_stamps(known.stamps):
            return known.load()
        self._known.pop(key, None)
        return UNKNOWN

    def note(self, found: Found, began: float, results: Results) -> None:
        """Remember a reuse, where the next one can be told at once; `began` is the time at which the call began."""
        call, stored = found.call, found.stored
        if not self._recalls or stored is None or not _is_steady(found, stored):
            return
        stamps = ((self._bench.ledger.place(call.anchor), stored.entry.stamp), *stored.examined.stamps.items())
        if not all(settled(stamp, int(began * 1e9)) for _, stamp in stamps):
            return
        key, remembered = self._key(call), results.remembered(call, stored.record)
        if key is None:
            return
        if remembered is not None:
            self._remember(key, _Reuse(call.code, stamps, remembered.give))
            self._heritage.note(key, call, stored.record, stored.entry.stamp, remembered.value)
        elif not any(persister.executes for persister in stored.persisters):
            self._remember(key, _Reuse(call.code, stamps, partial(_load, results, call.bare(), stored)))

    def note_run(self, call: Call, record: Record | None, value: Any) -> None:
        """Remember what a run returned, once it is stored, for later reuses."""
        if record is None or not self._recalls or self._bench.plugins.rule or _draws(record):
            return
        if not self._heritage.takes(record, value):
            return
        with suppress(OSError):  # a record that is out of reach now may be looked at by the next call
            key, written = self._key(call), stamp(self._bench.ledger.place(call.anchor))
            if key is not None and written is not None:
                self._heritage.note(key, call, record, written, value)

    def _key(self, call: Call) -> Hashable | None:
        """Return what stands for the arguments of a call; None where these may have changed since they were read."""
        key = spelled(call.arguments.values())
        read = [name for name in call.fingerprints if type(call.arguments[name]) in CONTAINERS]
        if key is None or not read:
            return key
        values = dict(zip(call.arguments, respelled(key), strict=True))
        right = all(self._bench.fingerprint(values[name]) == call.fingerprints[name] for name in read)
        return key if right else None

    def _inherited(self, key: Hashable) -> _Reuse | None:
        """Return a reuse that was noted when its result was made, or by another process."""
        code = self._ground.code()
        noted = self._heritage.find(key, code)
        if noted is None:
            return None
        self._bench.keep_readings()
        found = _Reuse(code, noted.stamps, self._heritage.remembered(noted).give)
        self._remember(key, found)
        return found

    def _remember(self, key: Hashable, reuse: _Reuse) -> None:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = reuse


def _load(results: Results, call: Call, stored: Stored) -> Any:
    loaded = results.load(call, stored)
    return UNKNOWN if loaded is None else loaded.value


def _is_steady(found: Found, stored: Stored) -> bool:
    """Tell whether a reuse was one of nothing but equal code, arguments and files."""
    return not (
        found.adopts
        or found.earlier
        or stored.faults
        or stored.examined.renewed
        or _draws(stored.record)
        or any(_is_asked(persister) for persister in stored.persisters)
    )


def _draws(record: Record) -> bool:
    """Tell whether a call draws from random streams, which have to be set at each reuse."""
    return any(argument.states_after for argument in record.arguments.values())


def _is_asked(persister: Persister) -> bool:
    return type(persister).outdated is not Persister.outdated
