"""Specs, templates and values as nobody should write them."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from typing import Any

_PIECES = (
    *"abz019 ._-+:?&=/\\{}@~'\"%*\n\t\0é",
    "npy:",
    "pickle:",
    "json:",
    "C:\\",
    "://",
    "s3://",
    "..",
    "../",
    "/",
    "//",
    ".nii.gz",
    "?dtype=int16",
    "?a=1&b=2",
    "?a=1&a=2",
    "&c=",
    "==",
    "@cachedir/",
    "~/",
    "\ud800",
    "e\u0301",
    "x" * 300,
)
_FIELDS = ("{a}", "{b}", "{a:02d}", "{b:>4}", "{a:c}", "{{", "}}", "{a.b}", "{a[0]}", "{}", "{a!r}", "{a:/>3}", "{ä}")
_VALUES: tuple[Any, ...] = (
    "..",
    ".",
    "",
    "../../x",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "~",
    "~root",
    "@cachedir",
    "cachedir",
    "@",
    "\0",
    "a\0b",
    "\n",
    "\ud800",
    "x" * 300,
    "é" * 200,
    "{b}",
    "sub-01",
    " ",
    "root",
    "makeit",
    -1,
    0,
    47,
    10**30,
    2**80,
    1.5,
    float("nan"),
    float("inf"),
    -0.0,
    True,
    None,
    b"..",
    datetime.date(2020, 1, 1),
    datetime.datetime(2020, 1, 1, 12, 30, tzinfo=datetime.UTC),
    [],
    ("..",),
    object,
)


class Sly(str):
    """A text that shows itself otherwise than it is."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return "../sly"

    def __str__(self) -> str:
        return "../sly"


class SlyNumber(int):
    """A number that shows itself otherwise than it is."""

    def __format__(self, form: str) -> str:
        return "../sly"

    def __str__(self) -> str:
        return "../sly"

    def __index__(self) -> int:
        return 7


def a_spec(chance: random.Random) -> str:
    """Return a text that might be a spec."""
    return "".join(chance.choices(_PIECES, k=chance.randrange(1, 12)))


def a_template(chance: random.Random) -> str:
    """Return a text that might be a template."""
    pieces = [chance.choice(_FIELDS if chance.random() < 0.5 else _PIECES) for _ in range(chance.randrange(1, 6))]
    return "".join(pieces)


def some_values(chance: random.Random) -> Mapping[str, Any]:
    """Return values to fill a template in with."""
    return {name: chance.choice((*_VALUES, Sly("a"), SlyNumber(3))) for name in ("a", "b", "ä")}
