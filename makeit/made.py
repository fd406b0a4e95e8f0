"""A made function, and the path of one call: bind, fingerprint, decide, then reuse or run and keep."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from makeit.errors import PluginError
from makeit.handle import Handle, Running, running
from makeit.identity.files import StartingHere
from makeit.identity.unknown import UNKNOWN
from makeit.options import Force

if TYPE_CHECKING:
    from makeit.deciding import Found
    from makeit.model import Call, Returned

P = ParamSpec("P")
R = TypeVar("R")

# A result can be replaced while it is being loaded; who loses this often runs the function instead.
_ATTEMPTS = 5


class MadeFunction(Handle[P], Generic[P, R]):
    """A function whose result is kept in its output, and that runs only when its code or inputs changed."""

    __wrapped__: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Give the stored result where it is still right, else run the function and keep what it returns."""
        return self._call(args, kwargs, self._recipe.options.force)

    def rerun(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function whatever is stored, and keep the result."""
        return self._call(args, kwargs, "rerun")

    # The path of one call, top to bottom. What a recalled result does without is imported further down: makeit.model,
    # and with it attrs, where a call is looked up.

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any], force: Force) -> R:
        if (value := self._recalled(args, kwargs, force)) is not UNKNOWN:
            return cast(R, value)
        started = time.time(), time.perf_counter()
        call = self._bound(args, kwargs)
        found, value = self._reused(call, force, started)
        if found.decision.reuse:
            return cast(R, value)
        with self._works.turn(call) as turn:
            for seconds in turn.pauses():
                time.sleep(seconds)
            if turn.wanted:
                found, value = self._reused(call, force, started)
                if found.decision.reuse:
                    return cast(R, value)
            with self._run(found, started) as finish:
                return cast(R, finish(self._execute(call).value))

    def _recalled(self, args: tuple[Any, ...], kwargs: dict[str, Any], force: Force) -> Any:
        """Give the result that an equal call was given before in this process, where a look at its files says so."""
        return UNKNOWN if force else self._recipe.ground.recollection.recall(self._first + args, kwargs)

    def _reused(self, call: Call, force: Force, started: tuple[float, float]) -> tuple[Found, Any]:
        from makeit.model import Outcome

        works, restored = self._works, None
        for _ in range(_ATTEMPTS):
            found = works.look(call, force)
            decision = restored or found.decision
            if not found.decision.reuse:
                break
            value = self._load(found)
            if value is not UNKNOWN:
                seconds = time.perf_counter() - started[1]
                record = found.stored.record if found.stored else None
                if record is not None and not works.aftermath.resume(call, record):
                    found = found.refused("record", "its record holds no state of the random streams it was given")
                    break
                works.published(call, works.results.record(call) if found.adopts else record, value)
                works.started(call, decision)
                works.finished(call, Outcome(True, seconds, decision, record))
                works.noted(found, started[0])
                return found, value
            restored = found.decision if found.earlier else None
        else:
            found = found.refused("missing", "the stored result kept changing while it was read")
        return found, None

    def _load(self, found: Found) -> Any:
        if found.adopts:
            return self._works.amending.take(found.call, found.claims)
        if found.earlier is not None:
            self._works.results.restore(found.call, found.earlier, found.claims)
            return UNKNOWN  # in place now; the next look finds it there
        assert found.stored is not None
        loaded = self._works.results.load(found.call, found.stored)
        return UNKNOWN if loaded is None else loaded.value

    @contextmanager
    def _run(self, found: Found, started: tuple[float, float]) -> Iterator[Callable[[Any], Any]]:
        """Check what must be right before a run; yield what keeps the value and gives it back."""
        from makeit.model import Outcome, Run

        works = self._works
        call, keeping = works.informed(found.call), works.keeping
        claims = works.claiming.check(call, found.claims)
        works.started(call, found.decision)
        before = running.set(Running(call.id, call.label))
        streams, here = works.aftermath.before(call), StartingHere()

        def finish(value: Any) -> Any:
            seconds = time.perf_counter() - started[1]
            with here:
                done = works.aftermath.of(call, streams)
                value, record = keeping.keep(done, value, claims, Run(started[0], seconds, found.decision))
            works.noted_run(done, record, value)
            works.published(call, record, value)
            works.finished(call, Outcome(False, seconds, found.decision, record))
            works.aftermath.warn_left(here)
            return value

        try:
            yield finish
        except BaseException as error:
            seconds = time.perf_counter() - started[1]
            works.finished(call, Outcome(False, seconds, found.decision, None, error))
            raise
        finally:
            # A coroutine may be closed in another context than the one that it ran in, which is gone then.
            with suppress(ValueError):
                running.reset(before)

    def _execute(self, call: Call) -> Returned:
        from makeit.model import Returned

        returned = self._works.bench.plugins.execute(call=call)
        if not isinstance(returned, Returned):
            raise PluginError(
                f"makeit_execute gave {returned!r} for {call.label}; a plugin returns makeit.model.Returned(value)",
                name="makeit_execute",
            )
        return returned


class AsyncMadeFunction(MadeFunction[P, R]):
    """A made function of an `async def` function; the call is a coroutine of the same path."""

    async def _call_async(self, args: tuple[Any, ...], kwargs: dict[str, Any], force: Force) -> Any:
        import asyncio  # loaded already where a coroutine runs, and heavy elsewhere

        if (value := self._recalled(args, kwargs, force)) is not UNKNOWN:
            return value
        started = time.time(), time.perf_counter()
        call = self._bound(args, kwargs)
        found, value = self._reused(call, force, started)
        if found.decision.reuse:
            return value
        with self._works.turn(call) as turn:
            for seconds in turn.pauses():
                await asyncio.sleep(seconds)
            if turn.wanted:
                found, value = self._reused(call, force, started)
                if found.decision.reuse:
                    return value
            with self._run(found, started) as finish:
                return finish(await cast(Awaitable[Any], self._execute(call).value))

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any], force: Force) -> Any:
        return self._call_async(args, kwargs, force)
