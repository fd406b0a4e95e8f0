"""Reuses that were right in this process: an equal call need only look whether code and files are as they were."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve

from makeit.attributes import frozen
from makeit.formats.persister import Persister
from makeit.identity.containers import CONTAINERS
from makeit.identity.files import settled
from makeit.identity.spelling import respelled, spelled
from makeit.model import UNKNOWN, Call, CodePrint, FileStamp

if TYPE_CHECKING:
    from makeit.binding import Binding
    from makeit.deciding import Found
    from makeit.stored import Stored
    from makeit.works import Works

_REMEMBERED = 4096


@frozen(eq=False)
class _Reuse:
    """A reuse that was right: while the code and the stamps are the same, so is the result."""

    code: CodePrint
    stamps: tuple[tuple[str, FileStamp], ...]
    load: Callable[[], Any]


class Recollection:
    """What one made function remembers of its reuses.

    A file that had settled before a call began, and has the same stamp now, was not changed in between: all that the
    call found out about it still holds.
    """

    def __init__(self, works: Works, binding: Binding) -> None:
        self._binding = binding
        self._recalls = works.recalls
        self._code = works.code_print
        self._plugins = works.bench.plugins
        self._fingerprint = works.bench.fingerprint
        self._ledger = works.bench.ledger
        self._results = works.results
        self._minded = works.telling.minds_reuse
        self._known: dict[Hashable, _Reuse] = {}

    def recall(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return the result of a call that is to be reused as an equal one was before, or UNKNOWN."""
        if not self._known:
            return UNKNOWN
        key = spelled(self._binding.bind(args, kwargs).values())
        known = self._known.get(key)
        if known is None or self._plugins.rule or self._minded():
            return UNKNOWN
        if self._code() is known.code and _have_stamps(known.stamps):
            return known.load()
        self._known.pop(key, None)
        return UNKNOWN

    def note(self, found: Found, began: float) -> None:
        """Remember a reuse, where the next one can be told at once; `began` is the time at which the call began."""
        stored = found.stored
        if not self._recalls or stored is None or not _is_steady(found, stored):
            return
        stamps = ((self._ledger.place(found.call.anchor), stored.entry.stamp), *stored.examined.stamps.items())
        if not all(settled(stamp, int(began * 1e9)) for _, stamp in stamps):
            return
        key, load = spelled(found.call.arguments.values()), self._loading(found.call, stored)
        if key is not None and load is not None and self._stands_for(key, found.call):
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = _Reuse(found.call.code, stamps, load)

    def _stands_for(self, key: Hashable, call: Call) -> bool:
        """Tell whether a key is that of the very values that were fingerprinted."""
        values = dict(zip(call.arguments, respelled(key), strict=True))
        read = [name for name in call.fingerprints if type(call.arguments[name]) in CONTAINERS]
        return all(self._fingerprint(values[name]) == call.fingerprints[name] for name in read)

    def _loading(self, call: Call, stored: Stored) -> Callable[[], Any] | None:
        """Return what gives the result once more; None where it has to be looked at more closely before."""
        remembered = self._results.remembered(call, stored.record)
        if remembered is not None or any(persister.executes for persister in stored.persisters):
            return remembered
        # What the call was given may be large, and is not to be kept alive from here.
        return partial(self._load, evolve(call, args=(), kwargs={}, arguments={}), stored)

    def _load(self, call: Call, stored: Stored) -> Any:
        loaded = self._results.load(call, stored)
        return UNKNOWN if loaded is None else loaded.value


def _is_steady(found: Found, stored: Stored) -> bool:
    """Tell whether a reuse was one of nothing but equal code, arguments and files."""
    return (
        not (found.adopts or found.earlier or stored.faults or stored.examined.renewed)
        and not any(argument.states_after for argument in stored.record.arguments.values())
        and not any(_is_asked(persister) for persister in stored.persisters)
    )


def _is_asked(persister: Persister) -> bool:
    return type(persister).outdated is not Persister.outdated


def _have_stamps(stamps: tuple[tuple[str, FileStamp], ...]) -> bool:
    try:
        for path, (size, mtime_ns, ctime_ns, inode) in stamps:
            now = os.stat(path)
            if now.st_mtime_ns != mtime_ns or now.st_ctime_ns != ctime_ns or now.st_ino != inode or now.st_size != size:
                return False
    except OSError:
        return False  # gone or out of reach: the whole path of a call says what that means
    return True
