"""Stored calls as rows: which are listed, in what order, and what is said of each."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from makeit.cli import asking, states

if TYPE_CHECKING:
    from makeit.records import FileRecord, Record
    from makeit.review.judging import Standing
    from makeit.store.catalogue import Catalogue, Filed
    from makeit.store.project import Project


@frozen
class Listed:
    """A stored call, or one of its files: `size` in bytes, `started` in seconds since 1970, `seconds` that it took.

    `outputs` are paths from the working folder; `kept` says that all of them lie in the cachedir.
    """

    call: str
    function: str
    id: str
    state: str
    reasons: tuple[str, ...]
    outputs: tuple[str, ...]
    kept: bool
    size: int
    started: float
    seconds: float


@frozen
class Choice:
    """Which calls are listed; bounds of the time of the last run in seconds since 1970, and of the size in bytes."""

    functions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    under: str | None = None
    after: float = float("-inf")
    before: float = float("inf")
    larger: float = -1

    def has(self, filed: Filed, project: Project) -> bool:
        """Tell whether a call is listed, as far as its record says."""
        record = filed.record
        return (
            self.after <= record.started <= self.before
            and (self.larger < 0 or sum(file.size for file in files_of(record)) > self.larger)
            and (not self.functions or self._named(record.function, asking.short(filed)))
            and (self.under is None or any(self._holds(project.absolute(file.path)) for file in files_of(record)))
        )

    def _named(self, *names: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.functions for name in names)

    def _holds(self, path: str) -> bool:
        return path.startswith(os.path.join(os.path.abspath(self.under or ""), ""))


#: By what rows can be sorted, besides the names of outputs, which is the order that they are found in.
KEYS: dict[str, Callable[[Listed], Any]] = {
    "size": lambda row: -row.size,
    "age": lambda row: row.started,
    "time": lambda row: -row.seconds,
    "state": lambda row: states.ORDER.index(row.state),
}


def listed(
    targets: tuple[str, ...], catalogue: Catalogue, choice: Choice, *, quick: bool, each_file: bool
) -> Iterator[Listed]:
    """Yield the rows of the chosen calls that targets mean, of all where there are none; say what cannot be read."""
    from makeit.review.standing import Standings
    from makeit.store.ledger import Damaged

    standings = Standings(catalogue, code=not quick)
    project, here = catalogue.project, os.getcwd()
    damaged = 0
    for filed in asking.matching(targets, catalogue) if targets else catalogue:
        if isinstance(filed, Damaged):
            damaged += 1
        elif choice.has(filed, project):
            standing = standings.of(filed)
            # Files alone cannot tell that a call is current.
            state = "unknown" if quick and standing.state == "current" else standing.state
            if not choice.states or state in choice.states:
                files = list(files_of(filed.record))
                for group in [[file] for file in files] if each_file else [files]:
                    yield _row(standing, state, group, project, here)
    if damaged:
        click.echo(f"not listed: damaged records ({damaged}), which makeit status names", err=True)


def ordered(rows: Iterable[Listed], by: str, *, reverse: bool) -> Iterable[Listed]:
    """Return rows in an order; by name, they are passed on as they come."""
    if by in KEYS:
        return sorted(rows, key=KEYS[by], reverse=reverse)
    return reversed(list(rows)) if reverse else rows


def _row(standing: Standing, state: str, files: list[FileRecord], project: Project, here: str) -> Listed:
    record = standing.filed.record
    paths = [project.absolute(file.path) for file in files]
    return Listed(
        record.named,
        record.function,
        record.call,
        state,
        tuple(map(str, standing.reasons)),
        tuple(asking.seen_from(here, path) for path in paths),
        all(map(project.is_kept, paths)),
        sum(file.size for file in files),
        record.started,
        record.seconds,
    )


def files_of(record: Record) -> Iterator[FileRecord]:
    """Yield all files of a record."""
    return (file for output in record.outputs for file in output.files)
