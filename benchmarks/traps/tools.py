"""The caches under test: for each, how a function is decorated so that its results are kept in a folder.

Every tool keeps all its results, and gets the options that its documentation offers for telling
calls apart; how it tracks code is its own affair. Where a trap names a file for the result, makeit
alone has a place for it.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from attrs import frozen

Function: TypeAlias = Callable[..., Any]


@frozen
class Tool:
    """A cache: its distribution on the package index, how it decorates, and what it is as `memory=` for nilearn."""

    name: str
    distribution: str
    decorate: Callable[[Function, Path, str | None], Function]
    memory: Callable[[Path], Any] | None = None

    @property
    def version(self) -> str | None:
        """The installed version, or None."""
        try:
            return importlib.metadata.version(self.distribution)
        except importlib.metadata.PackageNotFoundError:
            return None


def _makeit(function: Function, folder: Path, file: str | None) -> Function:
    from makeit import Maker

    return Maker(root=folder, cachedir=folder / ".makeit")(function, output=file, keep=None)


def _makeit_memory(folder: Path) -> Any:
    from makeit import Maker
    from makeit_nifti import MakerMemory

    return MakerMemory(Maker(root=folder, cachedir=folder / ".makeit"))


def _joblib(function: Function, folder: Path, file: str | None) -> Function:
    import joblib

    return joblib.Memory(folder, verbose=0).cache(function)


def _joblib_memory(folder: Path) -> Any:
    import joblib

    return joblib.Memory(folder, verbose=0)


def _diskcache(function: Function, folder: Path, file: str | None) -> Function:
    import diskcache

    return diskcache.Cache(folder).memoize(typed=True)(function)


def _cachier(function: Function, folder: Path, file: str | None) -> Function:
    import cachier

    return cachier.cachier(cache_dir=folder, allow_none=True)(function)


def _checkpointer(function: Function, folder: Path, file: str | None) -> Function:
    import checkpointer

    return checkpointer.Checkpointer(directory=folder, verbosity=0, capture=True)(function)


TOOLS = (
    Tool("makeit", "makeit-core", _makeit, _makeit_memory),
    Tool("joblib", "joblib", _joblib, _joblib_memory),
    Tool("checkpointer", "checkpointer", _checkpointer),
    Tool("cachier", "cachier", _cachier),
    Tool("diskcache", "diskcache", _diskcache),
)
