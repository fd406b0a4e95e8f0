"""The string form of an output: `[format:]path[?option=value[&option=value...]]`."""

from __future__ import annotations

import re
from typing import NamedTuple, Self

from makeit.errors import SpecError

_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
_OF_FORMATS = _LOWER | frozenset("0123456789_.+-")
_LOCATION = r"([A-Za-z][A-Za-z0-9+.-]*)://"


class Spec(NamedTuple):
    """A parsed spec: the format, or None where the suffix decides, the path and the options."""

    path: str
    format: str | None = None
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a spec; SpecError for one without a path or with an option given twice."""
        head, colon, tail = text.partition(":")
        named = colon and _is_format(head) and not tail.startswith("//")
        format, rest = (head, tail) if named else (None, text)
        path, options = _split_options(rest, text)
        if not path:
            raise SpecError(f"the spec {text!r} names no file; write a path, as in 'pickle:results/x.pkl'", spec=text)
        if "\0" in path:
            raise SpecError(f"the spec {text!r} has a NUL character in its path", spec=text)
        return cls(path, format, options)

    @property
    def location(self) -> str | None:
        """The scheme of a path like `s3://bucket/x.npy`, which needs a location plugin; else None."""
        match = re.match(_LOCATION, self.path) if "://" in self.path else None
        return match[1] if match else None

    def __str__(self) -> str:
        head = f"{self.format}:" if self.format else ""
        tail = "&".join(f"{name}={value}" for name, value in self.options)
        return f"{head}{self.path}?{tail}" if tail else f"{head}{self.path}"


def _is_format(name: str) -> bool:
    """Tell whether a name can be one of a format: two characters or more, as C is the drive in C:\\data\\x.npy."""
    return len(name) > 1 and name[0] in _LOWER and _OF_FORMATS.issuperset(name)


def _split_options(rest: str, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Split at the first question mark whose whole tail is options; others belong to the file name."""
    at = rest.find("?")
    while at >= 0:
        parts = [part.partition("=") for part in rest[at + 1 :].split("&")]
        if all(equals and name.isascii() and name.isidentifier() for name, equals, _ in parts):
            return rest[:at], _unique([(name, value) for name, _, value in parts], text)
        at = rest.find("?", at + 1)
    return rest, ()


def _unique(options: list[tuple[str, str]], text: str) -> tuple[tuple[str, str], ...]:
    names = [name for name, _ in options]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(f"the spec {text!r} gives {', '.join(twice)} twice; keep one", spec=text)
    return tuple(options)
