"""From records to the graph of what went into which call: what each was given is found among the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from makeit.review.flow import Edge, Flow, Node, Part, Product, is_kept, record_name

if TYPE_CHECKING:
    from makeit.records import CodeRecord, Record
    from makeit.store.ledger import Damaged
    from makeit.store.project import Project


class _Given(NamedTuple):
    """What a call was given: the result of the call `call` under the name of its record, or else a file."""

    argument: str
    name: str
    #: The fingerprint of the result, or the digest of the file.
    mark: str
    call: str | None = None


class Weaving:
    """Takes records one by one, keeps of each only what the graph needs, and makes the graph of them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        # Records repeat each other's names, fingerprints and code: each is kept once.
        self._texts: dict[str, str] = {}
        self._codes: dict[tuple[Part, ...], tuple[Part, ...]] = {}
        self._calls: dict[str, Node] = {}
        self._given: dict[Node, tuple[_Given, ...]] = {}
        self._parents: dict[Node, str] = {}
        self._damaged: list[Damaged] = []

    def add(self, record: Record) -> bool:
        """Take a record; False for one that was taken before."""
        name = self._text(record_name(record))
        if name in self._calls:
            return False
        text = self._text
        outputs, code = tuple(self._products(record)), self._code(record.code)
        node = Node("call", text(record.named), name, text(record.call), text(record.function), outputs, code)
        self._calls[name] = node
        self._given[node] = tuple(self._all_given(record))
        if record.parent:
            self._parents[node] = text(record.parent)
        return True

    def miss(self, damaged: Damaged) -> None:
        """Note a record that cannot be read."""
        self._damaged.append(damaged)

    def _text(self, text: str) -> str:
        return self._texts.setdefault(text, text)

    def _products(self, record: Record) -> Iterator[Product]:
        for output in record.outputs:
            fingerprint = None if output.fingerprint is None else self._text(output.fingerprint)
            files = tuple((self._text(file.path), self._text(file.digest)) for file in output.files)
            yield Product(self._text(output.path), fingerprint, files)

    def _code(self, code: dict[str, CodeRecord]) -> tuple[Part, ...]:
        parts = tuple(Part(name, one.kind, one.fingerprint, one.file, one.line) for name, one in code.items())
        return self._codes.setdefault(parts, parts)

    def _all_given(self, record: Record) -> Iterator[_Given]:
        text = self._text
        for name, argument in record.arguments.items():
            for origin in argument.origins:
                yield _Given(text(name), text(origin.record), text(origin.fingerprint), text(origin.call))
            digests = argument.digests or ("",) * len(argument.files)
            for file, digest in zip(argument.files, digests, strict=False):
                yield _Given(text(name), text(file), text(digest))

    def woven(self) -> Flow:
        """Return the graph of all records that were taken, in the order of their names."""
        threads = _Threads(self._project, self._calls)
        calls = sorted(self._calls.values(), key=lambda node: node.record)
        edges: dict[Edge, None] = {}
        for node in calls:
            edges.update(dict.fromkeys(threads.given(given, node) for given in self._given[node]))
            if node in self._parents:
                edges[threads.nested(node, self._parents[node])] = None
        return Flow((*calls, *threads.others()), tuple(edges), tuple(self._damaged))


class _Threads:
    """Finds among all calls what one of them was given."""

    def __init__(self, project: Project, calls: dict[str, Node]) -> None:
        self._project = project
        self._calls = calls
        self._running = {node.call: node for node in calls.values()}
        self._owners: dict[str, Node] = {}
        self._written: dict[tuple[str, str], tuple[Node, int]] = {}
        self._others: dict[tuple[str, str, str], Node] = {}
        for node in calls.values():
            for number, output in enumerate(node.outputs):
                for file in output.files:
                    self._written[file] = node, number
                    # Of two calls that claim one file, the one whose record has its name is asked first.
                    if file[0] not in self._owners or node.record == file[0]:
                        self._owners[file[0]] = node

    def others(self) -> list[Node]:
        """Return the nodes that are no stored calls, as far as anything came from them."""
        return sorted(self._others.values(), key=lambda node: node.id)

    def given(self, given: _Given, node: Node) -> Edge:
        """Return the edge from what a call was given."""
        return self._file(given, node) if given.call is None else self._result(given, given.call, node)

    def nested(self, node: Node, parent: str) -> Edge:
        """Return the edge to the call that another ran in."""
        name = f"call {parent.partition(':')[2][:12]}"
        above = self._running.get(parent) or self._other("gone", name, "", parent, "not kept")
        return Edge(node, above, nested=True)

    def _result(self, given: _Given, call: str, node: Node) -> Edge:
        present = self._calls.get(given.name)
        if present is None:
            why = "removed since"
        elif present.call != call:
            why = f"replaced since by another call, {present.name}"
        else:
            for number, output in enumerate(present.outputs):
                if output.fingerprint == given.mark:
                    return Edge(present, node, given.argument, number)
            why = "made anew since"
        name = given.name.split("/")[2] if is_kept(given.name) else given.name
        return Edge(self._other("gone", name, given.name, given.mark, why), node, given.argument)

    def _file(self, given: _Given, node: Node) -> Edge:
        owner = self._owners.get(given.name)
        if owner is None:
            return Edge(self._other("file", given.name), node, given.argument)
        found = self._written.get((given.name, given.mark))
        if found is not None:
            return Edge(found[0], node, given.argument, found[1])
        # Digests of folders as arguments and as outputs are made in different ways, and tell nothing of each other.
        if not given.mark or os.path.isdir(self._project.absolute(given.name)):
            return Edge(owner, node, given.argument)
        mark = given.mark if given.name == owner.record else f"{given.name}@{given.mark}"
        return Edge(self._other("gone", given.name, owner.record, mark, "changed since"), node, given.argument)

    def _other(self, kind: Literal["file", "gone"], name: str, record: str = "", mark: str = "", why: str = "") -> Node:
        key = kind, record or name, mark
        if key not in self._others:
            self._others[key] = Node(kind, name, record, why=why, mark=mark)
        return self._others[key]
