"""Try again what failed: `Maker(plugins=[Retry(times=3)])`, or the entry point `patient = "retry:patient"`."""

import asyncio
import time
from collections.abc import Awaitable, Generator

from makeit import hookimpl
from makeit.model import Call, Returned


class Retry:
    """Run a function, `async def` or not, up to so many `times` more after an error `on` which to try again."""

    def __init__(self, times: int = 3, seconds: float = 1.0, on: type[Exception] = OSError) -> None:
        self.times, self.seconds, self.on = times, seconds, on

    @hookimpl(wrapper=True)
    def makeit_execute(self, call: Call) -> Generator[None, Returned, Returned]:
        # The first attempt goes its way through other plugins, if there are any.
        for failed in range(self.times + 1):
            try:
                got = Returned(call.function(*call.args, **call.kwargs)) if failed else (yield)
                return Returned(self._awaited(call, got.value)) if isinstance(got.value, Awaitable) else got
            except self.on:
                if failed == self.times:
                    raise
                time.sleep(self.seconds)

    async def _awaited(self, call: Call, attempt: Awaitable[object]) -> object:
        for _ in range(self.times):
            try:
                return await attempt
            except self.on:
                await asyncio.sleep(self.seconds)
                attempt = call.function(*call.args, **call.kwargs)
        return await attempt


patient = Retry()
