"""One tool in one trap: calls whose value and run are compared with what is right."""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from attrs import define, field, frozen

from benchmarks.tools import Function, Tool

#: From the best to the worst; a trap is as bad as the worst of its calls.
VERDICTS = ("right", "not offered", "needless", "refused", "stale")

Scenario: TypeAlias = Callable[["Trial"], None]


@frozen
class Trap:
    """A scenario with the law of semantics.md that it tests, run in so many processes, one after the other."""

    name: str
    law: str
    scenario: Scenario
    processes: int


@define
class Traps:
    """The traps of one subject."""

    all: list[Trap] = field(factory=list)

    def __call__(self, law: str, name: str, processes: int = 1) -> Callable[[Scenario], Scenario]:
        """Add a scenario."""

        def add(scenario: Scenario) -> Scenario:
            self.all.append(Trap(name, law, scenario, processes))
            return scenario

        return add


class NotOfferedError(Exception):
    """The tool has no place where a trap would use it."""


@frozen(eq=False)
class Cached:
    """A function and what a tool made of it."""

    plain: Function
    kept: Function


@define(eq=False)
class Trial:
    """What a scenario works with: the tool's decorator, a folder of its own, and the checks.

    A function says that it runs by printing; nothing that a tool might look at changes by that.
    """

    tool: Tool
    folder: Path
    process: int = 0
    findings: list[tuple[str, str]] = field(factory=list)

    @property
    def first(self) -> bool:
        """Whether this is the first of the scenario's processes."""
        return self.process == 0

    @property
    def store(self) -> Path:
        """The folder that the tool keeps its results in."""
        return self.folder / "store"

    def cached(self, plain: Function, file: str | None = None) -> Cached:
        """Decorate a function; its result is kept in a file of this name by a tool that can."""
        return Cached(plain, self.tool.decorate(plain, self.store, file))

    def memory(self) -> Any:
        """Return the tool as nilearn takes it for its `memory=`."""
        if self.tool.memory is None:
            raise NotOfferedError
        return self.tool.memory(self.store)

    def runs(self, cached: Cached, *args: Any, **kwargs: Any) -> None:
        """Call, and expect the value that the plain function gives; a run is right."""
        self._call(cached, args, kwargs, may_run=True)

    def reuses(self, cached: Cached, *args: Any, **kwargs: Any) -> None:
        """Call, and expect the value that the plain function gives, without a run."""
        self._call(cached, args, kwargs, may_run=False)

    def _call(self, cached: Cached, args: tuple[Any, ...], kwargs: Mapping[str, Any], may_run: bool) -> None:
        right, _ = quietly(cached.plain, *copy.deepcopy(args), **copy.deepcopy(dict(kwargs)))
        with self.refusals():
            self.compare(cached, right, args, kwargs, may_run)

    def compare(
        self,
        cached: Cached,
        right: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any] = {},
        may_run: bool = True,
    ) -> None:
        """Call, and compare with a value that is known to be right; errors pass."""
        value, ran = quietly(cached.kept, *args, **kwargs)
        if not same(value, right):
            self.findings.append(("stale", f"{value!r} instead of {right!r}"))
        elif ran and not may_run:
            self.findings.append(("needless", "ran"))

    def check(self, holds: bool, otherwise: str) -> None:
        """Expect an effect."""
        if not holds:
            self.findings.append(("stale", otherwise))

    @contextlib.contextmanager
    def refusals(self, *, right: bool = False) -> Iterator[None]:
        """Note an error of the tool: it is either right here, or is no stale value but no result either."""
        try:
            yield
        except NotOfferedError:
            self.findings.append(("not offered", "nilearn takes a joblib.Memory, and the tool has none"))
        except Exception as error:
            if not right:
                self.findings.append(("refused", f"{type(error).__name__}: {error}"))

    def package(self, name: str, files: Mapping[str, str]) -> ModuleType:
        """Write a package of the user's and import its module `steps`."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for module, text in {"__init__": "", **files}.items():
            (folder / f"{module}.py").write_text(text)
        if str(self.folder) not in sys.path:
            sys.path.insert(0, str(self.folder))
        importlib.invalidate_caches()
        return importlib.import_module(f"{name}.steps")

    def verdict(self) -> tuple[str, str]:
        """The worst that was found, and what it was."""
        return max(self.findings, key=lambda found: VERDICTS.index(found[0]), default=("right", ""))


def quietly(function: Function, *args: Any, **kwargs: Any) -> tuple[Any, bool]:
    """Call a function and tell whether it printed that it ran."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        value = function(*args, **kwargs)
    return value, "ran" in printed.getvalue().splitlines()


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal in type and value, nan being equal to nan."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or repr(one) == repr(other) == "nan"
