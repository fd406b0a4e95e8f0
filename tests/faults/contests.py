"""Outputs that many write at once: functions of one name with different code, and what is right for each call."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from attrs import field, frozen

from makeit import Maker, TextFile

VERSIONS = range(3)
ARGUMENTS = range(2)
_LINES = 400


class SlowText(TextFile):
    """A text file that takes its time to be read, as one on a network drive does."""

    def load(self) -> str:
        """Read the text, late."""
        time.sleep(0.005)
        return super().load()


def text(version: int, x: int) -> str:
    """Return what a function of this version makes of an argument: a text that is nothing else's."""
    return f"{version}:{x}\n" * _LINES


def array(version: int, x: int) -> Any:
    """Return the same as an array."""
    return np.full(3000 + x, version * 10 + x)


def several(version: int, x: int) -> tuple[str, Any, list[int]]:
    """Return the same as three values that belong together."""
    return text(version, x), array(version, x), [version, x]


@frozen
class Contest:
    """An output, and what the functions that write it return; `named` are the files that readers may see."""

    name: str
    output: Callable[[], Any]
    value: Callable[[int, int], Any]
    named: tuple[str, ...] = ()
    options: dict[str, Any] = field(factory=dict)

    def functions(self, maker: Maker) -> list[Any]:
        """Return a made function for each version of the code, all of one name and on one output."""
        options = {"output": self.output(), "name": "work", **self.options}
        return [
            maker(_code(self.value, version), **options, **({"version": version} if self.name == "version" else {}))
            for version in VERSIONS
        ]

    def is_right(self, found: Any, version: int, x: int) -> bool:
        """Tell whether a value is what this version of the code makes of this argument."""
        return _same(found, self.value(version, x))

    def is_whole(self, name: str, content: bytes) -> bool:
        """Tell whether a file's content is one that some version wrote, wholly."""
        return any(content == known for known in self._contents(name))

    def _contents(self, name: str) -> Iterator[bytes]:
        for version in VERSIONS:
            for x in ARGUMENTS:
                value = self.value(version, x)
                parts = value if isinstance(value, tuple) else (value,)
                yield _bytes(parts[self.named.index(name) if len(parts) > 1 else 0])


def _code(value: Callable[[int, int], Any], version: int) -> Callable[[int], Any]:
    """Return a function of one argument whose code tells the version: in a cell, a constant, or a literal."""
    if version % 3 == 0:
        return lambda x: value(version, x)
    source = f"def work(x):\n    return value({version if version % 3 == 1 else 'VERSION'}, x)\n"
    names: dict[str, Any] = {"value": value, "VERSION": version, "__name__": "contest"}
    exec(source, names)
    function = names["work"]
    assert isinstance(function, FunctionType)
    return function


def _same(found: Any, right: Any) -> bool:
    if isinstance(right, tuple):
        return type(found) is tuple and all(map(_same, found, right))
    if isinstance(right, np.ndarray):
        return isinstance(found, np.ndarray) and np.array_equal(found, right)
    return bool(found == right)


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    stream = io.BytesIO()
    np.save(stream, value)
    return stream.getvalue()


CONTESTS = {
    contest.name: contest
    for contest in (
        Contest("text", lambda: "text:out.txt", text, ("out.txt",)),
        Contest("slow", lambda: SlowText(Path("out.txt")), text, ("out.txt",)),
        Contest("version", lambda: "text:out.txt", text, ("out.txt",)),
        Contest("history", lambda: "text:out.txt", text, ("out.txt",), {"keep": 3}),
        Contest("template", lambda: "text:{x}.txt", text, ("0.txt", "1.txt")),
        Contest("npy", lambda: "npy:out.npy", array, ("out.npy",)),
        Contest("map", lambda: "npy:out.npy?mmap_mode=r", array, ("out.npy",)),
        Contest("several", lambda: ("text:one.txt", "npy:two.npy", None), several, ("one.txt", "two.npy")),
        Contest("kept", lambda: None, text),
        Contest("kept, all of them", lambda: None, several, (), {"keep": None}),
    )
}
