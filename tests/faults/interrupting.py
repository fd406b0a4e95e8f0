"""Interrupt processes that save in a loop and then go on: the work of the suite `interrupts`."""

from __future__ import annotations

import os
import shutil
import signal
import time
from abc import ABCMeta
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from attrs import define, field

from tests.faults import calls, remains
from tests.faults.catalogue import until_noticed
from tests.faults.moments import Moment, Watch
from tests.faults.nursery import fork, heard, project, say, serve
from tests.faults.shapes import Shape, chosen
from tests.faults.suite import Tally

_INTERRUPTS_OF_A_PROCESS = 8
# An operation is interrupted while it lasts, or soon after.
_LATEST_S = 0.0003
# An exception in a finalizer goes nowhere, and an operation may never come: then the loop ends by itself.
_PATIENCE_S = 5.0
_READY, _DONE = "ready\n", "done\n"
_ASKS = ABCMeta.__instancecheck__.__code__


@define(eq=False)
class Persistent:
    """A process that saves, is interrupted, calls again, and saves on."""

    shape: Shape
    root: Path
    random: Random
    pipe: int
    go: int
    turn: int = 0
    #: The number that the last call to return was asked for.
    last: int | None = None
    made: Callable[[int], Any] = field(init=False)
    watch: Watch = field(init=False)

    def live(self, moments: Sequence[Moment]) -> None:
        """Be interrupted at each of the moments, and tell of the faults."""
        signal.signal(signal.SIGALRM, lambda number, frame: signal.raise_signal(signal.SIGINT))
        self.made = self.shape.make(project(self.root))
        self.watch = Watch(self._soon)
        for moment in moments:
            before = set(remains.named(self.root))
            for kind, example in (*self._saved(moment), *self._looked(before), *self._called()):
                say(self.pipe, kind, f"{self.shape.name}: {example}, after {moment}")
            os.write(self.pipe, _DONE.encode())
            os.read(self.go, 1)

    def _soon(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self.random.uniform(0.000001, _LATEST_S))

    def _saved(self, moment: Moment) -> Iterator[tuple[str, str]]:
        end = time.monotonic() + _PATIENCE_S
        try:
            signal.signal(signal.SIGINT, _interrupt)
            os.write(self.pipe, _READY.encode())
            self.watch.set(moment)
            while time.monotonic() < end:
                self.turn += 1
                self.made(self.shape.number(self.turn))
                self.last = self.shape.number(self.turn)
        except KeyboardInterrupt:
            pass
        except Exception as error:  # nothing but an interrupt is to come out of a call
            yield "lost", f"in the loop: {type(error).__name__}: {error}"
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            self.watch.set(None)

    def _looked(self, before: set[Path]) -> Iterator[tuple[str, str]]:
        expected = {float(number) for number in (self.last, self.shape.number(self.turn)) if number is not None}
        for example in remains.torn(self.root, expected, before):
            yield "torn", example

    def _called(self) -> Iterator[tuple[str, str]]:
        turns = calls.again(self.random, self.shape, self.turn)
        yield from calls.faults(self.shape, self.made, turns)
        self.last, self.turn = self.shape.number(turns[-1]), max(self.turn, *turns)
        for path in remains.litter(self.root):
            yield "litter", f"{path.relative_to(self.root)}, after the calls {turns}"


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt; a moment later where a class is asked for its instances.

    NumPy asks `os.PathLike` so of each file, takes an exception for a yes, and raises a TypeError in its place.
    """
    while frame:
        if frame.f_code is _ASKS:
            signal.setitimer(signal.ITIMER_REAL, _LATEST_S)
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def interrupt(count: int, folder: Path, names: Sequence[str]) -> Tally:
    """Interrupt `count` times, each shape in its turn."""
    random, tally = Random(), Tally()
    shapes = list(chosen(names))
    random.shuffle(shapes)
    for done in until_noticed(range(0, count, _INTERRUPTS_OF_A_PROCESS), tally):
        shape = shapes[done // _INTERRUPTS_OF_A_PROCESS % len(shapes)]
        root = folder / f"{done}"
        some = min(_INTERRUPTS_OF_A_PROCESS, count - done)
        strike(shape, root, [Moment.draw(random) for _ in range(some)], tally)
        shutil.rmtree(root, ignore_errors=True)
    return tally


def strike(shape: Shape, root: Path, moments: Sequence[Moment], tally: Tally) -> None:
    """Interrupt one process at each of the moments; look at what it leaves, and call again in another one."""
    tally.tried += len(moments)
    reading, writing = os.pipe()
    child = fork(lambda pipe: Persistent(shape, root, Random(), pipe, reading).live(moments))
    os.close(reading)
    with os.fdopen(child.pipe, encoding="utf-8") as words, os.fdopen(writing, "wb", buffering=0) as go:
        before: set[Path] = set()
        for moment in moments:
            if words.readline() == _READY and moment.seconds is not None:
                time.sleep(moment.seconds)
                os.kill(child.pid, signal.SIGINT)
            for kind, example in heard("".join(_until_done(words))):
                tally.bad(kind, example)
            # One that an interrupt left in a cycle of references goes with the next publication, at the latest.
            locked = set(remains.locked(root))
            for path in locked & before:
                tally.bad("litter", f"{shape.name}: {path.name} is still locked, after {moment} and the one before")
            before = locked
            with suppress(BrokenPipeError):  # its last words said why it died
                go.write(b".")
    if child.end():
        tally.bad("error", f"{shape.name}: the process died")
    after = fork(lambda pipe: calls.tell(shape, root, range(1, 4), pipe))
    for kind, example in heard(after.last_words()):
        tally.bad(kind, f"{example}, after the end of the process")
    after.end()
    for path in remains.litter(root):
        tally.bad("litter", f"{shape.name}: {path.relative_to(root)}, after the end of the process and other calls")


def _until_done(words: Iterable[str]) -> Iterator[str]:
    for line in words:
        if line == _DONE:
            return
        yield line


if __name__ == "__main__":
    serve(interrupt)
