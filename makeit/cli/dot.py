"""Lineage for Graphviz: boxes for calls with their outputs, sheets for raw files, from left to right."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from makeit.cli import captions
from makeit.cli.characters import visible

if TYPE_CHECKING:
    from makeit.review.flow import Edge, Flow, Node

_HEAD = """digraph makeit {
  graph [rankdir=LR, nodesep=0.2, ranksep=0.5, fontname="Helvetica,Arial,sans-serif"];
  node [fontname="Helvetica,Arial,sans-serif", fontsize=11, margin="0.1,0.06", penwidth=0.8, height=0.3];
  edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, fontcolor="#505050", color="#606060", penwidth=0.8, \
arrowsize=0.6];"""
# Told apart by shape and line, too: for those who see no colours, and for print.
_LOOKS = {
    "call": "shape=plain",
    "file": 'shape=note, style=filled, fillcolor="#fdf4dc", color="#9a7416"',
    "gone": 'shape=box, style=dashed, color="#808080", fontcolor="#606060"',
    "code": 'shape=cds, style=filled, fillcolor="#edf5ea", color="#4d7f42"',
}
_BOX = '<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" STYLE="ROUNDED" BGCOLOR="#eaf2fb" \
COLOR="#2b5c8a">'
# So many outputs of one call are named.
_MOST = 12
# XML, which SVG is, has no place for these, not even escaped.
_NONE = re.compile("[\ufffe\uffff]")


def lines(flow: Flow) -> Iterator[str]:
    """Yield a graph in the language of Graphviz, line by line."""
    names = {node: f"n{number}" for number, node in enumerate(flow.nodes)}
    yield _HEAD
    for node in chain.from_iterable(reversed(_connected(flow))):
        yield f"  {names[node]} [{_LOOKS[node.kind]}, label=<{_label(node)}>, tooltip={_quoted(*_tip(node))}];"
    for edge, text in captions.joined(flow.edges):
        yield f"  {names[edge.source]}{_port(edge)} -> {names[edge.target]}{_looks(edge, text)};"
    yield "}"


def _connected(flow: Flow) -> list[list[Node]]:
    """Return the nodes in groups that no edge connects; Graphviz stacks such groups from the bottom up."""
    groups: list[list[Node]] = []
    seen: set[Node] = set()
    for start in flow.nodes:
        group, waiting = [], [start]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                group.append(node)
                waiting += [edge.source for edge in flow.into(node)] + [edge.target for edge in flow.out_of(node)]
        if group:
            groups.append(group)
    return groups


def _label(node: Node) -> str:
    if node.kind == "call":
        return _box(node)
    folder, last = captions.split(node.name)
    if node.kind == "file":
        return _text(last) + (f"<BR/>{_faint(folder)}" if folder else "")
    below = node.why if node.kind == "gone" else captions.place(node)
    return _text(last) + (f"<BR/>{_faint(below)}" if below else "")


def _box(node: Node) -> str:
    rows = [f'<TR><TD ALIGN="LEFT"><B>{_text(node.name)}</B></TD></TR>']
    outputs = captions.named(node)
    for number, output in list(enumerate(node.outputs))[:_MOST]:
        if output.path in outputs:
            rows.append(f'<TR><TD ALIGN="LEFT" PORT="o{number}">{_small(captions.split(output.path)[1])}</TD></TR>')
    if len(outputs) > _MOST:
        rows.append(f'<TR><TD ALIGN="LEFT">{_faint(f"… and {len(outputs) - _MOST} more")}</TD></TR>')
    return f"{_BOX}{''.join(rows)}</TABLE>"


def _port(edge: Edge) -> str:
    """Return the place on a box that an edge leaves from: the output, where there are several to tell apart."""
    outputs = edge.source.outputs
    if edge.output is None or edge.output >= _MOST or len(outputs) < 2:
        return ""
    return f":o{edge.output}:e" if outputs[edge.output].path in captions.named(edge.source) else ""


def _looks(edge: Edge, text: str) -> str:
    looks = [f"label={_quoted(text)}"] if text else []
    if edge.nested:
        looks.append("style=dashed, arrowhead=open")
    elif edge.source.kind == "code":
        looks.append('style=dotted, arrowhead=none, color="#4d7f42"')
    return f" [{', '.join(looks)}]" if looks else ""


def _tip(node: Node) -> list[str]:
    """Return what is shown of a node under the pointer: names in full."""
    if node.kind == "call":
        return [node.function, *captions.named(node)[:_MOST]]
    return [node.code[0].place or node.name if node.kind == "code" else node.name]


def _text(text: str) -> str:
    # Graphviz takes an empty text for a mistake.
    return html.escape(_NONE.sub("", visible(text)), quote=False) or " "


def _small(text: str) -> str:
    return f'<FONT POINT-SIZE="9">{_text(text)}</FONT>'


def _faint(text: str) -> str:
    return f'<FONT POINT-SIZE="9" COLOR="#707070">{_text(text)}</FONT>'


def _quoted(*lines: str) -> str:
    # Graphviz reads entities such as &amp; in texts, too.
    shown = (_NONE.sub("", visible(line)).replace("&", "&amp;") for line in lines)
    text = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in shown)
    return f'"{text}"'
