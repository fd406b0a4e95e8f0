"""What a made function is besides a call: a function object among others, and what it answers and is told."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, ParamSpec, cast

from makeit.recipe import Recipe

if TYPE_CHECKING:
    from makeit.model import Call, Decision, Record
    from makeit.works import Works

P = ParamSpec("P")


class Running(NamedTuple):
    """A call that is running, by its id and in words; none of what it holds, which a task may outlive."""

    id: str | None = None
    label: str = ""


#: The call that is running, so that calls inside it know their parent.
running: ContextVar[Running] = ContextVar("makeit_running", default=Running())  # noqa: B039


class Handle(Generic[P]):
    """A made function's questions and commands; each takes the arguments of the call that it is about."""

    def __init__(self, function: Callable[P, Any], recipe: Recipe) -> None:
        functools.update_wrapper(cast(Any, self), function)
        self.__wrapped__ = function
        self._recipe = recipe
        self._first: tuple[Any, ...] = ()
        self._unbound: Handle[...] = self

    def why(self, *args: P.args, **kwargs: P.kwargs) -> Decision:
        """Decide about a call as a real one would, without running or changing anything."""
        return self._works.look(self._bound(args, kwargs), self._recipe.options.force).decision

    def record(self, *args: P.args, **kwargs: P.kwargs) -> Record | None:
        """Return the record of the last run that this call would be compared with, or None."""
        return self._works.results.record(self._bound(args, kwargs))

    def forget(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Remove the record of a call and its result inside the cachedir; a named file stays.

        Returns whether there was anything to forget.
        """
        return self._works.amending.forget(self._bound(args, kwargs))

    def accept(self, *args: P.args, **kwargs: P.kwargs) -> Decision:
        """Bless the present code for the stored result of a call; only changes of code can be accepted."""
        return self._amended(self._works.amending.accept, args, kwargs)

    def adopt(self, *args: P.args, **kwargs: P.kwargs) -> Decision:
        """Take the files at the named outputs for the result of a call, without running it."""
        return self._amended(self._works.amending.adopt, args, kwargs)

    def undo(self, *args: P.args, **kwargs: P.kwargs) -> Decision:
        """Take the last `accept` or `adopt` of a call back."""
        return self._amended(self._works.amending.undo, args, kwargs)

    def _amended(self, amend: Callable[[Call], Decision], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Decision:
        call = self._bound(args, kwargs)
        decision = amend(call)
        self._works.amended(call)
        return decision

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        return self._works.call(self._first + args, kwargs, running.get())

    @property
    def _works(self) -> Works:
        return self._recipe.works

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind to an instance, as functions in a class do."""
        if instance is None:
            return self
        bound = object.__new__(type(self))
        vars(bound).update(vars(self), __wrapped__=types.MethodType(self.__wrapped__, instance))
        bound._first, bound._unbound = (*self._first, instance), self
        return bound

    def __reduce__(self) -> Any:
        if self._first:
            return _bind, (self._unbound, self._first[-1])
        return self._recipe.reduce(self)

    @property
    def _carrier(self) -> Callable[[], Any]:
        return self._recipe.carrier(self)

    def __repr__(self) -> str:
        return f"<made function {self._recipe.name}>"


def _bind(made: Handle[...], instance: Any) -> Handle[...]:
    bound: Handle[...] = made.__get__(instance)
    return bound
