"""A stored call in full, for people: what ran, with which arguments and code, what it wrote, and its lineage."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from makeit.cli import asking, branches, captions, terminal
from makeit.cli.condition import STYLES, condition
from makeit.cli.terminal import Cell

if TYPE_CHECKING:
    from makeit.records import CodeRecord, OutputRecord, Record
    from makeit.review.flow import Edge, Flow, Node
    from makeit.store.catalogue import Filed
    from makeit.store.project import Project

_FEW = 6
_MARGIN = 13


@frozen(eq=False)
class Page:
    """How calls of one project are printed; `whole` leaves nothing out."""

    project: Project
    flow: Flow
    whole: bool

    def print(self, one: Filed | Node) -> None:
        """Print a call, or a file or result that calls were given."""
        from makeit.review.flow import Node

        if isinstance(one, Node):
            self._print_given(one)
            return
        record, node = one.record, self.flow.at(one.record)
        terminal.say(record.named, "bold")
        for name, text in self._facts(record, node):
            terminal.say([Cell(name.ljust(_MARGIN), "dim"), text])
        self._print_arguments(record, node)
        self._print_code(record)
        self._print_outputs(record)
        if node:
            self._print_lineage(node)

    def _print_given(self, node: Node) -> None:
        terminal.say(self._seen(node.name) if captions.is_file(node) else node.name, "bold")
        terminal.say(node.why or "no stored call made it")
        self._print_lineage(node)

    def _facts(self, record: Record, node: Node | None) -> Iterator[tuple[str, str]]:
        where = f", {self._seen(record.defined)}" if record.defined else ""
        yield "function", f"{record.function}{where}"
        yield "call", record.call
        process = f", in process {record.process}" if record.process else ""
        yield "ran", f"{record.when}, {terminal.duration(record.seconds)}{process}"
        if record.reason:
            yield "because", record.reason
        yield "with", ", ".join(f"{name} {version}" for name, version in record.versions.items())
        for edge in self.flow.out_of(node) if node else ():
            if edge.nested:
                yield "inside", edge.target.name + (f", {edge.target.why}" if edge.target.why else "")
        if record.change:
            yield f"{record.change.kind}ed", f"by {record.change.who}, {_when(record.change.when)}"
        for name, value in record.key_parts.items():
            yield "key part", f"{name} = {json.dumps(value, ensure_ascii=False)}"
        for name in record.untracked:
            yield "not tracked", name

    def _print_arguments(self, record: Record, node: Node | None) -> None:
        if not record.arguments:
            return
        given: dict[str, list[Edge]] = {}
        for edge in self.flow.into(node) if node else ():
            given.setdefault(edge.argument, []).append(edge)
        rows = [
            (name, argument.repr + (" (default)" if argument.default else ""), self._sources(given.get(name, [])))
            for name, argument in record.arguments.items()
        ]
        terminal.say()
        terminal.table(("argument", "value", "from"), rows)

    def _sources(self, edges: Sequence[Edge]) -> str:
        shown = edges if self.whole else edges[:_FEW]
        more = [f"and {len(edges) - len(shown)} more"] if len(edges) > len(shown) else []
        return ", ".join([*map(self._source, shown), *more])

    def _source(self, edge: Edge) -> str:
        node = edge.source
        if edge.output is not None and (name := node.outputs[edge.output].path) in captions.named(node):
            return f"{node.name}: {self._seen(name)}"
        name = self._seen(node.name) if captions.is_file(node) else node.name
        return f"{name}, {node.why}" if node.why else name

    def _seen(self, name: str) -> str:
        return asking.seen_from(os.getcwd(), self.project.absolute(name))

    def _print_code(self, record: Record) -> None:
        parts = list(record.code.items())
        shown = parts if self.whole or len(parts) <= _FEW else parts[: _FEW - 1]
        terminal.say()
        terminal.table(("code", "kind", "where"), [(name, part.kind, self._place(part)) for name, part in shown])
        if len(parts) > len(shown):
            terminal.say(f"… and {len(parts) - len(shown)} more; --all shows them", "dim")

    def _place(self, part: CodeRecord) -> str:
        file = self._seen(part.file) if part.file else ""
        return " ".join(filter(None, (part.repr, f"{file}:{part.line}" if file and part.line else file)))

    def _print_outputs(self, record: Record) -> None:
        rows = [row for output in record.outputs for row in self._rows(output)]
        terminal.say()
        terminal.table(("output", "format", "size", "now", "notes"), rows, right=("size",))

    def _rows(self, output: OutputRecord) -> Iterator[tuple[str | Cell, ...]]:
        notes = ", ".join(
            f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in (output.notes or {}).items()
        )
        about = [_format(output), "adopted, " * output.adopted + notes]
        for file in output.files:
            path = self.project.absolute(file.path)
            found = condition(file, path)
            yield self._seen(file.path), about[0], terminal.size(file.size), Cell(found, STYLES[found]), about[1]
            about = ["", ""]

    def _print_lineage(self, node: Node) -> None:
        for heading, grow in (("made from", branches.up), ("used by", branches.down)):
            lines = list(grow(self.flow, node, self._seen, self.whole))
            if lines:
                terminal.say()
                terminal.say(heading, "bold")
            for line in lines:
                terminal.say(line)


def _format(output: OutputRecord) -> str:
    return output.format + "".join(f"?{name}={value}" for name, value in output.options.items())


def _when(moment: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
    except (ValueError, OverflowError, OSError):  # a record may say what no calendar knows
        return "at an unknown time"
