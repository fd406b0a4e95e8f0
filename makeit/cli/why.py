"""`makeit why`: what would run if a call were made now, and why."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

import click
from attrs import frozen

from makeit.cli import asking, terminal
from makeit.cli.terminal import Cell

if TYPE_CHECKING:
    from makeit.model import Reason
    from makeit.review.judging import Standing
    from makeit.review.standing import Standings
    from makeit.store.catalogue import Catalogue, Filed
    from makeit.store.project import Project

_DIFF = {"+": "green", "-": "red", "@": "cyan"}
_REFUSED = "until the file is adopted (makeit adopt) or deleted, the call is refused, unless foreign= says otherwise"


@frozen
class Answer:
    """What would become of a call: whether it would run, and was asked for or would only run before one that was."""

    call: str
    function: str
    id: str
    state: str
    runs: bool
    asked: bool
    reasons: tuple[Reason, ...]
    doubts: tuple[str, ...]
    untracked: tuple[str, ...]


@click.command("why")
@asking.targets(required=True)
@click.option("--diff", is_flag=True, help="Show what changed in the code.")
@asking.as_json
def command(targets: tuple[str, ...], diff: bool, as_json: bool) -> None:
    """Say what would run if these calls were made now, and why; nothing is run.

    A line for each call, after the lines of those that would run before it because their results go into it. It is
    judged from the record of its last run: code, defaults, input files and outputs as they are now, other arguments
    as they were.

    \b
    Examples:
      makeit why derivatives/sub-01/z.nii.gz
      makeit why 'smooth (sub-01)' --diff
      makeit why smooth --json | jq -r '.[] | select(.runs) | .call'

    Exit status: 0 where every result would be reused, 1 where something would run, 2 for a target that nothing is
    known of.
    """
    answers = _answers(targets, asking.catalogue())
    seen = _Seen()
    if as_json:
        terminal.emit(seen.among(answers))
    else:
        for answer in seen.among(answers):
            _show(answer, diff)
    if seen.runs:
        raise SystemExit(asking.WRONG)


class _Seen:
    """Whether any of the answers that were passed on was that something runs."""

    runs = False

    def among(self, answers: Iterator[Answer]) -> Iterator[Answer]:
        for answer in answers:
            self.runs |= answer.runs
            yield answer


def _answers(targets: tuple[str, ...], catalogue: Catalogue) -> Iterator[Answer]:
    """Yield what becomes of each call that targets mean, after those that would run before it; each once."""
    from makeit.review.standing import Standings

    # The places alone: many more records may be asked for than the memory holds.
    asked = dict.fromkeys(filed.place for filed in asking.matching(targets, catalogue))
    standings = Standings(catalogue)
    met: set[str] = set()
    for place in asked:
        for standing in _chain(place, standings, asked, met):
            yield _answer(standing, standing.filed.place in asked)


def _chain(place: str, standings: Standings, asked: Container[str], met: set[str]) -> Iterator[Standing]:
    """Yield the standing of a call after those of the calls that would run before it; a loop, as chains may be long."""
    from makeit.store.catalogue import Filed

    waiting: list[str | Standing] = [place]
    while waiting:
        here = waiting.pop()
        if not isinstance(here, str):
            yield here
        elif here not in met:
            met.add(here)
            filed = standings.catalogue.at(here)
            standing = standings.of(filed) if isinstance(filed, Filed) else None
            if standing is not None and (standing.runs or here in asked):
                waiting += [standing, *reversed(list(_sources(standing.filed, standings.catalogue.project)))]


def _sources(filed: Filed, project: Project) -> Iterator[str]:
    """Yield the places of the records of what a call was made from."""
    from makeit.store.ledger import Ledger

    ledger = Ledger(project)
    for argument in filed.record.arguments.values():
        for origin in argument.origins:
            yield ledger.place(project.absolute(origin.record))


def _answer(standing: Standing, asked: bool) -> Answer:
    record = standing.filed.record
    untracked = standing.code.untracked if standing.code else record.untracked
    return Answer(
        record.named,
        record.function,
        record.call,
        standing.state,
        standing.runs,
        asked,
        standing.reasons,
        standing.doubts,
        untracked,
    )


def _show(answer: Answer, diff: bool) -> None:
    verb = Cell("run", "bold yellow") if answer.runs else Cell("reuse", "green")
    because = "; ".join(map(str, answer.reasons)) or "nothing changed"
    terminal.say([verb, " ", Cell(answer.call, "bold"), f": {because}"])
    for reason in answer.reasons if diff else ():
        _show_diff(reason, len(answer.reasons) > 1)
    if any(reason.kind == "foreign" for reason in answer.reasons):
        terminal.say(f"  {_REFUSED}", "dim")
    for doubt in answer.doubts:
        terminal.say(f"  not certain: {doubt}", "dim")
    for name in answer.untracked:
        terminal.say(f"  not tracked: {name}", "dim")


def _show_diff(reason: Reason, named: bool) -> None:
    lines = (reason.diff or "").splitlines()
    if lines and named:
        terminal.say(f"  {reason}")
    for line in lines:
        terminal.say(f"    {line}", _DIFF.get(line[:1], ""))
