"""What the code of a function comes to: as the walk finds it, and as records and plugins are given it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from makeit.model import CodePrint


class Part(NamedTuple):
    """A part of the code, with the fields of a CodePart."""

    name: str
    kind: Literal["function", "class", "value", "file", "version"]
    fingerprint: str
    file: str | None = None
    line: int | None = None
    text: str = ""


class Look:
    """One look at the code of a function; the same object as long as nothing of it changed."""

    __slots__ = ("_print", "parts", "untracked")

    def __init__(self, parts: tuple[Part, ...], untracked: tuple[str, ...] = ()) -> None:
        self.parts = parts
        self.untracked = untracked
        self._print: CodePrint | None = None

    @property
    def print(self) -> CodePrint:
        """The code print that it comes to, made when it is first asked for: a reuse that is recalled needs none."""
        if self._print is None:
            from makeit.model import CodePart, CodePrint

            self._print = CodePrint(tuple(CodePart(*part) for part in self.parts), self.untracked)
        return self._print

    def is_of(self, code: Look | CodePrint) -> bool:
        """Tell whether this is a look, or what was made of it."""
        return code is self or (code is self._print and code is not None)
