"""Calls after a strike: each has to give what was asked for, with neither error nor warning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.nursery import project, say
from tests.faults.shapes import Shape
from tests.faults.values import numbers


def again(random: Random, shape: Shape, turn: int) -> list[int]:
    """Choose which calls follow: the same, the one before, the next, in any order; 0 is before the first turn."""
    near = [each for each in (turn - 1, turn, turn + 1) if each > 0]
    turns = random.sample(near, min(random.randint(1, 2), len(near)))
    # What a struck call left is removed by the next call for the same file.
    return [*turns, turn] if shape.apart and turn and turn not in turns else turns


def faults(shape: Shape, made: Callable[[int], Any], turns: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Ask for the results of some turns; yield those that are wrong or do not come."""
    for turn in turns:
        number = shape.number(turn)
        try:
            found = numbers(made(number))
        except Exception as error:  # any error or warning is one too many: nothing but a strike has happened
            yield "lost", f"({number}): {type(error).__name__}: {error}"
        else:
            if found != {number}:
                yield "wrong", f"({number}) is {found}"


def tell(shape: Shape, root: Path, turns: Sequence[int], pipe: int) -> None:
    """Ask for the results of some turns in a project that this process does not know yet, and tell of the faults."""
    for kind, example in faults(shape, shape.make(project(root)), turns):
        say(pipe, kind, f"{shape.name}{example}")
