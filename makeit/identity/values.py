"""Fingerprints of values: strict, type-tagged and canonical, a pure function of content and type.

Every value becomes a token, bytes that begin with a tag for its type; a container's token is the
digest of its children's. So order in a dict or set, sharing, memory layout and hash seed play no role.
"""

from __future__ import annotations

import marshal
import os
import types
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from makeit.errors import ArgumentError
from makeit.identity import objects
from makeit.identity.digest import digest
from makeit.identity.unknown import Unfingerprintable

SCHEME = "value/1:"
_INLINE = 96
_PLAIN = frozenset({int, float, str, bytes, bool, complex, types.NoneType})
_LONG = 32

_current: ContextVar[ValueReader | None] = ContextVar("makeit_value_reader", default=None)


def fingerprint_nested(value: Any) -> str:
    """Fingerprint a part of a value, from inside a `makeit_fingerprint` hook."""
    reader = _current.get()
    if reader is None:
        raise RuntimeError("fingerprint_nested works only while a makeit_fingerprint hook is being called")
    return SCHEME + digest(reader.token(value))


class ValueReader:
    """Fingerprint values; types it does not know are left to `ask`, files and code to their readers."""

    def __init__(
        self,
        ask: Callable[[Any], str | None],
        code: Callable[[Any], str],
        file: Callable[[str], str | None],
    ) -> None:
        self._ask = ask
        self.code = code
        self.file = file
        self._active: ContextVar[tuple[int, ...]] = ContextVar("makeit_active", default=())

    def fingerprint(self, value: Any) -> str:
        """Return the fingerprint of a value; Unfingerprintable if it, or a part of it, has none."""
        kind = type(value)
        if kind in _PLAIN:
            return SCHEME + digest(_scalar(value))
        try:
            if kind not in _CONTAINERS and not objects.encoder_of(kind):
                known = self.asked(value)
                if known is not None:
                    return known
            return SCHEME + digest(self.token(value))
        except RecursionError:
            raise Unfingerprintable(kind=f"{kind.__name__} that is nested too deeply") from None

    def asked(self, value: Any) -> str | None:
        """Return the fingerprint that the tracker or a plugin has for this value, or None."""
        before = _current.set(self)
        try:
            return self._ask(value)
        finally:
            _current.reset(before)

    def token(self, value: Any) -> bytes:
        """Return the token of a value, short enough to be part of another."""
        kind = type(value)
        if kind in _PLAIN:
            found = _scalar(value)
        else:
            found = self._nested(value, _CONTAINERS.get(kind) or objects.encoder_of(kind) or _object)
        return found if len(found) <= _INLINE else b"#" + digest(found).encode()

    def _nested(self, value: Any, encode: Callable[[ValueReader, Any], bytes]) -> bytes:
        active = self._active.get()
        if id(value) in active:
            # A value that contains itself: how many levels up is the same for every equal value.
            return b"cycle:%d" % (len(active) - active.index(id(value)))
        reset = self._active.set((*active, id(value)))
        try:
            return encode(self, value)
        finally:
            self._active.reset(reset)


def _object(reader: ValueReader, value: Any) -> bytes:
    known = reader.asked(value)
    return known.encode() if known is not None else objects.encode_instance(reader, value)


def _scalar(value: Any) -> bytes:
    if value is None:
        return b"none"
    if type(value) is str:
        return b"str:" + value.encode("utf-8", "surrogatepass")
    if type(value) is bytes:
        return b"bytes:" + value
    if type(value) is int:
        return b"int:%x" % value
    # repr is exact for floats, gives every nan one form, and keeps the sign of zero.
    return f"{type(value).__name__}:{value!r}".encode()


def joined(tag: bytes, tokens: Iterator[bytes] | list[bytes]) -> bytes:
    """Join tokens so that no two different lists of tokens give the same bytes."""
    return tag + b"(" + b"".join(b"%d:%b" % (len(token), token) for token in tokens) + b")"


def _sequence(tag: bytes) -> Callable[[ValueReader, Any], bytes]:
    def encode(reader: ValueReader, value: Any) -> bytes:
        if len(value) > _LONG and set(map(type, value)) <= _PLAIN:
            # marshal in version 1 writes plain scalars as text, without references, in C speed.
            return tag + b"!" + marshal.dumps(list(value), 1)
        return joined(tag, [reader.token(item) for item in value])

    return encode


def _mapping(reader: ValueReader, value: dict[Any, Any]) -> bytes:
    return joined(b"dict", sorted(joined(b"", [reader.token(k), reader.token(v)]) for k, v in list(value.items())))


def _set(tag: bytes) -> Callable[[ValueReader, Any], bytes]:
    def encode(reader: ValueReader, value: Any) -> bytes:
        return joined(tag, sorted(reader.token(item) for item in value))

    return encode


_CONTAINERS: dict[type, Callable[[ValueReader, Any], bytes]] = {
    list: _sequence(b"list"),
    tuple: _sequence(b"tuple"),
    dict: _mapping,
    set: _set(b"set"),
    frozenset: _set(b"frozenset"),
}


def is_plain(value: Any) -> bool:
    """Tell whether a value is a scalar that nobody can change."""
    return type(value) in _PLAIN


def holds_path(value: Any) -> bool:
    """Tell whether a value is a path, or a plain container with one in it."""
    # A loop, because containers may be deep, and may contain themselves.
    waiting, seen = [value], set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, os.PathLike):
            return True
        if isinstance(item, dict | list | tuple | set | frozenset) and id(item) not in seen:
            seen.add(id(item))
            waiting.extend(item.values() if isinstance(item, dict) else item)
    return False


def refuse_iterator(name: str, value: Any) -> None:
    """Raise ArgumentError for an iterator: reading it to fingerprint it would use it up."""
    if isinstance(value, Iterator):
        raise ArgumentError(
            f"argument {name} is a {type(value).__name__}, an iterator, which can be read only once; "
            f"pass a list, as in list({name}), or a path",
            name=name,
        )
