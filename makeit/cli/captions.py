"""What is said of nodes and edges of lineage: in drawings, in trees, and in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from makeit.cli import terminal
from makeit.review.flow import is_kept

if TYPE_CHECKING:
    from makeit.review.flow import Edge, Flow, Node


def named(node: Node) -> tuple[str, ...]:
    """Return the names of the outputs of a call that have one of their own."""
    return tuple(output.path for output in node.outputs if not is_kept(output.path))


def is_file(node: Node) -> bool:
    """Tell whether the name of a node is that of a file: of a raw one, or where a result was."""
    return node.kind == "file" or (node.kind == "gone" and node.record != "" and not is_kept(node.record))


def split(name: str) -> tuple[str, str]:
    """Return the folder of a name, with its slash, and the rest."""
    head, slash, last = name.rstrip("/").rpartition("/")
    return head + slash, last


def place(node: Node) -> str:
    """Return where a piece of code is defined, without its folder."""
    return split(node.code[0].place)[1]


def joined(edges: Iterable[Edge]) -> Iterator[tuple[Edge, str]]:
    """Yield edges with their texts; those into one call that differ by nothing but the argument are one."""
    for _, near in groupby(edges, lambda edge: edge.target):
        found: dict[Edge, list[str]] = {}
        for edge in near:
            found.setdefault(edge._replace(argument=""), []).append("inside" if edge.nested else edge.argument)
        for edge, texts in found.items():
            yield edge, ", ".join(filter(None, texts))


def node_values(node: Node, generation: int | None = None) -> dict[str, Any]:
    """Return a node as JSON has it."""
    found = {"id": node.id, "kind": node.kind, "name": node.name}
    extra: dict[str, Any] = {
        "record": node.record,
        "call": node.call,
        "function": node.function,
        "outputs": [output.path for output in node.outputs],
        "why": node.why,
        "generation": generation,
    }
    if node.kind == "code":
        part = node.code[0]
        extra |= {"part": part.kind, "fingerprint": part.fingerprint, "file": part.file, "line": part.line}
    return found | {name: value for name, value in extra.items() if value or value == 0}


def edge_values(edge: Edge) -> dict[str, Any]:
    """Return an edge as JSON has it."""
    found: dict[str, Any] = {"from": edge.source.id, "to": edge.target.id}
    if edge.argument:
        found["argument"] = edge.argument
    if edge.output is not None:
        found["output"] = edge.source.outputs[edge.output].path
    return found | {"kind": "nested" if edge.nested else "code" if edge.source.kind == "code" else "data"}


def lines(flow: Flow) -> Iterator[str]:
    """Yield a graph as a JSON object, line by line: a line for each node and each edge."""
    yield '{"nodes": ['
    yield from _rows(map(node_values, flow.nodes))
    yield '], "edges": ['
    yield from _rows(map(edge_values, flow.edges))
    yield "]}"


def _rows(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    import msgspec

    before = ""
    for item in items:
        if before:
            yield f"{before},"
        before = f"  {terminal.harmless(msgspec.json.encode(item).decode())}"
    if before:
        yield before
