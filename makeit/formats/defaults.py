"""The formats that the kernel keeps values in, where no plugin has a better one."""

from __future__ import annotations

import functools
from typing import Any

from makeit.formats.json import JsonFile, find_fault
from makeit.formats.persister import Persister
from makeit.formats.pickle import PickleFile

_SCALARS = (type(None), bool, int, float, str)


def fitting(value: Any) -> Persister:
    """Choose JSON for a scalar that it gives back exactly, pickle for everything else."""
    if type(value) in _SCALARS and not find_fault(value):
        return _kept_as(JsonFile)
    return _kept_as(PickleFile)


@functools.cache
def _kept_as(kind: type[Persister]) -> Persister:
    # One for all calls: the kernel asks it for a twin on another file.
    return kind(f"value{kind.suffixes[0]}")
