"""A made function, and the path of one call: bind, fingerprint, decide, then reuse or run and keep."""

from __future__ import annotations

import functools
import time
import types
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, ParamSpec, TypeVar, cast

from attrs import evolve

from makeit.amending import Amending
from makeit.deciding import Found
from makeit.errors import PluginError
from makeit.model import Call, Decision, Outcome, Reason, Record, Returned
from makeit.options import Force
from makeit.recipe import Recipe
from makeit.results import Results, Stored

P = ParamSpec("P")
R = TypeVar("R")

_running: ContextVar[str | None] = ContextVar("makeit_running", default=None)
# A result can be replaced while it is being loaded; who loses this often runs the function instead.
_ATTEMPTS = 5
_MISS = object()


class MadeFunction(Generic[P, R]):
    """A function whose result is kept in its output, and that runs only when its code or inputs changed."""

    __wrapped__: Callable[P, R]

    def __init__(self, function: Callable[P, R], recipe: Recipe) -> None:
        functools.update_wrapper(self, function)
        self.__wrapped__ = function
        self._recipe = recipe
        self._first: tuple[Any, ...] = ()
        self._unbound: MadeFunction[..., R] = self

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Give the stored result where it is still right, else run the function and keep what it returns."""
        return self._call(args, kwargs, self._recipe.options.force)

    def rerun(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function whatever is stored, and keep the result."""
        return self._call(args, kwargs, "rerun")

    def why(self, *args: P.args, **kwargs: P.kwargs) -> Decision:
        """Decide about a call as a real one would, without running or changing anything."""
        return self._recipe.look(self._bound(args, kwargs), self._recipe.options.force).decision

    def record(self, *args: P.args, **kwargs: P.kwargs) -> Record | None:
        """Return the record of the last run that this call would be compared with, or None."""
        call = self._bound(args, kwargs)
        stored = self._results.find(call)
        return stored.record if isinstance(stored, Stored) else None

    def forget(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Remove the record of a call and its result inside the cachedir; a named file stays.

        Returns whether there was anything to forget.
        """
        return self._amending.forget(self._bound(args, kwargs))

    def accept(self, *args: P.args, **kwargs: P.kwargs) -> Decision:
        """Bless the present code for the stored result of a call; only changes of code can be accepted."""
        return self._amending.accept(self._bound(args, kwargs))

    def adopt(self, *args: P.args, **kwargs: P.kwargs) -> Decision:
        """Take the files at the named outputs for the result of a call, without running it."""
        return self._amending.adopt(self._bound(args, kwargs))

    def undo(self, *args: P.args, **kwargs: P.kwargs) -> Decision:
        """Take the last `accept` or `adopt` of a call back."""
        return self._amending.undo(self._bound(args, kwargs))

    # The path of one call, top to bottom.

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any], force: Force) -> R:
        started = time.time(), time.perf_counter()
        call = self._bound(args, kwargs)
        found, value = self._reused(call, force, started)
        if found.decision.reuse:
            return cast(R, value)
        with self._run(found, started) as finish:
            return cast(R, finish(self._execute(call).value))

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        return self._recipe.call(self._first + args, kwargs, _running.get())

    def _reused(self, call: Call, force: Force, started: tuple[float, float]) -> tuple[Found, Any]:
        restored = None
        for _ in range(_ATTEMPTS):
            found = self._recipe.look(call, force)
            decision = restored or found.decision
            if not found.decision.reuse:
                break
            value = self._load(found)
            if value is not _MISS:
                seconds = time.perf_counter() - started[1]
                record = found.stored.record if found.stored else None
                self._recipe.started(call, decision)
                self._recipe.finished(call, Outcome(True, seconds, decision, record))
                return found, value
            restored = found.decision if found.earlier else None
        else:
            reason = Reason("missing", "the stored result kept changing while it was read")
            found = evolve(found, decision=Decision(False, (reason,), call.label), adopts=False)
        self._recipe.started(call, found.decision)
        return found, None

    def _load(self, found: Found) -> Any:
        if found.adopts:
            return self._amending.take(found.call, found.claims)
        if found.earlier is not None:
            self._results.restore(found.call, found.earlier, found.claims)
            return _MISS  # in place now; the next look finds it there
        assert found.stored is not None
        loaded = self._results.load(found.call, found.stored)
        return _MISS if loaded is None else loaded.value

    @contextmanager
    def _run(self, found: Found, started: tuple[float, float]) -> Iterator[Callable[[Any], Any]]:
        """Check what must be right before a run; yield what keeps the value and gives it back."""
        call = found.call
        claims = self._results.check(call, found.claims)
        before = _running.set(call.id)

        def finish(value: Any) -> Any:
            seconds = time.perf_counter() - started[1]
            value, record = self._recipe.keeping.keep(self._recipe.recheck(call), value, claims, started[0], seconds)
            self._recipe.finished(call, Outcome(False, seconds, found.decision, record))
            return value

        try:
            yield finish
        except BaseException as error:
            seconds = time.perf_counter() - started[1]
            self._recipe.finished(call, Outcome(False, seconds, found.decision, None, error))
            raise
        finally:
            _running.reset(before)

    def _execute(self, call: Call) -> Returned:
        returned = self._recipe.bench.plugins.execute(call=call)
        if not isinstance(returned, Returned):
            raise PluginError(
                f"makeit_execute gave {returned!r} for {call.label}; a plugin returns makeit.model.Returned(value)",
                name="makeit_execute",
            )
        return returned

    @property
    def _amending(self) -> Amending:
        self._recipe.bench  # noqa: B018 - the first use opens the project
        return self._recipe.amending

    @property
    def _results(self) -> Results:
        self._recipe.bench  # noqa: B018 - the first use opens the project
        return self._recipe.results

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

    def __repr__(self) -> str:
        return f"<made function {self._recipe.name}>"


def _bind(made: MadeFunction[..., R], instance: Any) -> MadeFunction[..., R]:
    bound: MadeFunction[..., R] = made.__get__(instance)
    return bound


class AsyncMadeFunction(MadeFunction[P, R]):
    """A made function of an `async def` function; the call is a coroutine of the same path."""

    async def _call_async(self, args: tuple[Any, ...], kwargs: dict[str, Any], force: Force) -> Any:
        started = time.time(), time.perf_counter()
        call = self._bound(args, kwargs)
        found, value = self._reused(call, force, started)
        if found.decision.reuse:
            return value
        with self._run(found, started) as finish:
            return finish(await cast(Awaitable[Any], self._execute(call).value))

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any], force: Force) -> Any:
        return self._call_async(args, kwargs, force)
