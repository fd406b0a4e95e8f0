"""How one function is made: the callable, its options and its name, before the first call opens the rest."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from makeit import notices
from makeit.binding import Binding, refuse_generator
from makeit.errors import ArgumentError
from makeit.ground import Ground
from makeit.identity.describe import readable
from makeit.identity.origin import module_name, source_file
from makeit.options import Options

if TYPE_CHECKING:
    from makeit.maker import Maker
    from makeit.works import Works


#: The latest recipe of each name that is alive.
latest: weakref.WeakValueDictionary[str, Recipe] = weakref.WeakValueDictionary()
_only_asked = False


class OnlyAsked(BaseException):
    """A made function was called by code that was loaded to ask about functions, not to run them.

    No Exception: what a program does about its own errors is no answer to this.
    """


@contextmanager
def only_asked() -> Iterator[None]:
    """Let no made function run that was not called before."""
    global _only_asked
    before, _only_asked = _only_asked, True
    try:
        yield
    finally:
        _only_asked = before


class Recipe:
    """One decorated function with its options; its working parts are opened at the first call."""

    def __init__(self, function: Callable[..., Any], options: Options, maker: Maker) -> None:
        self.function = function
        self.options = options
        self._maker = maker
        self.binding = Binding(function)
        refuse_generator(self.binding.function)
        unknown = options.ignore - set(self.binding.names)
        if unknown:
            raise ArgumentError(
                f"ignore names {', '.join(sorted(unknown))}, which {_plain_name(self.binding.function)} does not "
                f"take; its arguments are: {', '.join(self.binding.names) or 'none'}",
                name=sorted(unknown)[0],
            )
        self.name = options.name or f"{module_name(self.binding.function)}.{_plain_name(self.binding.function)}"
        self.short = options.name or _plain_name(self.binding.function).rpartition(".")[2]
        self._ground: Ground | None = None
        self._works: Works | None = None
        self._opened: dict[str, Any] = {}
        self._carrier: Callable[[], Any] | None = None
        latest[self.name] = self
        self._warn_lambda()

    def _warn_lambda(self) -> None:
        if self.options.name is None and getattr(self.binding.function, "__name__", "") == "<lambda>":
            notices.warn(
                f"all lambda functions of a module share the name {self.name!r}, so their results replace "
                'each other; tell them apart with make(func=..., name="...")'
            )

    @property
    def ground(self) -> Ground:
        """What calls stand on, in the project that the first one finds itself in."""
        if self._ground is None:
            if _only_asked:
                raise OnlyAsked(f"{self.short} was called")
            opened = self._survey()
            if not opened.is_settled:
                return opened  # and another time, perhaps, it can be
            # No lock: a forked child would inherit it, held by a thread that it does not have.
            self._ground = self._opened.setdefault("ground", opened)
        return self._ground

    @property
    def works(self) -> Works:
        """The working parts, opened by the first call that is not recalled."""
        if self._works is None:
            opened = self._on(ground := self.ground)
            if not ground.is_settled:
                return opened
            self._works = self._opened.setdefault("works", opened)
        return self._works

    def open(self) -> Works:
        """Open working parts, beside those that the function itself works with."""
        return self._on(self._survey())

    def _survey(self) -> Ground:
        return Ground(self, self._maker.bench(self.options.cachedir))

    def _on(self, ground: Ground) -> Works:
        # Not at import: a program whose results are all recalled need not pay for what finds, runs and keeps.
        from makeit.works import Works

        return Works(self, ground)

    @property
    def defined(self) -> str:
        """The file and line of the function, as far as known."""
        function = self.binding.function
        code = getattr(function, "__code__", None)
        if code is None:
            return self.name
        return readable(f"{source_file(code, getattr(function, '__globals__', {}))}:{code.co_firstlineno}")

    def reduce(self, made: object) -> Any:
        """Pickle by name where the made function can be found by it, else as function and options."""
        module, qualname = getattr(made, "__module__", None), getattr(made, "__qualname__", None)
        found: Any = sys.modules.get(module) if module else None
        for part in (qualname or "").split("."):
            found = getattr(found, part, None)
        if found is made:
            return (_carried, (self.carrier(made),)) if module == "__main__" else qualname
        return _rebuild, (self.function, self.options, self._maker)

    def carrier(self, made: Any) -> Callable[[], Any]:
        """Return a function that is pickled for a made one of a script or notebook.

        pickle names it, and a process spawned with the same script finds it. cloudpickle, of joblib and dask, whose
        workers have another `__main__`, takes a function of `__main__` along by value, and here calls it.
        """
        if self._carrier is None:
            function, options, maker = self.function, self.options, self._maker

            def carry() -> Any:
                return _rebuild(function, options, maker)

            carry.__module__, carry.__qualname__ = made.__module__, f"{made.__qualname__}._carrier"
            self._carrier = carry
        return self._carrier


def _carried(carry: Callable[[], Any]) -> Any:
    found: Any = sys.modules[carry.__module__]
    for part in carry.__qualname__.split(".")[:-1]:
        found = getattr(found, part, None)
    return found if getattr(found, "_carrier", None) is carry else carry()


def _rebuild(function: Callable[..., Any], options: Options, maker: Maker) -> Any:
    return maker.made(function, options)


def _plain_name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", None) or type(function).__qualname__
