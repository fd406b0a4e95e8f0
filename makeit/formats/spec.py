"""The string form of an output: `[format:]path[?option=value[&option=value...]]`."""

from __future__ import annotations

import re
from typing import NamedTuple, Self

from makeit.errors import SpecError

# At least two characters, so that the drive in C:\data\x.npy is not taken for a format.
_FORMAT = r"(?s)([a-z][a-z0-9_.+-]+):(?!//)(.*)"
_LOCATION = r"([A-Za-z][A-Za-z0-9+.-]*)://"
_OPTION = r"(?s)([A-Za-z_][A-Za-z0-9_]*)=(.*)"


class Spec(NamedTuple):
    """A parsed spec: the format, or None where the suffix decides, the path and the options."""

    path: str
    format: str | None = None
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a spec; SpecError for one without a path or with an option given twice."""
        named = re.fullmatch(_FORMAT, text)
        format, rest = (named[1], named[2]) if named else (None, text)
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


def _split_options(rest: str, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Split at the first question mark whose whole tail is options; others belong to the file name."""
    at = rest.find("?")
    while at >= 0:
        parts = [re.fullmatch(_OPTION, part) for part in rest[at + 1 :].split("&")]
        if all(parts):
            return rest[:at], _unique([(part[1], part[2]) for part in parts if part], text)
        at = rest.find("?", at + 1)
    return rest, ()


def _unique(options: list[tuple[str, str]], text: str) -> tuple[tuple[str, str], ...]:
    names = [name for name, _ in options]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(f"the spec {text!r} gives {', '.join(twice)} twice; keep one", spec=text)
    return tuple(options)
