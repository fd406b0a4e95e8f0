"""Lineage for Mermaid, which web pages, notebooks and Markdown draw: a flowchart from left to right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from makeit.cli import captions
from makeit.cli.characters import visible

if TYPE_CHECKING:
    from makeit.review.flow import Edge, Flow, Node

#: What Mermaid draws where nobody has told it to take more.
MOST_EDGES = 500

_SHAPES = {"call": "({})", "file": "[/{}/]", "gone": "[{}]", "code": ">{}]"}
# `call` is a word of its grammar.
_CLASSES = {"call": "made", "file": "raw", "gone": "lost", "code": "code"}
_TAIL = """  classDef made fill:#eaf2fb,stroke:#2b5c8a,color:#000
  classDef raw fill:#fdf4dc,stroke:#9a7416,color:#000
  classDef lost fill:#fff,stroke:#808080,color:#606060,stroke-dasharray:4
  classDef code fill:#edf5ea,stroke:#4d7f42,color:#000"""
# What its grammar, HTML or its Markdown would read as more than a character.
_SPECIAL = re.compile(r"[^\w .,/()=…→–-]|[.-](?= )|\b_|_\b")
_MOST = 12


def lines(flow: Flow) -> Iterator[str]:
    """Yield a graph in the language of Mermaid, line by line."""
    names = {node: f"n{number}" for number, node in enumerate(flow.nodes)}
    yield "%% makeit graph"
    yield "flowchart LR"
    for node, name in names.items():
        yield f"  {name}{_SHAPES[node.kind].format(_quoted(_texts(node)))}:::{_CLASSES[node.kind]}"
    for edge, text in captions.joined(flow.edges):
        yield f"  {names[edge.source]} {_arrow(edge)}{f'|{_quoted([text])}|' if text else ''} {names[edge.target]}"
    yield _TAIL


def _texts(node: Node) -> list[str]:
    if node.kind == "call":
        outputs = [captions.split(name)[1] for name in captions.named(node)]
        more = [f"… and {len(outputs) - _MOST} more"] if len(outputs) > _MOST else []
        return [node.name, *outputs[:_MOST], *more]
    folder, last = captions.split(node.name)
    below = {"file": folder, "gone": node.why, "code": node.code and captions.place(node)}[node.kind]
    return [last, below] if below else [last]


def _arrow(edge: Edge) -> str:
    if edge.nested:
        return "-.->"
    return "-.-" if edge.source.kind == "code" else "-->"


def _quoted(texts: list[str]) -> str:
    return f'"{"<br/>".join(map(_escaped, texts))}"'


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", visible(text)) or " "
