"""`makeit clean`: removes results that were asked for, after showing which and asking."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click
from attrs import frozen

from makeit.cli import amounts, asking, terminal
from makeit.cli.completion import of_functions

if TYPE_CHECKING:
    from makeit.review.cleaning import Plan, Wish
    from makeit.review.inventory import Candidate

# So many rows are read before a question is answered; --dry-run prints all.
_ROWS = 30
# More lines would push out of the run log what it is for.
_LOGGED = 1000


@frozen
class Row:
    """What JSON says of one thing that goes, went, or stays: `left` is why it stays."""

    what: str
    kind: str
    record: str
    size: int
    seconds: float
    last_run: float
    why: str
    left: str | None = None


@frozen
class Report:
    """What was removed, or would be; what stays although it was chosen; the bytes of all results before and after."""

    dry_run: bool
    removed: tuple[Row, ...]
    left: tuple[Row, ...]
    size: int
    seconds: float
    total: int
    remaining: int


@click.command("clean")
@click.option(
    "--function",
    "functions",
    multiple=True,
    metavar="NAME",
    shell_complete=of_functions,
    help="Results of this function; * and ? stand for anything.",
)
@click.option(
    "--older-than", callback=amounts.seconds, metavar="AGE", help="Results whose last run is longer ago, as in 30d."
)
@click.option("--larger-than", callback=amounts.size, metavar="SIZE", help="Results of more bytes, as in 1GB.")
@click.option(
    "--orphans", is_flag=True, help="Only results of functions that are no more, and what kills and edits left."
)
@click.option("--versions", is_flag=True, help="Only earlier results of named files.")
@click.option("--keep", type=click.IntRange(min=0), help="With --versions: so many of each file stay.  [default: 0]")
@click.option(
    "--max-size",
    callback=amounts.size,
    metavar="SIZE",
    help="As many results as it takes until no more than this is left.",
)
@click.option("--outputs", is_flag=True, help="Named files, too, where they are as makeit wrote them.")
@click.option("--dry-run", is_flag=True, help="Print what would go, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@asking.as_json
def command(
    functions: tuple[str, ...],
    older_than: float | None,
    larger_than: float | None,
    orphans: bool,
    versions: bool,
    keep: int | None,
    max_size: float | None,
    outputs: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove results, after showing which and asking.

    What is chosen has to meet all the limits that are given. Without --outputs only what lies inside the cachedir goes:
    kept results with their records, and earlier results. A named file that is not as makeit wrote it, that was adopted,
    or that is a link, stays, and so does all of its call.

    --older-than counts from the last run, or from when somebody accepted or adopted a result since; when a result was
    reused is not written down.

    --max-size removes what costs the least to make again: the seconds of a run, less those of calls inside of it that
    are kept by themselves, per byte; of equal ones the oldest go first. It counts kept results and earlier ones, and
    with --outputs named files.

    \b
    Examples:
      makeit clean --older-than 90d --larger-than 100MB --dry-run
      makeit clean --max-size 50GB --yes
      makeit clean --versions --keep 3
      makeit clean --orphans --outputs

    Exit status: 0 where all went that was to go, 1 where something could not be removed, where more is left than
    --max-size says, and where nobody could be asked or the answer was no, 2 where too little was said of what is to go.
    """
    from makeit.review.cleaning import Wish

    size = None if larger_than is None else int(larger_than)
    most = None if max_size is None else int(max_size)
    wish = Wish(functions, older_than, size, orphans, versions, keep or 0, most, outputs)
    _refuse(wish, keep, as_json and not (dry_run or yes))
    plan = _planned(wish)
    if not as_json:
        _show(plan, wish, dry_run)
    if dry_run or not plan.chosen:
        failed: dict[str, str] = {}
    else:
        _ask(plan, yes)
        failed = _remove(plan)
    report = _report(plan, failed, dry_run)
    if as_json:
        terminal.emit(report)
    elif plan.chosen and not dry_run:
        _tell(report, failed)
    if failed or (most is not None and report.remaining > most):
        raise SystemExit(asking.WRONG)


def _refuse(wish: Wish, keep: int | None, unsaid: bool) -> None:
    if wish.is_empty:
        raise click.UsageError(
            "say what is to go: --function, --older-than, --larger-than, --orphans, --versions or --max-size"
        )
    if keep is not None and not wish.earlier:
        raise click.UsageError("--keep says how many earlier results stay; it goes with --versions")
    if wish.orphans and wish.most is not None:
        raise click.UsageError("--max-size chooses among results that are in use; run clean --orphans before it")
    if unsaid:
        raise click.UsageError("nobody can be asked with --json; add --dry-run or --yes")


