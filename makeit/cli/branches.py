"""Lineage as a tree in the terminal: what something was made from, or what was made from it, indented line by line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from makeit.cli import captions
from makeit.cli.layout import Cell

if TYPE_CHECKING:
    from makeit.flow import Edge, Flow, Node

_LEVELS, _BREADTH = 4, 10
# How the name of a file in a record is typed.
Seen: TypeAlias = Callable[[str], str]

_STYLES = {"call": "bold", "file": "yellow", "gone": "red", "code": ""}


@frozen(eq=False)
class _Branch:
    """A node and how it is connected with the one before."""

    node: Node
    text: str


def up(flow: Flow, node: Node, seen: Seen, whole: bool) -> Iterator[list[Cell]]:
    """Yield the lines of what a node was made from; a few levels and branches, or with `whole` all."""

    def before(one: Node) -> list[_Branch]:
        return _joined(flow.into(one), lambda edge: edge.source, "ran inside")

    return _lines(node, before, seen, whole)


def down(flow: Flow, node: Node, seen: Seen, whole: bool) -> Iterator[list[Cell]]:
    """Yield the lines of what was made from a node; a few levels and branches, or with `whole` all."""

    def after(one: Node) -> list[_Branch]:
        earlier = (edge for gone in flow.earlier(one) for edge in flow.out_of(gone))
        return [
            *_joined(flow.out_of(one), lambda edge: edge.target, "as part of"),
            *_joined(earlier, lambda edge: edge.target, "as part of", "an earlier result as "),
        ]

    return _lines(node, after, seen, whole)


def _joined(edges: Iterable[Edge], end: Callable[[Edge], Node], nested: str, head: str = "") -> list[_Branch]:
    """Return a branch for each node, with the names of all the arguments that connect it."""
    found: dict[Node, list[str]] = {}
    for edge in edges:
        found.setdefault(end(edge), []).append(nested if edge.nested else _argument(edge))
    return [_Branch(node, head + ", ".join(dict.fromkeys(texts))) for node, texts in found.items()]


def _argument(edge: Edge) -> str:
    """Return the name of an argument, with that of the output that it was, where a call has several."""
    if edge.output is None or len(captions.named(edge.source)) < 2:
        return edge.argument
    return f"{edge.argument} = {captions.split(edge.source.outputs[edge.output].path)[1]}"


def _lines(root: Node, near: Callable[[Node], list[_Branch]], seen: Seen, whole: bool) -> Iterator[list[Cell]]:
    shown = {root}
    # A chain may be longer than functions can call each other, so the way from the root is kept here.
    way = [("", _some(near(root), whole))]
    while way:
        indent, rest = way[-1]
        if not rest:
            way.pop()
            continue
        branch = rest.popleft()
        stem = f"{indent}{'├─' if rest else '└─'} "
        if isinstance(branch, int):
            yield [Cell(f"{stem}… and {branch} more: --all", "dim")]
            continue
        further = near(branch.node)
        known, deep = branch.node in shown, len(way) >= _LEVELS and not whole
        yield [Cell(stem, "dim"), *_cells(branch, seen), Cell(_note(known, deep) if further else "", "dim")]
        if further and not known and not deep:
            shown.add(branch.node)
            way.append((f"{indent}{'│ ' if rest else '  '} ", _some(further, whole)))


def _some(branches: list[_Branch], whole: bool) -> deque[_Branch | int]:
    """Return branches to be shown, and the number of the others."""
    if whole or len(branches) <= _BREADTH:
        return deque(branches)
    return deque([*branches[: _BREADTH - 1], len(branches) - _BREADTH + 1])


def _note(known: bool, deep: bool) -> str:
    return "  see above" if known else "  …: --all" if deep else ""


def _cells(branch: _Branch, seen: Seen) -> Iterator[Cell]:
    node = branch.node
    if branch.text:
        yield Cell(f"{branch.text}: ")
    yield Cell(seen(node.name) if node.kind == "file" else node.name, _STYLES[node.kind])
    named = captions.named(node)
    if node.why or named:
        more = f" and {len(named) - 1} more" if len(named) > 1 else ""
        yield Cell(f"  {node.why or seen(named[0]) + more}", "dim")
