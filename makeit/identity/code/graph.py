"""The graph of functions, classes and captured values, and the parts that it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from makeit.identity.code.prints import Part
from makeit.identity.code.source import Piece, digest_text

# A reference leads to a definition, a captured value, something known by name, or several of them.
Target: TypeAlias = "Node | Captured | str | tuple[str, tuple[Target, ...]]"


class Node:
    """One function or class of the user's code, and what its references lead to."""

    __slots__ = ("base", "kind", "links", "name", "number", "obj", "piece")

    def __init__(self, obj: object, base: str, kind: Literal["function", "class"], piece: Piece) -> None:
        self.obj = obj
        self.base = base
        self.kind = kind
        self.piece = piece
        self.number = 0
        self.links: list[tuple[str, Label | str, Target]] = []
        self.name = ""

    def token(self) -> str:
        """Name the node inside the fingerprint of a value, before all names are known."""
        return f"code/1:{self.base}:{self.piece.digest}:{self.number}"

    def part(self) -> Part:
        """Return the code part: own source, and a line for each name that leads elsewhere than it says."""
        lines = list(dict.fromkeys(self._lines()))
        piece, digest = self.piece, digest_text("\n".join([self.piece.digest, *lines]))
        text = "\n".join([piece.text, *lines])
        return Part(self.name, self.kind, f"{piece.scheme}:{digest}", piece.file, piece.line, text)

    def _lines(self) -> Iterator[str]:
        for label, expected, target in sorted(self.links, key=lambda link: link[0]):
            rendered = render(target)
            if self.kind == "class":
                yield f"    {label} = {rendered}"
            elif rendered not in (full(expected), f"module {label}"):
                yield f"# {label} is {rendered}"


class Label:
    """Where a reference stands: its owner, its name there, and both in words."""

    __slots__ = ("name", "owner", "place", "what")

    def __init__(self, owner: Node | str, name: str, what: str, place: str) -> None:
        self.owner = owner
        self.name = name
        self.what = what
        self.place = place

    def sub(self, name: str) -> Label:
        """Return the label of something inside what this label stands for."""
        return Label(self.owner, f"{self.name}.{name}", self.what, self.place)

    def full(self) -> str:
        """Return the whole name, once all nodes have theirs."""
        owner = self.owner.name if isinstance(self.owner, Node) else self.owner
        return f"{owner}.{self.name}" if self.name else owner

    def sentence(self, kind: str) -> str:
        """Say in words that what stands here is not tracked."""
        where = f" in {self.place}" if self.place else ""
        return f"{self.what} {self.name} ({kind}){where}"


class Captured:
    """A value that counts by content."""

    __slots__ = ("file", "fingerprint", "kind", "label", "name", "target", "text")

    def __init__(
        self,
        label: Label,
        fingerprint: str,
        text: str,
        kind: Literal["value", "file", "version"] = "value",
        file: str | None = None,
        target: Target | None = None,
    ) -> None:
        self.label = label
        self.fingerprint = fingerprint
        self.text = text
        self.kind = kind
        self.file = file
        self.target = target
        self.name = ""

    def part(self) -> Part:
        """Return the code part; one that only says what an object is composed of gets its text here."""
        if self.target is not None:
            text = render(self.target)
            return Part(self.name, "value", f"code/1:{digest_text(text)}", None, None, text)
        return Part(self.name, self.kind, self.fingerprint, self.file, None, self.text)


def full(expected: Label | str) -> str:
    """Return the name that a reference has where it leads to what its own name says."""
    return expected.full() if isinstance(expected, Label) else expected


def render(target: Target) -> str:
    """Return a reference as text that is equal only for equal references."""
    if isinstance(target, str):
        return target
    if isinstance(target, tuple):
        return f"{target[0]}({', '.join(map(render, target[1]))})"
    return target.name


def token(target: Target) -> str:
    """Return the same before names are known, for the fingerprint of a value that holds it."""
    if isinstance(target, str):
        return target
    if isinstance(target, tuple):
        return f"{target[0]}({', '.join(map(token, target[1]))})"
    return target.fingerprint if isinstance(target, Captured) else target.token()


def name_all(nodes: Iterable[Node], captured: Iterable[Captured]) -> None:
    """Give every node and value a name of its own; those that share one get #2, #3.

    Within one digest the order is that in which they were met. It has to be: tokens inside values
    hold that number, and two closures of one lambda must not change places unnoticed.
    """
    nodes = list(nodes)
    first: dict[tuple[str, str], int] = {}
    for node in nodes:
        key = (node.base, node.piece.digest)
        first[key] = min(first.get(key, node.piece.line or 0), node.piece.line or 0)
    taken: Counter[str] = Counter()
    for node in sorted(nodes, key=lambda n: (first[n.base, n.piece.digest], n.piece.digest, n.number)):
        node.name = _unique(node.base, taken)
    for value in captured:
        value.name = _unique(value.label.full(), taken)


def _unique(name: str, taken: Counter[str]) -> str:
    taken[name] += 1
    return name if taken[name] == 1 else f"{name}#{taken[name]}"
