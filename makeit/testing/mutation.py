"""Changes a value in place wherever it lets itself be changed: what a careless caller does to a result."""

from __future__ import annotations

import sys
import types
from contextlib import suppress
from typing import Any

# What a value may refer to but does not own.
_SHARED = (type, types.ModuleType, types.FunctionType, types.MethodType)


def change(value: Any) -> None:
    """Change a value in place: buffers bit by bit, containers and objects with what they hold."""
    _change(value, set())


def _change(value: Any, seen: set[int]) -> None:
    if id(value) in seen:
        return
    seen.add(id(value))
    for part in _parts(value):
        _change(part, seen)
    # A value that refuses is as it should be, and it may refuse in any way.
    with suppress(Exception):
        _overwrite(value)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, _SHARED):
        return []
    return list(getattr(value, "__dict__", {}).values())


def _overwrite(value: Any) -> None:
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        value[...] = _flipped(numpy, value)
    elif isinstance(value, list):
        value.append("changed in place")
    elif isinstance(value, dict):
        value["changed"] = "in place"
    elif isinstance(value, set):
        value.add("changed in place")
    else:
        _flip(memoryview(value))


def _flipped(numpy: Any, array: Any) -> Any:
    if array.dtype.hasobject:
        return None
    raw = bytes(byte ^ 0xFF for byte in array.tobytes())
    return numpy.frombuffer(raw, array.dtype).reshape(array.shape)


def _flip(view: memoryview) -> None:
    raw = view.cast("B")
    for place in range(len(raw)):
        raw[place] ^= 0xFF
