"""Lineage as a tree in the terminal: what something was made from, or what was made from it, indented line by line."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve, frozen

from makeit.cli import captions, terminal
from makeit.cli.characters import columns, visible
from makeit.cli.layout import Cell

if TYPE_CHECKING:
    from makeit.review.flow import Edge, Flow, Node

_LEVELS, _BREADTH = 4, 10
# How the name of a file in a record is typed.
Seen: TypeAlias = Callable[[str], str]

_FOLDERS = re.compile(r"(?:[^\s/]+/|(?<!\S)/)+")
_STYLES = {"call": "bold", "file": "yellow", "gone": "red", "code": ""}


@frozen(eq=False)
class _Branch:
    """A node, how it is connected with the one before, and the outputs that count there."""

    node: Node
    text: str
    outputs: tuple[str, ...]


def up(flow: Flow, node: Node, seen: Seen, whole: bool) -> Iterator[list[Cell]]:
    """Yield the lines of what a node was made from; a few levels and branches, or with `whole` all."""

    def before(one: Node) -> list[_Branch]:
        found = _grouped(flow.into(one), lambda edge: edge.source)
        return [_Branch(near, _arguments(edges, "ran inside"), _used(near, edges)) for near, edges in found.items()]

    return _lines(node, before, seen, whole)


def down(flow: Flow, node: Node, seen: Seen, whole: bool) -> Iterator[list[Cell]]:
    """Yield the lines of what was made from a node; a few levels and branches, or with `whole` all."""

    def after(one: Node) -> list[_Branch]:
        earlier = (edge for gone in flow.earlier(one) for edge in flow.out_of(gone))
        return [
            _Branch(near, head + _arguments(edges, "as part of"), captions.named(near))
            for head, all_edges in (("", flow.out_of(one)), ("an earlier result as ", earlier))
            for near, edges in _grouped(all_edges, lambda edge: edge.target).items()
        ]

    return _lines(node, after, seen, whole)


def _grouped(edges: Iterable[Edge], end: Callable[[Edge], Node]) -> dict[Node, list[Edge]]:
    """Return the edges to each node; nesting comes last."""
    found: dict[Node, list[Edge]] = {}
    for edge in sorted(edges, key=lambda edge: edge.nested):
        found.setdefault(end(edge), []).append(edge)
    return found


def _arguments(edges: list[Edge], nested: str) -> str:
    return ", ".join(dict.fromkeys(nested if edge.nested else edge.argument for edge in edges))


def _used(node: Node, edges: list[Edge]) -> tuple[str, ...]:
    """Return the outputs of a call that went into another; all where that is not known."""
    used = {node.outputs[edge.output].path for edge in edges if edge.output is not None}
    return tuple(name for name in captions.named(node) if name in used or not used)


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
        note = _note(known, deep) if further else ""
        yield _fitted([Cell(stem, "dim"), *_cells(branch, seen), Cell(note, "dim")])
        if further and not known and not deep:
            shown.add(branch.node)
            way.append((f"{indent}{'│ ' if rest else '  '} ", _some(further, whole)))


def _some(branches: list[_Branch], whole: bool) -> deque[_Branch | int]:
    """Return branches to be shown, and the number of the others."""
    if whole or len(branches) <= _BREADTH:
        return deque(branches)
    return deque([*branches[: _BREADTH - 1], len(branches) - _BREADTH + 1])


def _fitted(line: list[Cell]) -> list[Cell]:
    """Leave the folders of files out where a terminal would break the line, and the tree with it."""
    if not terminal.is_terminal() or sum(columns(visible(cell.text)) for cell in line) <= terminal.width():
        return line
    return [evolve(cell, text=_FOLDERS.sub("…/", cell.text)) for cell in line]


def _note(known: bool, deep: bool) -> str:
    return "  see above" if known else "  …: --all" if deep else ""


def _cells(branch: _Branch, seen: Seen) -> Iterator[Cell]:
    node = branch.node
    if branch.text:
        yield Cell(f"{branch.text}: ")
    yield Cell(seen(node.name) if captions.is_file(node) else node.name, _STYLES[node.kind])
    if node.why or branch.outputs:
        more = f" and {len(branch.outputs) - 1} more" if len(branch.outputs) > 1 else ""
        yield Cell(f"  {node.why or seen(branch.outputs[0]) + more}", "dim")
