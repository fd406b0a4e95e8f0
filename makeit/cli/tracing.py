"""What questions about lineage start from: what a target means among all that is known, and how they end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from makeit.cli import asking

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.review.flow import Flow, Node
    from makeit.store.catalogue import Filed

_FEW = 5


def lineage() -> Lineage:
    """Return the lineage of the project of the working folder; a click error where it keeps nothing."""
    from makeit.lineage import Lineage
    from makeit.store.ledger import Ledger

    project = asking.project()
    return Lineage(project, Ledger(project))


def found(target: str, lineage: Lineage, flow: Flow) -> list[Filed] | list[Node]:
    """Return the calls that a target means, or what calls were given of that name; a click error where it is neither.

    What calls were given and no call has stored now is a raw file, or a result that is no more.
    """
    from makeit.store.catalogue import Catalogue

    for path in dict.fromkeys((os.path.abspath(target), lineage.project.resolve(target))):
        if lineage.ledger.place_of_owner(path) is not None:
            break
        if given := flow.given(lineage.project.relative(path)):
            return given
    return asking.calls((target,), Catalogue(lineage.project))


def nodes(target: str, lineage: Lineage, flow: Flow) -> list[Node]:
    """Return the nodes that a target means."""
    from makeit.review.flow import Node

    known = ((one if isinstance(one, Node) else flow.at(one.record)) for one in found(target, lineage, flow))
    return [node for node in known if node]


def end(flow: Flow, unreadable: Sequence[str] = ()) -> None:
    """Say which records could not be read, those of targets first, and end with the status of that."""
    others = [one for one in flow.damaged if not any(one.path in message for message in unreadable)]
    for message in unreadable:
        click.echo(message, err=True)
    for damaged in others[:_FEW]:
        click.echo(f"a record is damaged and left out: {damaged.cause} ({damaged.path})", err=True)
    if len(others) > _FEW:
        click.echo(f"and {len(others) - _FEW} more; makeit verify lists them", err=True)
    if unreadable or others:
        raise SystemExit(asking.WRONG)
