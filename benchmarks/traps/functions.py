"""Traps of functions that share a name, a line, or have no file."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from benchmarks.traps.trial import Traps, Trial, quietly

trap = Traps()


def adder(number: Any) -> Callable[[int], int]:
    """Return a closure."""

    def plus(x: int) -> int:
        print("ran")
        return x + number

    return plus


def scale(x: int, factor: int) -> int:
    print("ran")
    return factor * x


class Scaled:
    """Something callable, with a method."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __call__(self, x: int) -> int:
        print("ran")
        return self.factor * x

    def apply(self, x: int) -> int:
        print("ran")
        return self.factor + x


@trap("D5", "two closures of one function")
def closures(t: Trial) -> None:
    for number in (1, 2, 1):
        t.runs(t.cached(adder(number)), 1)


@trap("D5", "two lambdas on one line")
def lambdas(t: Trial) -> None:
    one, two = (lambda x: (print("ran"), x + 1)[1]), (lambda x: (print("ran"), x + 2)[1])
    t.runs(t.cached(one), 1)
    t.runs(t.cached(two), 1)


@trap("D4", "a list in a closure that grows")
def closed_over_list(t: Trial) -> None:
    numbers = [1, 2]

    def summed(x: int) -> int:
        print("ran")
        return x + sum(numbers)

    f = t.cached(summed)
    t.runs(f, 1)
    numbers.append(3)
    t.runs(f, 1)


@trap("B4", "two partials of one function")
def partials(t: Trial) -> None:
    for factor in (2, 3):
        with t.refusals():
            t.runs(t.cached(functools.partial(scale, factor=factor)), 1)


@trap("B4", "the method of two objects")
def methods(t: Trial) -> None:
    for factor in (2, 3):
        with t.refusals():
            t.runs(t.cached(Scaled(factor).apply), 1)


@trap("B4", "two callable objects of one class")
def callables(t: Trial) -> None:
    for factor in (2, 3):
        with t.refusals():
            t.runs(t.cached(Scaled(factor)), 1)


@trap("D8", "a function without a file, defined again")
def without_source(t: Trial) -> None:
    for number in (1, 2):
        namespace: dict[str, Any] = {"__name__": "typed_in"}
        exec(f"def f(x):\n    print('ran')\n    return x + {number}\n", namespace)
        with t.refusals():
            t.runs(t.cached(namespace["f"]), 1)


@trap("D9", "a helper that is replaced in the running process")
def replaced(t: Trial) -> None:
    text = "def helper(x):\n    return x\n\n\ndef root(x):\n    print('ran')\n    return helper(x)\n"
    module = t.package("replaced", {"steps": text})
    f = t.cached(module.root)
    t.runs(f, 1)
    module.helper = lambda x: x + 100
    t.runs(f, 1)


@trap("E11", "an exception, and the call after it")
def exceptions(t: Trial) -> None:
    flag = t.folder / "flag"

    def fragile(x: int) -> int:
        print("ran")
        if not flag.exists():
            raise OSError("not there yet")
        return x

    f = t.cached(fragile)
    try:
        quietly(f.kept, 1)
    except OSError:
        pass
    else:
        t.check(False, "the exception is lost")
    flag.touch()
    t.runs(f, 1)


@trap("E12", "a made function that calls itself")
def recursion(t: Trial) -> None:
    text = "def root(n):\n    print('ran')\n    return n if n < 2 else root(n - 1) + root(n - 2)\n"
    module = t.package("recursive", {"steps": text})
    plain = module.root
    f = t.cached(plain)
    module.root = f.kept
    with t.refusals():
        t.compare(f, 55, (10,))
        t.compare(f, 55, (10,), may_run=False)
