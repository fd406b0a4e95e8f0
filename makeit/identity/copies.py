"""Fresh copies of small plain values, so that one that was loaded once need not be loaded again."""

from __future__ import annotations

from typing import Any

from makeit.identity.values import is_plain

_LARGEST = 256


def is_copyable(value: Any) -> bool:
    """Tell whether `copied` gives what loading once more would: plain, small, and without shared parts."""
    return _count(value, set()) <= _LARGEST


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
    if kind not in (dict, list, tuple) or id(value) in seen or len(value) > _LARGEST:
        return _LARGEST + 1
    seen.add(id(value))
    total = 1
    for item in (*value, *value.values()) if kind is dict else value:
        total += _count(item, seen)
        if total > _LARGEST:
            break
    return total
