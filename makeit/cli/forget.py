"""`makeit forget`: removes what is known of calls."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from makeit.cli import asking, changing, terminal

if TYPE_CHECKING:
    from makeit.amendment import Amendment
    from makeit.records import Record
    from makeit.store.catalogue import Filed
    from makeit.store.project import Project


@click.command("forget")
@asking.targets(required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(targets: tuple[str, ...], yes: bool) -> None:
    """Remove the records of calls, with what is kept of them in the cachedir, after asking.

    The calls run again. Their named files stay: a file that still is as makeit wrote it may be overwritten by the next
    run of the call, and is nobody's otherwise; one that was adopted or changed by hand is a person's.

    \b
    Examples:
      makeit forget 'smooth (sub-01)'
      makeit forget old_step --yes

    Exit status: 0 where they were forgotten, 1 where one was refused or the answer was no, 2 for a target that nothing
    is known of.
    """
    from makeit.amendment import Amendment
    from makeit.plugins import installed
    from makeit.workbench import workbench

    catalogue = asking.catalogue()
    found = asking.calls(targets, catalogue)
    if not yes:
        _ask(found, catalogue.project)
    amendment = Amendment(workbench(catalogue.project, installed()))
    changing.each(found, lambda filed: _forget(amendment, filed, catalogue.project))


def _ask(found: list[Filed], project: Project) -> None:
    rows = [(filed.record.named, filed.record.when, *_files(filed.record, project)) for filed in found]
    terminal.table(("call", "last run", "goes", "stays"), rows)
    if not sys.stdin.isatty():
        raise click.ClickException("nothing was forgotten: there is no terminal to ask in; say --yes")
    if not click.confirm(f"Forget {'it' if len(found) == 1 else 'them'}?", err=True):
        raise click.ClickException("nothing was forgotten")


def _files(record: Record, project: Project) -> tuple[str, str]:
    """Return what goes with a record, and the named files, which stay."""
    files = [file for output in record.outputs for file in output.files]
    kept = [file for file in files if project.is_kept(project.absolute(file.path))]
    stays = ", ".join(file.path for file in files if file not in kept)
    return f"record, {terminal.size(sum(file.size for file in kept))}" if kept else "record", stays


def _forget(amendment: Amendment, filed: Filed, project: Project) -> bool:
    amendment.forget(filed.anchor)
    stays = _files(filed.record, project)[1]
    terminal.say(["forgot ", terminal.Cell(filed.record.named, "bold"), f"; {stays} stays" if stays else ""])
    return True
