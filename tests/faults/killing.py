"""Kill processes that save in a loop, look at what they left, and call again: the work of the suite `kills`."""

from __future__ import annotations

import itertools
import mmap
import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from attrs import define, field

from tests.faults import calls, remains
from tests.faults.catalogue import until_noticed
from tests.faults.moments import Moment, Watch
from tests.faults.nursery import fork, heard, project, serve
from tests.faults.shapes import Shape, chosen
from tests.faults.suite import Tally

_KILLS_OF_A_PROJECT = 20


class Turn:
    """The turn that a child is at, in memory that outlives it."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)

    def set(self, turn: int) -> None:
        """Note which turn begins; the one before is complete."""
        self._memory[:] = turn.to_bytes(8)

    def get(self) -> int:
        """Return the turn that was under way."""
        return int.from_bytes(self._memory[:])


@define(eq=False)
class Victim:
    """One shape in one project that is killed again and again."""

    shape: Shape
    root: Path
    #: The number that the last call to return was asked for.
    last: int | None = None
    next: int = 1
    turn: Turn = field(factory=Turn)

    def kill(self, moment: Moment) -> str | None:
        """Save in a child until the moment comes; return what it says if it ended by an error of its own."""
        self.turn.set(self.next)
        child = fork(lambda pipe: self._save(pipe, moment))
        child.first_word()
        if moment.seconds is not None:
            time.sleep(moment.seconds)
            os.kill(child.pid, signal.SIGKILL)
        words = child.last_words()
        return None if child.end() == -signal.SIGKILL else words[-800:]

    def _save(self, pipe: int, moment: Moment) -> None:
        made = self.shape.make(project(self.root))
        Watch(_die).set(moment)
        for turn in itertools.count(self.next):
            if moment.is_past(turn - self.next):
                _die()
            self.turn.set(turn)
            made(self.shape.number(turn))
            # The first turn reads code and plugins, which would take most of the time.
            os.write(pipe, b"." if turn == self.next else b"")

    def expected(self) -> set[float]:
        """Return the numbers that named files may hold: of the last complete turn, and of the one that was struck."""
        turn = self.turn.get()
        before = self.shape.number(turn - 1) if turn > self.next else self.last
        return {float(number) for number in (self.shape.number(turn), before) if number is not None}

    def call_again(self, turns: Sequence[int]) -> str:
        """Call in a process that knows nothing, and return the faults it tells of."""
        child = fork(lambda pipe: calls.tell(self.shape, self.root, turns, pipe))
        words = child.last_words()
        child.end()
        self.last, self.next = self.shape.number(turns[-1]), max(self.turn.get(), *turns) + 1
        return words


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill(count: int, folder: Path, names: Sequence[str]) -> Tally:
    """Kill `count` times, each shape in its turn."""
    random, tally = Random(), Tally()
    shapes = chosen(names)
    victims: dict[str, Victim] = {}
    for number in until_noticed(range(count), tally):
        shape = shapes[number % len(shapes)]
        victim = victims.setdefault(shape.name, Victim(shape, folder / f"{number}"))
        faults = tally.total
        strike(victim, random, tally)
        if tally.total > faults or number // len(shapes) % _KILLS_OF_A_PROJECT == _KILLS_OF_A_PROJECT - 1:
            shutil.rmtree(victims.pop(shape.name).root, ignore_errors=True)
    return tally


def strike(victim: Victim, random: Random, tally: Tally) -> None:
    """Kill once; inspect the files before anything runs again; call again; look for litter."""
    name, moment = victim.shape.name, Moment.draw(random)
    tally.tried += 1
    before = set(remains.named(victim.root))
    error = victim.kill(moment)
    if error is not None:
        tally.bad("lost", f"{name}, in the loop: {error}")
    for example in remains.torn(victim.root, victim.expected(), before):
        tally.bad("torn", f"{name}: {example}, after {moment}")
    turns = calls.again(random, victim.shape, victim.turn.get())
    for kind, example in heard(victim.call_again(turns)):
        tally.bad(kind, f"{example}, after {moment}, in the calls {turns}")
    for path in remains.litter(victim.root):
        tally.bad("litter", f"{name}: {path.relative_to(victim.root)}, after {moment} and the calls {turns}")


if __name__ == "__main__":
    serve(kill)
