"""Fresh copies of small plain values, so that one that was loaded once need not be loaded again."""

from __future__ import annotations

from typing import Any

from makeit.identity.values import is_plain

_LARGEST = 256
# Characters and bytes of what counts as small, all together.
_LONGEST = 1 << 16


def is_copyable(value: Any) -> bool:
    """Tell whether `copied` gives what loading once more would: plain, small, and without shared parts."""
    return _count(value, set()) <= _LARGEST


def is_small(value: Any) -> bool:
    """Tell whether `copied` gives what loading once more would, of a value that hardly takes memory."""
    return is_copyable(value) and _length(value) <= _LONGEST


def copied(value: Any) -> Any:
    """Return a value of built-in containers and scalars that shares nothing mutable with the one given."""
    kind = type(value)
    if kind is dict:
        return {key: item if is_plain(item) else copied(item) for key, item in value.items()}
    if kind is list:
        return [item if is_plain(item) else copied(item) for item in value]
    if kind is tuple:
        return tuple([item if is_plain(item) else copied(item) for item in value])
    return value


def _count(value: Any, seen: set[int]) -> int:
    if is_plain(value):
        return 1
    kind = type(value)
    if kind not in (dict, list, tuple) or id(value) in seen or max(len(value), len(seen)) > _LARGEST:
        return _LARGEST + 1  # or so deep that nobody could go through it
    seen.add(id(value))
    total = 1
    for item in (*value, *value.values()) if kind is dict else value:
        total += _count(item, seen)
        if total > _LARGEST:
            break
    return total


def _length(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, int):
        return value.bit_length() >> 3
    if isinstance(value, dict):
        return sum(map(_length, value)) + sum(map(_length, value.values()))
    return sum(map(_length, value)) if isinstance(value, list | tuple) else 0
