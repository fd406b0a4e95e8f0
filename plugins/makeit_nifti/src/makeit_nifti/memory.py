"""MakerMemory: a maker in the clothes of a `joblib.Memory`, which is all that nilearn takes as `memory=`."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import joblib

from makeit import Maker
from makeit.identity.origin import is_library

#: Where nilearn is given names of files it caches by these; others are plain strings.
_SUFFIXES = (".nii", ".nii.gz", ".img", ".hdr", ".mgz", ".csv", ".tsv", ".txt", ".npy")


class MakerMemory(joblib.Memory):  # type: ignore[misc]
    """Keep results as `maker` does: `NiftiMasker(memory=MakerMemory(Maker(cachedir="masks")), memory_level=1)`.

    All results of a function are kept. Names of existing image and table files count by the content of the
    files, also within lists and dicts. A function of a library counts by the version of the library. Shelving
    (`call_and_shelve`) is not offered.
    """

    def __init__(self, maker: Maker) -> None:
        super().__init__(location=None, verbose=0)
        self.maker = maker
        # nilearn warns of a memory without a location, and switches caching off.
        self.location = os.fspath(maker.cachedir or ".makeit")

    def cache(self, func: Callable[..., Any] | None = None, ignore: Iterable[str] | None = None, **options: Any) -> Any:
        """Make a function with all its results kept; the other options of joblib have no meaning here."""
        if func is None:
            return functools.partial(self.cache, ignore=ignore, **options)
        made = self.maker(func, ignore=ignore or (), keep=None, version=_version(func))

        @functools.wraps(func)
        def cached(*args: Any, **kwargs: Any) -> Any:
            return made(*(_named(value) for value in args), **{name: _named(value) for name, value in kwargs.items()})

        return cached

    def clear(self, warn: bool = True) -> None:
        """Refuse: a cachedir holds the records of named files, too."""
        raise NotImplementedError(f"to clear what makeit keeps here, delete the folder {self.location}")

    def reduce_size(self, *args: Any, **kwargs: Any) -> None:
        """Refuse, as `clear` does."""
        self.clear()

    def __reduce__(self) -> Any:
        return type(self), (self.maker,)

    def __repr__(self) -> str:
        return f"MakerMemory({self.maker!r})"


def _version(function: Callable[..., Any]) -> str | None:
    """Return name and version of a function's library; None for a user's own function, which counts by code."""
    namespace = getattr(function, "__globals__", None)
    if namespace is None or not is_library(namespace):
        return None
    name = str(namespace["__name__"]).partition(".")[0]
    found = getattr(sys.modules[name], "__version__", None)
    return None if found is None else f"{name} {found}"


def _named(value: Any) -> Any:
    """Return `value` with each name of a file that is there as a Path, which counts by content."""
    if type(value) is str:
        return Path(value) if value.lower().endswith(_SUFFIXES) and os.path.isfile(value) else value
    if type(value) in (list, tuple):
        return type(value)(map(_named, value))
    if type(value) is dict:
        return {key: _named(part) for key, part in value.items()}
    return value
