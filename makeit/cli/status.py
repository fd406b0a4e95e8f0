"""`makeit status`: how many stored calls are as they would be now, and which are not, and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click
from attrs import Factory, define, frozen

from makeit.cli import asking, completion, states, terminal
from makeit.cli.terminal import Cell

if TYPE_CHECKING:
    from makeit.judging import Standing
    from makeit.store.catalogue import Catalogue, Filed
    from makeit.store.ledger import Damaged
    from makeit.store.project import Project

# Calls of one function in one state may have different reasons: so many are shown, each with its own.
_FEW = 3


@frozen
class Outdated:
    """A call that is not current; outputs are paths from the working folder."""

    call: str
    function: str
    id: str
    state: str
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    outputs: tuple[str, ...]


@frozen
class Summary:
    """How many calls are in which state, how many records are damaged, and the calls that are not current."""

    states: dict[str, int]
    damaged: int
    calls: list[Outdated]


@click.command("status")
@click.argument("modules", nargs=-1, metavar="[MODULE]...", shell_complete=completion.of_modules)
@asking.as_json
def command(modules: tuple[str, ...], as_json: bool) -> None:
    """Say which stored calls are out of date, and why, without running any.

    MODULE is the name of a module or a package, or the path of a script or a folder: only calls of functions that are
    defined there. Calls of a function that are out of date for one reason are said together.

    \b
    Examples:
      makeit status
      makeit status first_level.py
      makeit status --json | jq .states

    Exit status: 0 where nothing is out of date, 1 where something is, or where a record is damaged; 2 for a module that
    nothing is stored of. What cannot be told without making the call is unknown, and changes nothing about it.
    """
    from makeit.judging import OUT_OF_DATE, Standing
    from makeit.store.ledger import Damaged

    catalogue = asking.catalogue()
    counts: Counter[str] = Counter()
    groups: dict[tuple[str, str], _Group] = {}
    for found in _standings(modules, catalogue):
    ...
