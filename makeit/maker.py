"""Makers: configured decorators that turn functions into made functions; `make` is the default one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, overload

from makeit.binding import taken_apart
from makeit.errors import ArgumentError
from makeit.made import AsyncMadeFunction, MadeFunction
from makeit.options import Force, Foreign, Guard, Options
from makeit.plugins import Plugins, installed
from makeit.recipe import Recipe
from makeit.scan import Scan
from makeit.store.project import Project
from makeit.store.readings import of_installed
from makeit.workbench import Workbench, workbench

if TYPE_CHECKING:
    from pathlib import Path

P = ParamSpec("P")
R = TypeVar("R")


class Decorator(Protocol):
    """What `make(...)` without a function returns."""

    def __call__(self, func: Callable[P, R], /) -> MadeFunction[P, R]:
        """Make the function."""
        ...


class Maker:
    """A configured decorator.

    `cachedir` holds the records, `root` is where relative outputs start; without them both come from
    the project that the working folder lies in at the first call. `plugins` are modules or objects
    with hooks that belong to this project alone.
    """

    def __init__(
        self,
        cachedir: str | Path | None = None,
        root: str | Path | None = None,
        plugins: Iterable[Any] = (),
    ) -> None:
        self.cachedir = cachedir
        self.root = root
        self.plugins = tuple(plugins)
        self._own: dict[str, Plugins] = {}

    @overload
    def __call__(self, func: Callable[P, R], /) -> MadeFunction[P, R]: ...

    @overload
    def __call__(
        self,
        func: Callable[P, R],
        *,
        output: Any = None,
        cachedir: str | Path | None = None,
        debug: bool = False,
        name: str | None = None,
        force: Force = False,
        keep: int | None = 1,
        guard: Guard = "freeze",
        foreign: Foreign = "refuse",
        ignore: str | Iterable[str] = (),
        depends: Any = (),
        version: str | int | None = None,
        strict: bool = False,
        once: bool | float = False,
    ) -> MadeFunction[P, R]: ...

    @overload
    def __call__(
        self,
        func: None = None,
        *,
        output: Any = None,
        cachedir: str | Path | None = None,
        debug: bool = False,
        name: str | None = None,
        force: Force = False,
        keep: int | None = 1,
        guard: Guard = "freeze",
        foreign: Foreign = "refuse",
        ignore: str | Iterable[str] = (),
        depends: Any = (),
        version: str | int | None = None,
        strict: bool = False,
        once: bool | float = False,
    ) -> Decorator: ...

    def __call__(self, func: Callable[..., Any] | None = None, *, output: Any = None, **options: Any) -> Any:
        """Make a function, or give a decorator that does; see the README for the options.

        SpecError, TemplateError and ArgumentError for what is wrong in the options themselves.
        """
        unknown = options.keys() - _OPTIONS
        if unknown:
            raise TypeError(
                f"make() has no option {sorted(unknown)[0]!r}; its options are: output, {', '.join(_OPTIONS)}"
            )
        chosen = Options(output=output, **options)
        if func is None:
            return lambda function: self.made(function, chosen)
        return self.made(func, chosen)

    def made(self, function: Callable[..., Any], options: Options) -> MadeFunction[..., Any]:
        """Return the made function of a callable with checked options."""
        if not callable(function):
            raise ArgumentError(
                f"make() decorates functions, not {function!r}; options are given by name, as in make(output=...)",
                name="func",
            )
        kind = AsyncMadeFunction if inspect.iscoroutinefunction(taken_apart(function)[0]) else MadeFunction
        return kind(function, Recipe(function, options, self))

    def cache(self, func: Callable[P, R], ignore: Iterable[str] | None = None) -> MadeFunction[P, R]:
        """Make a function with all its results kept in the cachedir: for libraries that take a `memory=`."""
        made: MadeFunction[P, R] = self(func, ignore=ignore or (), keep=None)
        return made

    def bench(self, cachedir: str | Path | None) -> Workbench:
        """Return the workbench of the project that a function of this maker works in."""
        project = Project.locate(cachedir or self.cachedir, self.root).opened()
        scan = Scan(of_installed(project.cachedir))
        if not self.plugins:
            return workbench(project, installed(scan))
        return workbench(project, self._own.get("own") or self._own.setdefault("own", Plugins(self.plugins, scan)))

    def __reduce__(self) -> Any:
        if self is make:
            return "make"
        return Maker, (self.cachedir, self.root, self.plugins)

    def __repr__(self) -> str:
        return f"Maker(cachedir={self.cachedir!r}, root={self.root!r})"


_OPTIONS = tuple(name for name in inspect.signature(Options).parameters if name != "output")

make = Maker()