def _planned(wish: Wish) -> Plan:
    from makeit.review.cleaning import plan
    from makeit.store.ledger import Ledger
    from makeit.store.outputs import Outputs

    catalogue = asking.catalogue()
    return plan(catalogue, Outputs(catalogue.project, Ledger(catalogue.project)), wish)


def _show(plan: Plan, wish: Wish, dry_run: bool) -> None:
    shown = len(plan.chosen) if dry_run or not terminal.is_terminal() else _ROWS
    if plan.chosen:
        rows = map(_cells, plan.chosen[:shown])
        terminal.table(("what", "size", "to recompute", "last run", "why"), rows, right=("size", "to recompute"))
        if shown < len(plan.chosen):
            terminal.say(f"… and {len(plan.chosen) - shown:,} more; --dry-run prints all")
        terminal.say()
    for one, why in plan.left:
        terminal.say(f"stays: {one.label}: {why}", "yellow")
    verb = "would remove" if dry_run else "to remove"
    freed = f"{terminal.size(plan.size)} of {terminal.size(plan.total)}"
    again = f", {terminal.duration(plan.seconds)} to recompute" if plan.seconds else ""
    if plan.chosen:
        terminal.say(f"{verb}: {len(plan.chosen):,} of them, {freed}{again}", "bold")
    else:
        terminal.say(f"nothing to remove among {terminal.size(plan.total)}{'' if wish.named else ' in the cachedir'}")


def _cells(one: Candidate) -> tuple[str, ...]:
    work = terminal.duration(one.seconds) if one.kind != "leftover" else ""
    return one.label, terminal.size(one.size), work, f"{terminal.age(time.time() - one.used)} ago", one.why


def _ask(plan: Plan, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.ClickException(
            "nothing was removed: there is no terminal to ask in; say --yes, or look with --dry-run"
        )
    if not click.confirm(f"Remove {'it' if len(plan.chosen) == 1 else 'them'}?", err=True):
        raise click.ClickException("nothing was removed")


def _remove(plan: Plan) -> dict[str, str]:
    """Remove what was chosen; return why what stayed did, by the place of its record."""
    from makeit.cli.progress import watched

    failed = {}
    for one in watched(plan.chosen, len(plan.chosen), "clean"):
        why = plan.remove(one)
        if why is not None:
            failed[one.place] = why
    _log(plan, failed)
    return failed


def _log(plan: Plan, failed: dict[str, str]) -> None:
    from makeit.model import Reason
    from makeit.store.runs import Event, RunLog, told

    log = RunLog(plan.removal.outputs.project)
    gone = [one for one in plan.chosen if one.place not in failed]
    if len(gone) > _LOGGED:
        size = terminal.size(sum(one.size for one in gone))
        log.append(Event("cleaned", time.time(), reasons=told([Reason("record", f"{len(gone):,} results, {size}")])))
        return
    for one in gone:
        if one.kind == "result":
            reasons = told([Reason("record", one.why)])
            log.append(Event("cleaned", time.time(), 0.0, one.function, one.label, one.call, reasons=reasons))


def _report(plan: Plan, failed: dict[str, str], dry_run: bool) -> Report:
    gone = [one for one in plan.chosen if one.place not in failed]
    stayed = [(one, failed[one.place]) for one in plan.chosen if one.place in failed]
    size = sum(one.size for one in gone)
    counted = sum(one.size for one in gone if one.kind != "leftover")
    return Report(
        dry_run,
        tuple(_row(plan, one) for one in gone),
        tuple(_row(plan, one, why) for one, why in (*plan.left, *stayed)),
        size,
        sum(one.seconds for one in gone),
        plan.total,
        plan.total - counted,
    )


def _row(plan: Plan, one: Candidate, left: str | None = None) -> Row:
    place = plan.removal.outputs.project.relative(one.place)
    return Row(one.label, one.kind, place, one.size, one.seconds, one.used, one.why, left)


def _tell(report: Report, failed: dict[str, str]) -> None:
    for row in report.left[len(report.left) - len(failed) :]:
        terminal.say(f"stays: {row.what}: {row.left}", "yellow")
    said = f"removed {len(report.removed):,}, {terminal.size(report.size)}; {terminal.size(report.remaining)} are left"
    terminal.say(said, "green")
