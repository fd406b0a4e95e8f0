"""Traps of state: values that change, streams that are used up, results that a caller alters."""

from __future__ import annotations

import os
import random
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.traps.trial import Traps, Trial, quietly

trap = Traps()


def count_up(x: int) -> list[int]:
    print("ran")
    return list(range(x))


def ramp(x: int) -> np.ndarray:
    print("ran")
    return np.arange(float(x))


def total(x: Any) -> float:
    print("ran")
    return float(sum(x))


def both(x: list[int], y: list[int]) -> list[int]:
    print("ran")
    return [*x, 0, *y]


def prepend(x: list[int]) -> int:
    print("ran")
    x.insert(0, 7)
    return len(x)


def draw(stream: Any) -> float:
    print("ran")
    return float(stream.random())


def drain(items: Iterator[int]) -> list[int]:
    print("ran")
    return list(items)


class Locked:
    """What no cache can read: it holds a lock."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.lock = threading.Lock()


def unlocked(x: Locked) -> int:
    print("ran")
    return x.value


def read_lines(path: Path) -> list[str]:
    print("ran")
    return Path(path).read_text().splitlines()


@trap("C8", "an argument changed in place between calls")
def changed_between(t: Trial) -> None:
    f = t.cached(total)
    values = [1, 2]
    t.runs(f, values)
    values.append(3)
    t.runs(f, values)


@trap("C8", "an argument that the function changes: it happens again, or one is told")
def changed_by_function(t: Trial) -> None:
    f = t.cached(prepend)
    changed = [1]
    with warnings.catch_warnings(record=True) as told, t.refusals():
        warnings.simplefilter("always")
        t.compare(f, 2, (changed,))
        t.compare(f, 3, (changed,))
        again = [1]
        t.compare(f, 2, (again,))
        named = any("argument x" in str(warning.message) for warning in told)
        t.check(again == [7, 1] or named, f"the list stays {again}, and nothing is said")


@trap("B1", "a list changed by the caller after it was returned")
def list_result_changed(t: Trial) -> None:
    f, g = t.cached(count_up), t.cached(total)
    with t.refusals():
        values = quietly(f.kept, 3)[0]
        t.runs(g, values)
        values.append(10)
        t.runs(g, values)
    t.reuses(f, 3)


@trap("B1", "an array changed by the caller after it was returned, unless that is refused")
def array_result_changed(t: Trial) -> None:
    f, g = t.cached(ramp), t.cached(total)
    t.runs(f, 3)
    with t.refusals():
        for _ in range(2):
            values = quietly(f.kept, 3)[0]
            t.runs(g, values)
            with t.refusals(right=True):
                values *= 2
            t.runs(g, values)
    with t.refusals():
        t.check(float(quietly(f.kept, 3)[0].sum()) == 3, "the kept result changed")


@trap("B3", "two results passed in turn, in either order")
def turns(t: Trial) -> None:
    f, g, k = t.cached(count_up), t.cached(total), t.cached(both)
    with t.refusals():
        a, c = quietly(f.kept, 3)[0], quietly(f.kept, 4)[0]
        for values in (a, c, a):
            t.runs(g, values)
        t.runs(k, a, c)
        t.runs(k, c, a)
        t.reuses(g, c)


@trap("C11", "a random generator of numpy that is drawn from again, then a second pass")
def numpy_stream(t: Trial) -> None:
    stream(t, np.random.default_rng)


@trap("C11", "the same with `random.Random`")
def python_stream(t: Trial) -> None:
    stream(t, random.Random)


def stream(t: Trial, start: Any) -> None:
    """Draw thrice by the tool and without, twice over."""
    f = t.cached(draw)
    right = start(1)
    expected = [float(right.random()) for _ in range(4)]
    with t.refusals():
        for may_run in (True, False):
            numbers = start(1)
            for value in expected[:3]:
                t.compare(f, value, (numbers,), may_run=may_run)
            t.check(float(numbers.random()) == expected[3], "the stream stands elsewhere after the calls")


@trap("C9", "a generator, unless that is refused")
def generators(t: Trial) -> None:
    f = t.cached(drain)
    for numbers in ([1, 2], [3, 4], [3, 4]):
        with t.refusals(right=True):
            t.compare(f, numbers, (iter(numbers),))
    for numbers in ([1, 2], [3, 4]):
        with t.refusals(right=True):
            t.compare(f, numbers, ((number for number in numbers),))


@trap("C7", "an argument that cannot be read: it runs")
def unreadable(t: Trial) -> None:
    f = t.cached(unlocked)
    for value in (1, 2):
        with t.refusals():
            t.compare(f, value, (Locked(value),))


@trap("C10", "a file rewritten behind its Path")
def rewritten(t: Trial) -> None:
    f = t.cached(read_lines)
    file = t.folder / "input.txt"
    for text in ("one\n", "one\ntwo\n", "two\ntwo\n"):
        file.write_text(text)
        t.runs(f, file)


@trap("C10", "a file touched, or written anew with the same content", processes=2)
def touched(t: Trial) -> None:
    f = t.cached(read_lines)
    file = t.folder / "input.txt"
    file.write_text("one\n")
    (t.runs if t.first else t.reuses)(f, file)


@trap("C10", "a file of another content under the old name, size and time")
def same_stamp(t: Trial) -> None:
    f = t.cached(read_lines)
    file = t.folder / "input.txt"
    for text in ("one\n", "two\n"):
        file.write_text(text)
        os.utime(file, (1_000_000_000, 1_000_000_000))
        t.runs(f, file)
