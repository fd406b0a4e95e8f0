"""The caches that are compared: what each is called, its version, and its adapter, imported when it is used.

An adapter is a module of this package with `decorate(function, folder, file)`: it returns the function so that its
results are kept in a folder. Every tool keeps all its results, and gets the options that its documentation offers for
telling calls apart; how it tracks code is its own affair. makeit alone has a place for the name of a file.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from attrs import frozen

Function: TypeAlias = Callable[..., Any]


@frozen
class Tool:
    """A cache, by its name, the module of its adapter, and its distribution on the package index."""

    name: str
    module: str
    distribution: str

    @property
    def version(self) -> str | None:
        """The installed version, or None."""
        import importlib.metadata  # not in a process that measures how long a tool takes to import it

        try:
            return importlib.metadata.version(self.distribution)
        except importlib.metadata.PackageNotFoundError:
            return None

    @property
    def adapter(self) -> Any:
        """The module of this package that knows the tool."""
        return importlib.import_module(f"benchmarks.tools.{self.module}")

    def decorate(self, function: Function, folder: Path, file: str | None = None) -> Function:
        """Return the function with its results kept in `folder`, or in a file of it where the tool can."""
        decorated: Function = self.adapter.decorate(function, folder, file)
        return decorated

    @property
    def memory(self) -> Callable[[Path], Any] | None:
        """What makes the object that nilearn takes as `memory=`, or None."""
        found: Callable[[Path], Any] | None = getattr(self.adapter, "memory", None)
        return found


MAKEIT = Tool("makeit", "makeit", "makeit-core")
JOBLIB = Tool("joblib", "joblib", "joblib")
DISKCACHE = Tool("diskcache", "diskcache", "diskcache")
CHECKPOINTER = Tool("checkpointer", "checkpointer", "checkpointer")
CACHIER = Tool("cachier", "cachier", "cachier")
HAMILTON = Tool("Hamilton", "hamilton", "sf-hamilton")
PYDRA = Tool("pydra", "pydra", "pydra")
TOOLS = (MAKEIT, JOBLIB, DISKCACHE, CHECKPOINTER, CACHIER, HAMILTON, PYDRA)


def installed(*tools: Tool) -> tuple[Tool, ...]:
    """Return those tools that are installed, all by default."""
    return tuple(tool for tool in tools or TOOLS if tool.version is not None)
