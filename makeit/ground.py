"""What the calls of one made function stand on in one project: all that a reuse which is recalled needs.

The rest, see `works`, is imported and opened by the first call that is not recalled.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

from makeit import notices, summary
from makeit.identity.code.prints import Look, Part
from makeit.identity.digest import checksum
from makeit.recollection import Recollection
from makeit.targets import Targets
from makeit.version import __version__

if TYPE_CHECKING:
    from makeit.recipe import Recipe
    from makeit.workbench import Workbench


# By cachedir and name: two live functions under one name re-run each other.
_live: dict[tuple[str, str], weakref.WeakSet[Ground]] = {}


class Ground:
    """Where the results of a recipe go, what its code is, and which reuses are known already."""

    def __init__(self, recipe: Recipe, bench: Workbench) -> None:
        self.bench = bench
        self.name, self.defined = recipe.name, recipe.defined
        self.options = recipe.options
        self.binding = recipe.binding
        self.files = recipe.binding.files
        self.targets = Targets(
            self.options.output, bench.plugins, bench.project, self.name, self.binding.names, bench.values.fingerprint
        )
        self._code = bench.code.watch(self.binding.function, self.options.depends)
        self._versioned: tuple[Look, Look] | None = None
        notices.listen()
        self.recollection = Recollection(self)
        self._place = bench.project.cachedir, self.name
        _live.setdefault(self._place, weakref.WeakSet()).add(self)

    @property
    def is_settled(self) -> bool:
        """Whether the names of files in the records of the project could be found out."""
        return self.bench.project.is_settled

    @property
    def namesakes(self) -> list[Ground]:
        """What the calls of others stand on that are live under this name, also if all of them were recalled."""
        return [other for other in _live[self._place] if other is not self]

    def code(self) -> Look:
        """Return what the code comes to as it is now, or the version that stands for it; the same while it is."""
        found = self._code.look()
        if self.options.version is None:
            return found
        if self._versioned is None or self._versioned[0] is not found:
            self._versioned = found, _versioned(self.options.version, found)
        return self._versioned[1]

    @property
    def recalls(self) -> bool:
        """Whether a reuse depends on nothing but code, arguments and the files of its result."""
        return not (self.files or self.targets.inputs or self.targets.publishes)

    @property
    def context(self) -> str:
        """What a result depends on besides code, arguments and files, as long as it `recalls`."""
        project = self.bench.project
        ignored = sorted(self.options.ignore)
        where = project.root, project.home, os.environ.get("HOME")
        return checksum(repr((__version__, where, self.binding.names, ignored, self.targets.described)).encode())

    def tells_reuse(self) -> bool:
        """Tell whether anybody wants to be told of a reuse."""
        heard = self.options.debug or summary.ASKED or notices.is_heard(notices.DEBUG)
        plugins = self.bench.plugins
        return heard or plugins.call_started is not None or plugins.call_finished is not None


def _versioned(version: str | int, found: Look) -> Look:
    word = Part("version", "version", f"version/1:{checksum(repr(version).encode())}", text=repr(version))
    return Look((word, *(part for part in found.parts if part.kind == "file")))
