"""`makeit show`: all that is known of a file or a call: its record, what it was made from, what was made from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from makeit.cli import asking, captions, terminal, tracing
from makeit.cli.condition import condition
from makeit.cli.page import Page

if TYPE_CHECKING:
    from makeit.review.flow import Flow, Node
    from makeit.store.catalogue import Filed
    from makeit.store.project import Project


@click.command("show")
@asking.targets(required=True)
@click.option("--all", "whole", is_flag=True, help="Leave nothing out: all code, and lineage to its ends.")
@asking.as_json
def command(targets: tuple[str, ...], whole: bool, as_json: bool) -> None:
    """Show who made a file, from what, and what was made from it.

    A target is the path of an output or of a raw file, a call, its id, or the name of a function for all its calls.
    Files are looked at, but large ones are not read.

    \b
    Examples:
      makeit show derivatives/sub-01/z.nii.gz
      makeit show raw/sub-01/bold.nii
      makeit show 'fit (sub-01)' --json | jq '.[].arguments'

    Exit status: 0, 1 where a record is damaged, 2 for a target that nothing is known of.
    """
    lineage = tracing.lineage()
    flow = lineage.flow()
    wanted: list[Filed | Node] = []
    unreadable = []
    for target in targets:
        try:
            wanted += tracing.found(target, lineage, flow)
        except click.UsageError:
            raise
        except click.ClickException as error:
            unreadable.append(error.message)
    if as_json:
        terminal.emit(_values(one, lineage.project, flow) for one in wanted)
    else:
        page = Page(lineage.project, flow, whole)
        for number, one in enumerate(wanted):
            if number:
                terminal.say()
            page.print(one)
    tracing.end(flow, unreadable)


def _values(one: Filed | Node, project: Project, flow: Flow) -> dict[str, Any]:
    """Return what JSON has of a call: its record as it is stored, and what it does not say."""
    import msgspec

    from makeit.review.flow import Node

    if isinstance(one, Node):
        return captions.node_values(one) | {"lineage": _lineage(flow, one)}
    files = [file for output in one.record.outputs for file in output.files]
    node = flow.at(one.record)
    return {
        **msgspec.to_builtins(one.record),
        "place": one.place,
        "condition": {file.path: condition(file, project.absolute(file.path)) for file in files},
        "lineage": _lineage(flow, node) if node else None,
    }


def _lineage(flow: Flow, node: Node) -> dict[str, Any]:
    up, down = flow.above([node], nesting=True), flow.below([node], nesting=True)
    return {
        "up": _part(flow.around([node], up=True, down=False, nesting=True), up),
        "down": _part(flow.around([node], up=False, down=True, nesting=True), down),
    }


def _part(flow: Flow, generations: Iterable[list[Node]]) -> dict[str, Any]:
    """Return some of the graph; `generation` counts from the call or file that was asked for."""
    distance = {node: number for number, nodes in enumerate(generations, 1) for node in nodes}
    return {
        "nodes": [captions.node_values(node, distance.get(node, 0)) for node in flow.nodes],
        "edges": [captions.edge_values(edge) for edge in flow.edges],
    }
