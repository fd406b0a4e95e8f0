"""Traps of arguments: what is equal, and what is not."""

from __future__ import annotations

import datetime
import decimal
import enum
from typing import Any

import numpy as np
from attrs import frozen

from benchmarks.traps.trial import Traps, Trial

trap = Traps()


def add(x: int, y: int = 2) -> int:
    print("ran")
    return x + y


def name_type(x: Any) -> str:
    print("ran")
    return f"{type(x).__name__} {x!r}"


def name_types(x: Any) -> list[str]:
    print("ran")
    return [type(item).__name__ for item in x]


def describe(x: Any) -> str:
    print("ran")
    return f"{x.dtype.str} {x.shape} {x.tolist()}"


def length(x: Any) -> int:
    print("ran")
    return len(x)


def total(x: Any) -> float:
    print("ran")
    return float(np.sum(x))


def as_text(x: Any) -> str:
    print("ran")
    return str(x)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@frozen
class Scan:
    subject: str
    day: datetime.date
    dose: decimal.Decimal
    colour: Colour


@trap("C1", "one call spelled in four ways")
def spellings(t: Trial) -> None:
    f = t.cached(add)
    t.runs(f, 1)
    t.reuses(f, 1, 2)
    t.reuses(f, x=1)
    t.reuses(f, y=2, x=1)


@trap("C2", '`1`, `True`, `1.0`, `"1"`, `b"1"`')
def types(t: Trial) -> None:
    f = t.cached(name_type)
    for value in (1, True, 1.0, "1", b"1", np.int64(1), np.float32(1)):
        t.runs(f, value)


@trap("C2", "`[1, 2]` and `(1, 2)`; `[1]` and `[True]`")
def types_inside(t: Trial) -> None:
    f, g = t.cached(name_type), t.cached(name_types)
    for value in ([1, 2], (1, 2), {1: 2}):
        t.runs(f, value)
    for value in ([1], [True], [1.0]):
        t.runs(g, value)


@trap("C3", "arrays of equal bytes: int8 and bool, both byte orders")
def dtypes(t: Trial) -> None:
    f = t.cached(describe)
    ones = np.ones(3, "i1")
    for value in (ones, ones.view(bool), ones.view("u1"), np.arange(3, dtype="<i4"), np.arange(3, dtype=">i4")):
        t.runs(f, value)


@trap("C3", "zeros of shape (2, 3), (3, 2) and (6,)")
def shapes(t: Trial) -> None:
    f = t.cached(describe)
    for shape in ((2, 3), (3, 2), (6,)):
        t.runs(f, np.zeros(shape))


@trap("C3", "two views of one base")
def views(t: Trial) -> None:
    f = t.cached(describe)
    base = np.arange(6.0).reshape(2, 3)
    t.runs(f, base[0])
    t.runs(f, base[1])
    t.runs(f, base[:, 0])
    t.runs(f, base[:, 1])


@trap("C3", "an equal array in Fortran order, or as a view")
def memory_order(t: Trial) -> None:
    f = t.cached(total)
    base = np.arange(24.0).reshape(2, 3, 4)
    t.runs(f, base[0].copy())
    t.reuses(f, np.asfortranarray(base[0]))
    t.reuses(f, base[0])


@trap("C3", "one value changed in the middle of an array")
def one_voxel(t: Trial) -> None:
    f = t.cached(total)
    values = np.zeros(300_000)
    t.runs(f, values)
    values[150_000] = 1
    t.runs(f, values)


@trap("C4", "masked arrays with another mask")
def masks(t: Trial) -> None:
    f = t.cached(total)
    for mask in ([0, 0, 1], [0, 1, 0], [0, 0, 0]):
        t.runs(f, np.ma.MaskedArray([1.0, 2.0, 4.0], mask))


@trap("C4", "structured, string and object arrays", processes=2)
def structured(t: Trial) -> None:
    f = t.cached(as_text)
    expect = t.runs if t.first else t.reuses
    expect(f, np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]))
    t.runs(f, np.array([(1, 2.0)], dtype=[("c", "i4"), ("b", "f8")]))
    expect(f, np.array(["".join(["a", "b"]), {"k": [1]}, None], dtype=object))
    expect(f, np.array(["ab", "cd"]))


@trap("C4", "nan equals nan; 0.0 and -0.0 differ")
def odd_floats(t: Trial) -> None:
    f = t.cached(as_text)
    t.runs(f, float("nan"))
    t.reuses(f, float("nan"))
    t.runs(f, 0.0)
    t.runs(f, -0.0)


@trap("C5", "a dict in another order")
def dict_order(t: Trial) -> None:
    f = t.cached(length)
    t.runs(f, {"a": 1, "b": 2})
    t.reuses(f, {"b": 2, "a": 1})


@trap("C5", "a set of strings in another process", processes=2)
def set_order(t: Trial) -> None:
    f = t.cached(length)
    words = {"".join(["w", str(index)]) for index in range(20)}
    (t.runs if t.first else t.reuses)(f, words)
    (t.runs if t.first else t.reuses)(f, frozenset(sorted(words, reverse=not t.first)))


@trap("C5", "a string that a list holds twice, shared or not")
def shared_strings(t: Trial) -> None:
    f = t.cached(length)
    word, equal = ("".join(["some", " ", "word"]) for _ in range(2))
    t.runs(f, [word, word])
    t.reuses(f, [word, equal])


@trap("C6", "attrs class, enum, date, Decimal in another process", processes=2)
def records(t: Trial) -> None:
    f = t.cached(as_text)
    day = datetime.date(2020, 1, 2)
    (t.runs if t.first else t.reuses)(f, Scan("s1", day, decimal.Decimal("1.50"), Colour.RED))
    t.runs(f, Scan("s1", day, decimal.Decimal("1.5"), Colour.RED))
    t.runs(f, Scan("s1", day, decimal.Decimal("1.50"), Colour.BLUE))


@trap("C13", "a new object at the address of a dead one")
def reused_ids(t: Trial) -> None:
    f = t.cached(total)
    for number in range(30):
        t.runs(f, np.full(4, number))


@trap("A12", "a function that returns None")
def nothing(t: Trial) -> None:
    f = t.cached(silent)
    t.runs(f, 1)
    t.reuses(f, 1)


@trap("B2", "the types inside a result, at the first call and later", processes=2)
def result_types(t: Trial) -> None:
    f = t.cached(mixture)
    (t.runs if t.first else t.reuses)(f, 1)
    t.reuses(f, 1)


def silent(x: int) -> None:
    print("ran")


def mixture(x: int) -> list[Any]:
    print("ran")
    return [(x, True), np.float32(x), np.array(x), np.array([True]), {3: b"4"}, float("nan")]
