"""`makeit verify`: whether the files of all results are what makeit wrote."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from attrs import frozen

from makeit.cli import asking, terminal

if TYPE_CHECKING:
    from makeit.store.catalogue import Catalogue
    from makeit.store.verifying import Fault, Looked, Verifying

# More threads than this wait for the disk, and for each other.
_MOST = 8
_STYLES = {"missing": "yellow", "touched": "yellow", "unrecorded": "yellow", "astray": "yellow"}


@frozen
class Report:
    """What was verified, and all that is wrong; earlier results among the `records`."""

    records: int
    files: int
    bytes: int
    seconds: float
    wrong: tuple[Fault, ...]


@click.command("verify")
@asking.targets()
@click.option("--quick", is_flag=True, help="Compare sizes and time stamps only; no file is read.")
@asking.as_json
def command(targets: tuple[str, ...], quick: bool, as_json: bool) -> None:
    """Compare every output with the digest that was recorded of it.

    Kept results and the earlier results of named files count, too. A file of yours that makeit never wrote is none of
    its business. Without a target everything is verified, and leftovers without a record are reported. With --quick a
    file whose time stamp differs is reported as touched: an equal copy may be among them.

    \b
    Examples:
      makeit verify
      makeit verify derivatives/sub-01 --quick
      makeit verify --json | jq -r '.wrong[].path'

    Exit status: 0, 1 where anything is missing, changed, touched, unreadable, or no longer on record, 2 for a target
    that nothing is known of.
    """
    report = _verify(asking.catalogue(), targets, quick)
    if as_json:
        terminal.emit(report)
    else:
        _show(report, quick)
    if report.wrong:
        raise SystemExit(asking.WRONG)


def _verify(catalogue: Catalogue, targets: tuple[str, ...], quick: bool) -> Report:
    from makeit.store.ledger import Ledger
    from makeit.store.outputs import Outputs
    from makeit.store.verifying import Verifying

    started = time.perf_counter()
    verifying = Verifying(catalogue, Outputs(catalogue.project, Ledger(catalogue.project)), quick)
    records = files = size = 0
    doubtful: list[Looked] = []
    for looked in _looked(catalogue, verifying, targets):
        records += looked.written_ns > 0
        files, size = files + looked.files, size + looked.bytes
        if looked.faults:
            doubtful.append(looked)
    wrong = [fault for looked in doubtful for fault in verifying.again(looked).faults]
    if not targets:
        wrong += [fault for looked in verifying.leftovers() for fault in looked.faults]
    return Report(records, files, size, round(time.perf_counter() - started, 3), tuple(wrong))


def _looked(catalogue: Catalogue, verifying: Verifying, targets: tuple[str, ...]) -> Iterator[Looked]:
    from makeit.cli.progress import watched
    from makeit.identity.digest import METER

    started, before = time.perf_counter(), METER.bytes

    def speed() -> str:
        read = METER.bytes - before
        return f"{terminal.size(read)}, {terminal.size(int(read / (time.perf_counter() - started)))}/s" if read else ""

    workers = min(_MOST, max(2, os.cpu_count() or 1))
    named = list(_of(targets, catalogue)) if targets else None
    total = len(named) if named else sum(1 for _ in _all(catalogue))
    yield from watched(verifying.places(named or _all(catalogue), workers), total, "verify", speed)


def _all(catalogue: Catalogue) -> Iterator[str]:
    """Yield where the records of all results lie, and of all earlier results."""
    from makeit.store.history import VERSION_RECORD, shelves

    yield from catalogue.places()
    yield from (os.path.join(folder, VERSION_RECORD) for folder in shelves(catalogue.project))


def _of(targets: tuple[str, ...], catalogue: Catalogue) -> Iterator[str]:
    """Yield where the records of some calls lie, and of their earlier results."""
    from makeit.store.history import VERSION_RECORD, shelved

    for filed in asking.calls(targets, catalogue):
        yield filed.place
        yield from (os.path.join(folder, VERSION_RECORD) for folder in shelved(catalogue.project, filed.anchor))


def _show(report: Report, quick: bool) -> None:
    if report.wrong:
        rows = [(terminal.Cell(f.state, _STYLES.get(f.state, "red")), f.path, f.call, f.text) for f in report.wrong]
        terminal.table(("state", "file", "call", "what is wrong"), rows)
        terminal.say()
    verb = "looked at" if quick else "read"
    counts = f"{report.records:,} records, {report.files:,} files, {terminal.size(report.bytes)}"
    verdict = f"{len(report.wrong):,} not as recorded" if report.wrong else "all as recorded"
    terminal.say(
        f"{verb} {counts} in {terminal.duration(report.seconds)}: {verdict}", "red" if report.wrong else "green"
    )
