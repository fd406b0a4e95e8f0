"""Which results and files went into which calls: a graph that is read once and holds little of each record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from attrs import evolve, field

from makeit.attributes import frozen
from makeit.store.project import key_of

if TYPE_CHECKING:
    from makeit.records import Record
    from makeit.store.ledger import Damaged

K = TypeVar("K")
V = TypeVar("V")

#: A stored call, a file that no call of this cachedir made, a result that is no more, and a piece of code.
Kind = Literal["call", "file", "gone", "code"]


class Product(NamedTuple):
    """An output of a call: its name, its fingerprint, and the names and digests of all its files."""

    path: str
    fingerprint: str | None
    files: tuple[tuple[str, str], ...]


class Part(NamedTuple):
    """A code part of a call, and where it is defined."""

    name: str
    kind: str
    fingerprint: str
    file: str | None
    line: int | None

    @property
    def place(self) -> str:
        """Where it is defined, as file:line; empty where that is not known."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file or ""


@frozen(eq=False)
class Node:
    """What lineage is made of; `name` says what it is for people.

    `record` is the name that the record of a call has, or had where it is `gone`; `why` says what became of it, and
    `mark`, a fingerprint or a digest, which of several it is.
    """

    kind: Kind
    name: str
    record: str = ""
    call: str = ""
    function: str = ""
    outputs: tuple[Product, ...] = ()
    code: tuple[Part, ...] = ()
    why: str = ""
    mark: str = ""

    @property
    def id(self) -> str:
        """What tells it from all others, the same in every reading of these records."""
        return f"{self.kind}:{self.record or self.name}{'@' if self.mark else ''}{self.mark}"


class Edge(NamedTuple):
    """That a source went into a call, as which argument, and as which of its outputs.

    `nested` says that the source is a call that ran inside the other; then there is no argument.
    """

    source: Node
    target: Node
    argument: str = ""
    output: int | None = None
    nested: bool = False


def record_name(record: Record) -> str:
    """Return the name that a record is found by: its first output, or that of a kept one without its ending."""
    if not record.outputs:
        return record.call
    first = record.outputs[0].path
    if not is_kept(first):
        return first
    *folders, name = first.split("/")[:4]
    return "/".join((*folders, key_of(name)))


def is_kept(name: str) -> bool:
    """Tell whether a name is that of a result without a file name of its own."""
    return name.startswith("@cachedir/results/")


@frozen(eq=False)
class Flow:
    """Nodes and edges in one order, whoever reads them; `damaged` are the records that nobody could read."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    damaged: tuple[Damaged, ...] = ()
    _into: dict[Node, list[Edge]] = field(init=False)
    _out_of: dict[Node, list[Edge]] = field(init=False)
    _found: dict[tuple[Kind, str], list[Node]] = field(init=False)

    @_into.default
    def _by_target(self) -> dict[Node, list[Edge]]:
        return _grouped((edge.target, edge) for edge in self.edges)

    @_out_of.default
    def _by_source(self) -> dict[Node, list[Edge]]:
        return _grouped((edge.source, edge) for edge in self.edges)

    @_found.default
    def _by_name(self) -> dict[tuple[Kind, str], list[Node]]:
        return _grouped(((node.kind, node.record or node.name), node) for node in self.nodes)

    def at(self, record: Record) -> Node | None:
        """Return the call of a record; None where it is not here."""
        return self._one("call", record_name(record))

    def file(self, name: str) -> Node | None:
        """Return a raw file by the name that records have for it; None where it is not here."""
        return self._one("file", name)

    def given(self, name: str) -> list[Node]:
        """Return the raw file of a name, or the results that lay there once, as far as calls were given any of them."""
        return [*self._found.get(("file", name), ()), *self._found.get(("gone", name), ())]

    def _one(self, kind: Kind, name: str) -> Node | None:
        return next(iter(self._found.get((kind, name), ())), None)

    def earlier(self, node: Node) -> Sequence[Node]:
        """Return the results that lay where that of a call lies now, as far as anything was made from them."""
        return self._found.get(("gone", node.record), ()) if node.kind == "call" else ()

    def into(self, node: Node) -> Sequence[Edge]:
        """Return what a call was made from, and what ran inside it."""
        return self._into.get(node, ())

    def out_of(self, node: Node) -> Sequence[Edge]:
        """Return where something went, and inside which call it ran."""
        return self._out_of.get(node, ())

    def above(self, nodes: Iterable[Node], *, nesting: bool = False) -> Iterator[list[Node]]:
        """Yield what nodes were made from, then what that was made from, and so on; each once.

        With `nesting`, what ran inside a call counts as what it was made from.
        """
        return _generations(nodes, lambda node: (edge.source for edge in self.into(node) if nesting or not edge.nested))

    def below(self, nodes: Iterable[Node], *, nesting: bool = False) -> Iterator[list[Node]]:
        """Yield what was made from nodes or from earlier results of theirs, then what was made from that, and so on."""
        starts = [one for node in nodes for one in (node, *self.earlier(node))]
        return _generations(
            starts, lambda node: (edge.target for edge in self.out_of(node) if nesting or not edge.nested)
        )

    def around(self, nodes: Sequence[Node], *, up: bool, down: bool, nesting: bool = False) -> Flow:
        """Return the part of the graph that nodes were made from, or that was made from them, or both."""
        kept = set(nodes)
        if up:
            kept.update(node for generation in self.above(nodes, nesting=nesting) for node in generation)
        if down:
            kept.update(earlier for node in nodes for earlier in self.earlier(node))
            kept.update(node for generation in self.below(nodes, nesting=nesting) for node in generation)
        return self.part(kept)

    def part(self, kept: set[Node]) -> Flow:
        """Return the graph of some of its nodes."""
        edges = (edge for edge in self.edges if edge.source in kept and edge.target in kept)
        return evolve(self, nodes=tuple(node for node in self.nodes if node in kept), edges=tuple(edges))

    def without_nesting(self) -> Flow:
        """Return the graph of data alone; callers that are known only as such are left out."""
        edges = tuple(edge for edge in self.edges if not edge.nested)
        linked = {node for edge in edges for node in edge[:2]}
        return evolve(
            self, nodes=tuple(node for node in self.nodes if node.kind != "gone" or node in linked), edges=edges
        )

    def with_code(self) -> Flow:
        """Return the graph with the code parts of its calls as nodes, one for each version of a part."""
        nodes: dict[Part, Node] = {}
        edges = []
        for node in self.nodes:
            for part in node.code:
                if part not in nodes:
                    nodes[part] = Node("code", part.name, mark=part.fingerprint, code=(part,))
                edges.append(Edge(nodes[part], node))
        return evolve(self, nodes=(*self.nodes, *nodes.values()), edges=(*self.edges, *edges))


def _generations(starts: Iterable[Node], after: Callable[[Node], Iterable[Node]]) -> Iterator[list[Node]]:
    found = list(starts)
    seen = set(found)
    while True:
        found = [node for node in dict.fromkeys(near for node in found for near in after(node)) if node not in seen]
        if not found:
            return
        seen.update(found)
        yield found


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
