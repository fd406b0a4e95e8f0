"""The kernel's own word on formats, as hook implementations that come after all plugins."""

from __future__ import annotations

import functools
from typing import Any

from makeit.formats.json import JsonFile, find_fault
from makeit.formats.options import build
from makeit.formats.persister import Persister
from makeit.formats.pickle import PickleFile
from makeit.formats.registry import Registry
from makeit.formats.spec import Spec
from makeit.hookspecs import hookimpl

_SCALARS = (type(None), bool, int, float, str)


class EntryPointFormats:
    """Resolve specs through the entry points of installed distributions."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @hookimpl(trylast=True)
    def makeit_resolve_persister(self, spec: Spec) -> Persister:
        """Build the persister that the format's name or the longest matching suffix stands for."""
        return build(self._registry.kind(spec), spec)


@hookimpl(trylast=True)
def makeit_choose_persister(value: Any) -> Persister:
    """Choose JSON for a scalar that it gives back exactly, pickle for everything else."""
    if type(value) in _SCALARS and not find_fault(value):
        return _kept_as(JsonFile)
    return _kept_as(PickleFile)


@functools.cache
def _kept_as(kind: type[Persister]) -> Persister:
    # One for all calls: the kernel asks it for a twin on another file.
    return kind(f"value{kind.suffixes[0]}")
