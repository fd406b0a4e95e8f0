"""Fingerprints of values: strict, type-tagged and canonical, a pure function of content and type.

Every value becomes a token, bytes that begin with a tag for its type; a container's token is the
digest of its children's. So order in a dict or set, sharing, memory layout and hash seed play no role.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from makeit.errors import ArgumentError
from makeit.identity.containers import CONTAINERS
from makeit.identity.digest import digest
from makeit.identity.files import FileDigests
from makeit.identity.reading import Reading, current
from makeit.identity.tokens import PLAIN, scalar, short
from makeit.identity.unknown import Unfingerprintable

SCHEME = "value/1:"


def fingerprint_nested(value: Any) -> str:
    """Fingerprint a part of a value, from inside a `makeit_fingerprint` hook."""
    reading = current()
    if reading is None:
        raise RuntimeError("fingerprint_nested works only while a makeit_fingerprint hook is being called")
    return SCHEME + digest(reading.token(value))


def fingerprint_part(path: str, name: str, read: Callable[[], str]) -> str:
    """Fingerprint a part of a file by what `read` returns, from inside a `makeit_fingerprint` hook.

    `read` is called once for each state of the file, and is remembered with its stamp beyond the process; `name` tells
    the part from others. FileNotFoundError where there is no such file, ArgumentError where it changes meanwhile.
    """
    reading = current()
    return (reading.files if reading is not None else _FILES).part(path, name, read)


# For those who fingerprint outside of any project: remembered in this process alone.
_FILES = FileDigests()


class ValueReader:
    """Fingerprint values; types it does not know are left to `ask`, files and code to their readers."""

    def __init__(
        self,
        ask: Callable[[Any], str | None],
        code: Callable[[Any], str],
        file: Callable[[str], str | None],
        files: FileDigests = _FILES,
    ) -> None:
        self.ask = ask
        self.code = code
        self.file = file
        self.files = files

    def fingerprint(self, value: Any, states: Mapping[int, Any] | None = None) -> str:
        """Return the fingerprint of a value; Unfingerprintable if it, or a part of it, has none.

        `states` stands in for the present states of random streams, by their `id`.
        """
        kind = type(value)
        if kind in PLAIN:
            return SCHEME + digest(scalar(value))
        container = CONTAINERS.get(kind)
        found = container(value) if container else None
        if isinstance(found, bytes):
            return SCHEME + digest(short(found))
        reading = Reading(self, states or {})
        try:
            if not container and not reading.encoder_of(kind):
                known = reading.asked(value)
                if known is not None:
                    return known
            return SCHEME + digest(reading.token(value))
        except RecursionError:
            raise Unfingerprintable(kind=f"{kind.__name__} that is nested too deeply") from None


def is_plain(value: Any) -> bool:
    """Tell whether a value is a scalar that nobody can change."""
    return type(value) in PLAIN


def holds_path(value: Any) -> bool:
    """Tell whether a value is a path, or a plain container with one in it."""
    return any(isinstance(item, os.PathLike) for item in parts(value))


def parts(value: Any) -> Iterator[Any]:
    """Yield a value and, where it is a plain container, all that is in it, through any depth."""
    # A loop, because containers may be deep, and may contain themselves.
    waiting, seen = [value], set()
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, dict | list | tuple | set | frozenset) and id(item) not in seen:
            seen.add(id(item))
            waiting.extend(reversed(list(item.values() if isinstance(item, dict) else item)))


def refuse_iterator(name: str, value: Any) -> None:
    """Raise ArgumentError for an iterator: reading it to fingerprint it would use it up."""
    if isinstance(value, Iterator):
        raise ArgumentError(
            f"argument {name} is a {type(value).__name__}, an iterator, which can be read only once; "
            f"pass a list, as in list({name}), or a path",
            name=name,
        )
