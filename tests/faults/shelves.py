"""The made functions of a project that is watched: a module that is edited, and where its results are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attrs import frozen

SOURCE = '''"""A study; {note}."""
import os

OFFSET = {offset}


def scaled(x):
    return f"{{x}}/{factor}"  # {note}


def words(x):
    print("run")
    if "MEDDLE" in os.environ:
        with open(os.environ["MEDDLE"], "w") as file:
            file.write(os.environ["WORDS"])
    return f"{{scaled(x)}} {{OFFSET}} " * 3


def lists(x):
    return [words(x)]


def both(x):
    found = words(x)
    return found, [found]


def large(x):
    return words(x) * 10_000
'''


@frozen
class Code:
    """What counts in the module, and a note that does not."""

    factor: int = 1
    offset: int = 1

    def words(self, x: int) -> str:
        """Return what the module's `words` makes of an argument."""
        return f"{x}/{self.factor} {self.offset} " * 3


@frozen
class Shelf:
    """One made function of the module: what it returns, and where it is kept."""

    name: str
    function: str
    output: Any
    value: Callable[[str], Any]
    names: tuple[str, ...] = ()
    keep: int | None = 1

    def joined(self, contents: tuple[bytes, ...]) -> Any:
        """Return the value that files hold; None where one of them holds none."""
        parts = [parsed(name, content) for name, content in zip(self.names or ("",), contents, strict=True)]
        return None if None in parts else tuple(parts) if len(parts) > 1 else parts[0]

    @property
    def has_history(self) -> bool:
        """Whether earlier results come back."""
        return bool(self.names) and self.keep != 1

    @property
    def apart(self) -> bool:
        """Whether each argument has files of its own."""
        return not self.names or "{x}" in self.names[0]

    def contents(self, code: Code, x: int) -> tuple[bytes, ...]:
        """Return what a run writes."""
        value = self.value(code.words(x))
        parts = value if isinstance(value, tuple) else (value,)
        return tuple(
            part.encode() if isinstance(part, str) else json.dumps(part, indent=2).encode() + b"\n" for part in parts
        )

    def names_of(self, x: int) -> tuple[str, ...]:
        """Return the named files of a call."""
        return tuple(name.format(x=x) for name in self.names)


SHELVES = {
    shelf.name: shelf
    for shelf in (
        Shelf("each", "words", "text:each/{x}.txt", lambda words: words, ("each/{x}.txt",)),
        Shelf("shared", "lists", "json:shared.json", lambda words: [words], ("shared.json",)),
        Shelf(
            "several",
            "both",
            ("text:one/a.txt", "json:two/b.json"),
            lambda words: (words, [words]),
            ("one/a.txt", "two/b.json"),
        ),
        Shelf("history", "words", "text:history.txt", lambda words: words, ("history.txt",), keep=3),
        Shelf("kept", "words", None, lambda words: words),
        Shelf("kept, large", "large", None, lambda words: words * 10_000, keep=None),
    )
}


def parsed(name: str, content: bytes) -> Any:
    """Return the value that a file holds; None where it holds none."""
    try:
        return json.loads(content) if name.endswith(".json") else content.decode()
    except ValueError:
        return None
