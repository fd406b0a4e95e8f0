"""Values of every kind for the tests of fingerprints, importable by the same name in every process."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import importlib.util
import pickle
import sys
import uuid
from collections import OrderedDict, deque
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from makeit import make

HAS_NUMPY = importlib.util.find_spec("makeit_numpy") is not None
if HAS_NUMPY:
    import numpy as np


class Colour(enum.Enum):
    RED = 1
    BLUE = "1"


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Point:
    x: Any
    y: Any = None


@attrs.define
class Pair:
    x: Any
    y: Any = None


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x: Any, y: Any = None) -> None:
        self.x, self.y = x, y


class Plain:
    def __init__(self, x: Any, y: Any = None) -> None:
        self.x, self.y = x, y


class Named(NamedTuple):
    x: Any
    y: Any = None


OBJECTS: tuple[type, ...] = (Point, Pair, Slotted, Plain, Named)
#: Leaves that are easily taken for one another.
LEAVES: list[Any] = [
    None, False, True, 0, 1, -1, 0.0, -0.0, 1.0, float("nan"), float("inf"), 0j, 1 + 0j, -0j, 2**31, 2**63, -(2**70),
    "", "0", "1", "a", "ä", "\ud800", "none", "None", b"", b"0", b"1", b"a", bytearray(b"a"), bytearray(),
    (), range(1), range(2), slice(1), slice(0, 1), ..., NotImplemented, Colour.RED, Colour.BLUE, Level.LOW,
    decimal.Decimal(1), decimal.Decimal("1.0"), decimal.Decimal("NaN"), fractions.Fraction(1), uuid.UUID(int=1),
    datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, fold=1),
    datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.time(1), datetime.timedelta(1), Path("a"), Path("b"),
    len, str.upper, int, Point, Pair,
]  # fmt: skip


def canonical(value: Any) -> Any:
    """Return text that is equal just for values of equal type and content, by other means than makeit's."""
    kind = type(value).__name__
    if isinstance(value, dict) and not isinstance(value, OrderedDict):
        return f"{kind}{sorted((canonical(key), canonical(item)) for key, item in value.items())}"
    if isinstance(value, set | frozenset):
        return f"{kind}{sorted(map(canonical, value))}"
    if isinstance(value, OrderedDict):
        return f"{kind}{[(canonical(key), canonical(item)) for key, item in value.items()]}"
    if isinstance(value, list | tuple | deque):
        return f"{kind}{[canonical(item) for item in value]}"
    if type(value) in OBJECTS:
        return f"{kind}({canonical(value.x)}, {canonical(value.y)})"
    if HAS_NUMPY and isinstance(value, np.ndarray):
        return f"{kind} {value.dtype.str} {value.shape} {[canonical(item) for item in value.ravel().tolist()]}"
    return f"{kind}:{value!r}"


def with_leaf(value: Any, place: list[int], leaf: Any) -> Any:
    """Return the value with another leaf in one place, which `place` counts down to."""
    if isinstance(value, dict):
        return type(value)((key, with_leaf(item, place, leaf)) for key, item in value.items())
    if isinstance(value, Named):
        return Named(with_leaf(value.x, place, leaf), with_leaf(value.y, place, leaf))
    if isinstance(value, list | tuple | deque) and len(value):
        return type(value)(with_leaf(item, place, leaf) for item in value)
    if type(value) in OBJECTS:
        return type(value)(with_leaf(value.x, place, leaf), with_leaf(value.y, place, leaf))
    place[0] -= 1
    return leaf if place[0] == -1 else value


def shuffled(value: Any) -> Any:
    """Return an equal value that was put together in another order."""
    if isinstance(value, OrderedDict | Named):
        return value
    if isinstance(value, dict):
        return {key: shuffled(item) for key, item in reversed(value.items())}
    if isinstance(value, set | frozenset):
        return type(value)(reversed(list(value)))
    if isinstance(value, list | tuple):
        return type(value)(map(shuffled, value))
    if type(value) in OBJECTS:
        return type(value)(shuffled(value.x), shuffled(value.y))
    return np.asfortranarray(value) if HAS_NUMPY and type(value) is np.ndarray and value.ndim else value


def main(corpus: str, cachedir: str) -> None:
    """Print the fingerprints of the pickled values in a file."""
    fingerprint = make.bench(Path(cachedir)).values.fingerprint
    for value in pickle.loads(Path(corpus).read_bytes()):
        sys.stdout.write(fingerprint(value) + "\n")
