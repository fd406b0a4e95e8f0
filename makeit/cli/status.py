"""`makeit status`: how many stored calls are as they would be now, and which are not, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from attrs import Factory, define, frozen

from makeit.cli import asking, completion, listing, states, terminal
from makeit.cli.terminal import Cell

if TYPE_CHECKING:
    from makeit.review.judging import Standing
    from makeit.store.catalogue import Catalogue, Filed
    from makeit.store.ledger import Damaged
    from makeit.store.project import Project

# So many reasons are said of a call.
_FEW = 3
# Reasons of these kinds are about files that have another name for each call.
_OF_FILES = ("missing", "foreign", "output")
# State, function, and the kinds of reasons.
_Key = tuple[str, str, tuple[object, ...]]


@frozen
class Noted:
    """A call that is not current, or perhaps not; `outputs` are paths from the working folder."""

    call: str
    function: str
    id: str
    state: str
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    outputs: tuple[str, ...]


@frozen
class Status:
    """How many calls are in which state, how many records are damaged, and what calls are to be noted."""

    states: dict[str, int] = Factory(dict)
    damaged: list[str] = Factory(list)
    calls: list[Noted] = Factory(list)


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
    nothing is stored of. What cannot be told without making a call is unknown, and makes no difference.
    """
    from makeit.review.judging import OUT_OF_DATE

    catalogue = asking.catalogue()
    found = Status()
    groups = _Groups()
    for standing in _standings(modules, catalogue, found):
        found.states[standing.state] = found.states.get(standing.state, 0) + 1
        if standing.state == "current" and not standing.doubts:
            continue
        if as_json:
            found.calls.append(_noted(standing, catalogue.project))
        else:
            groups.add(standing)
    if as_json:
        terminal.emit(found)
    else:
        _show(found, groups)
    if found.damaged or not OUT_OF_DATE.isdisjoint(found.states):
        raise SystemExit(asking.WRONG)


def _standings(modules: tuple[str, ...], catalogue: Catalogue, found: Status) -> Iterator[Standing]:
    """Yield the standings of the calls of these modules; damaged records are noted."""
    from makeit.review.standing import Standings
    from makeit.store.ledger import Damaged

    standings = Standings(catalogue)
    for filed in _chosen(modules, catalogue):
        if isinstance(filed, Damaged):
            found.damaged.append(f"{filed.path}: {filed.cause}")
        else:
            yield standings.of(filed)


def _chosen(modules: tuple[str, ...], catalogue: Catalogue) -> Iterator[Filed | Damaged]:
    """Yield the records of functions of these modules, and all records where there is none."""
    if not modules:
        yield from catalogue
        return
    met: set[str] = set()
    known: set[str] = set()
    for filed in catalogue.records():
        names, file = _defined(filed, catalogue.project)
        means = {module for module in modules if _holds(module, names, file)}
        known.update(name.rpartition(".")[0] for name in names)
        met |= means
        if means:
            yield filed
    for module in modules:
        if module not in met:
            there = ", ".join(sorted(filter(None, known))[:10]) or "none"
            raise click.UsageError(f"nothing is stored of a function of {module!r}; there is something of: {there}")


def _defined(filed: Filed, project: Project) -> tuple[set[str], str]:
    """Return the names of a call's function, as given and as defined, and the file that it is defined in."""
    record = filed.record
    own = next(iter(record.code), "")
    file = record.defined.rpartition(":")[0]
    return {record.function, own} - {"version", ""}, project.absolute(file) if file else ""


def _holds(module: str, names: set[str], file: str) -> bool:
    if any(name == module or name.startswith(module + ".") for name in names):
        return True
    path = os.path.abspath(module)
    return file == path or file.startswith(os.path.join(path, ""))


def _noted(standing: Standing, project: Project) -> Noted:
    record, here = standing.filed.record, os.getcwd()
    return Noted(
        record.named,
        record.function,
        record.call,
        standing.state,
        tuple(map(str, standing.reasons)),
        standing.doubts,
        tuple(asking.seen_from(here, project.absolute(file.path)) for file in listing.files_of(record)),
    )


@define
class _Group:
    """Calls of a function that are out of date in the same way; `why` is said of the first, and perhaps of all."""

    first: str
    why: str
    count: int = 0
    same: bool = True

    def row(self, state: str) -> list[Cell | str]:
        """Return what is said of the calls."""
        call, why = self.first, self.why
        if self.count > 1:
            call = f"{self.first.partition(' (')[0]}: {self.count} calls"
            why = self.why if self.same else f"as in {self.first}: {self.why}"
        dim = state in ("current", "unknown")
        return [Cell(state, states.STYLES[state]), call, Cell(why, "dim" if dim else "")]


@frozen
class _Groups:
    """What is to be said of many calls, in a line for those that have the same kinds of reasons."""

    found: dict[_Key, _Group] = Factory(dict)

    def add(self, standing: Standing) -> None:
        """Say something of one more call."""
        why = _why([*map(str, standing.reasons)] or [*standing.doubts])
        kinds = tuple(
            (reason.kind, reason.subject if reason.kind not in _OF_FILES else "") for reason in standing.reasons
        )
        key = standing.state, standing.filed.record.function, kinds or standing.doubts
        group = self.found.setdefault(key, _Group(standing.label, why))
        group.count += 1
        group.same &= group.why == why

    def rows(self) -> Iterator[list[Cell | str]]:
        """Yield the rows, by state."""
        for key in sorted(self.found, key=lambda key: states.ORDER.index(key[0])):
            yield self.found[key].row(key[0])


def _why(said: list[str]) -> str:
    return "; ".join(said[:_FEW]) + (f"; and {len(said) - _FEW} more" if len(said) > _FEW else "")


def _show(found: Status, groups: _Groups) -> None:
    counts = [f"{found.states[state]} {state}" for state in states.STYLES if state in found.states]
    damaged = [f"{len(found.damaged)} damaged"] if found.damaged else []
    terminal.say(", ".join([*counts, *damaged]) or "nothing is stored")
    rows: list[list[Cell | str]] = [*groups.rows()]
    rows += ([Cell("damaged", "red"), "", text] for text in found.damaged)
    if rows:
        terminal.say()
        terminal.table(("state", "calls", "why"), rows)
