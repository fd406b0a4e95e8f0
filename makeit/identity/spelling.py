"""Spellings of arguments: keys, quick to make, that are equal only for arguments with equal fingerprints."""

from __future__ import annotations

import marshal
from collections.abc import Hashable, Iterable
from typing import Any

from makeit.identity.containers import CONTAINERS
from makeit.identity.given import GIVEN, Source
from makeit.identity.tokens import PLAIN
from makeit.identity.tracker import TRACKER

# Beyond these a digest is as quick and takes less memory, and results are known in another way.
_LONGEST = 4096
_LARGEST = 250
_SIZED: frozenset[type] = frozenset({str, bytes})


def spelled(values: Iterable[Any]) -> Hashable | None:
    """Return what stands for these values and for the results that they are, as far as makeit gave them out.

    None for any but scalars, small containers of scalars, and results that the tracker finds unchanged: what else can
    change in place has to be read.
    """
    plain: list[Any] = []
    results: list[tuple[int, str, str, str]] = []
    for value in values:
        kind = type(value)
        if kind in PLAIN or _room(value, _LARGEST) >= 0:
            if kind in _SIZED and len(value) > _LONGEST:
                return None
            source = GIVEN.held(value)
        else:
            source = _tracked(kind, value)
            if source is None:
                return None
            value = None
        if source is not None:
            results.append((len(plain), *source))
        plain.append(value)
    # marshal writes the type of each scalar, every bit of it, and in this version no references.
    token = marshal.dumps(plain, 2)
    if len(token) > _LONGEST:
        return None
    return (token, *results) if results else token


def respelled(key: Hashable) -> list[Any]:
    """Return the values that a key stands for, None for each that the tracker knew: copies that nobody else can change.

    Another thread may change a list between its fingerprint and its key; so a key stands for a fingerprint only where
    these have it.
    """
    token: Any = key[0] if isinstance(key, tuple) else key
    found: list[Any] = marshal.loads(token)
    return found


def _room(value: Any, room: int) -> int:
    """Return for how many items there is room after a container of scalars, through any depth; -1 for none."""
    kind = type(value)
    if kind is dict:
        if not PLAIN.issuperset(map(type, value)):
            return -1
        items = value.values()
    elif kind is list or kind is tuple:
        items = value
    else:
        return -1
    room -= len(items) + 1
    if room < 0 or PLAIN.issuperset(map(type, items)):
        return room
    for item in items:
        if type(item) not in PLAIN:
            room = _room(item, room)
            if room < 0:
                break
    return room


def _tracked(kind: type, value: Any) -> Source | None:
    """Return which result a value is whose type is left to the tracker."""
    found = None if kind in CONTAINERS else TRACKER.find(value)
    if found is None:
        return None
    from makeit.identity.objects import encoder_of  # a module of many imports, which plain values do without

    return None if encoder_of(kind) else Source(found.origin, found.fingerprint, found.call)
