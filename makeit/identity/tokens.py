"""Tokens: bytes that stand for a value, begin with a tag for its type, and are short enough to be joined."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any

from makeit.identity.digest import digest

PLAIN: frozenset[type] = frozenset({int, float, str, bytes, bool, complex, types.NoneType})
_INLINE = 96


def scalar(value: Any) -> bytes:
    """Return the token of a value whose type is in `PLAIN`, at its full length."""
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


def short(token: bytes) -> bytes:
    """Return a token as it is where it is short, else its digest."""
    return token if len(token) <= _INLINE else b"#" + digest(token).encode()


def joined(tag: bytes, tokens: Iterable[bytes]) -> bytes:
    """Join tokens so that no two different lists of tokens give the same bytes."""
    return tag + b"(" + b"".join([b"%d:%b" % (len(token), token) for token in tokens]) + b")"
