"""Versions of libraries count: `Maker(plugins=[LibraryVersions("numpy")])`, or `arrays = "library_versions:arrays"`."""

from __future__ import annotations

import functools
import importlib.metadata

from makeit import hookimpl


class LibraryVersions:
    """Run a function again when one of these distributions has another version than it ran with."""

    def __init__(self, *names: str) -> None:
        self.names = names

    @hookimpl
    def makeit_key_parts(self) -> dict[str, str | None]:
        """Give the version of each library, None for one that is not installed."""
        return {name: version(name) for name in self.names}


# Once in a process: a library that is upgraded meanwhile stays imported in the old version.
@functools.cache
def version(name: str) -> str | None:
    """Return the version of an installed distribution."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


arrays = LibraryVersions("numpy", "scipy")
