"""Tokens of plain containers: lists, tuples, dicts and sets of anything, in C speed where they hold scalars.

An encoder returns a token, or a generator that yields each part and is sent its token: so the depth of
a value costs no stack.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Generator, Iterable
from itertools import chain
from typing import Any, TypeAlias

from makeit.identity.digest import digest_chunks
from makeit.identity.tokens import PLAIN, joined, scalar, short

Steps: TypeAlias = Generator[Any, bytes, bytes]

_SEQUENCES: frozenset[type] = frozenset({list, tuple})
#: Types of which all values have one order; floats have not, because of nan.
_ORDERED: frozenset[type] = frozenset({str, int, bytes})
#: Items written at once; the memory that this takes stays small beside the list.
_CHUNK = 1 << 16


def _sequence(tag: bytes) -> Callable[[Any], bytes | Steps]:
    def encode(value: list[Any] | tuple[Any, ...]) -> bytes | Steps:
        return _flat(tag, value) or _parts(tag, value)

    return encode


def _flat(tag: bytes, value: list[Any] | tuple[Any, ...]) -> bytes | None:
    """Return the token of a sequence of scalars, or of sequences of scalars; None for any other."""
    kinds = set(map(type, value))
    if not kinds <= PLAIN and not (
        kinds <= _SEQUENCES and PLAIN.issuperset(set(map(type, chain.from_iterable(value))))
    ):
        return None
    try:
        if len(value) <= _CHUNK:
            # marshal in version 1 writes numbers as text and knows no references: it is as canonical as repr.
            return tag + b"!" + marshal.dumps(value, 1)
        chunks = (marshal.dumps(value[start : start + _CHUNK], 1) for start in range(0, len(value), _CHUNK))
        return tag + b"!#" + digest_chunks(chunks).encode()
    except ValueError:
        return None  # a string of more than 2 GB


def _parts(tag: bytes, items: Iterable[Any]) -> Steps:
    tokens = []
    for item in items:
        tokens.append(short(scalar(item)) if type(item) in PLAIN else (yield item))
    return joined(tag, tokens)


def _mapping(value: dict[Any, Any]) -> bytes | Steps:
    if not _is_ordered(value):
        return _pairs(value)
    keys = sorted(value)
    items = [value[key] for key in keys]
    named, found = _flat(b"", keys), _flat(b"", items)
    return joined(b"dict", [named, found]) if named and found else _by_key(keys, items)


def _is_ordered(keys: Iterable[Any]) -> bool:
    kinds = set(map(type, keys))
    return len(kinds) < 2 and kinds <= _ORDERED


def _by_key(keys: list[Any], items: list[Any]) -> Steps:
    named = _flat(b"", keys) or (yield from _parts(b"", keys))
    return joined(b"dict", [named, (yield from _parts(b"", items))])


def _pairs(value: dict[Any, Any]) -> Steps:
    pairs = []
    for pair in list(value.items()):
        pairs.append((yield from _parts(b"", pair)))
    return joined(b"dict:", sorted(pairs))


def _set(tag: bytes) -> Callable[[Any], bytes | Steps]:
    def encode(value: set[Any] | frozenset[Any]) -> bytes | Steps:
        return (_flat(tag, sorted(value)) if _is_ordered(value) else None) or _members(tag, value)

    return encode


def _members(tag: bytes, value: set[Any] | frozenset[Any]) -> Steps:
    tokens = []
    for item in list(value):
        tokens.append(short(scalar(item)) if type(item) in PLAIN else (yield item))
    return joined(tag, sorted(tokens))


CONTAINERS: dict[type, Callable[[Any], bytes | Steps]] = {
    list: _sequence(b"list"),
    tuple: _sequence(b"tuple"),
    dict: _mapping,
    set: _set(b"set"),
    frozenset: _set(b"frozenset"),
}
