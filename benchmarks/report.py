"""A report: everything of one run, as JSON and as markdown."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from attrs import frozen

from benchmarks.cases import CASES
from benchmarks.findings import Findings, Series, Table, Verdict, shown
from benchmarks.machine import Machine

_HERE = Path(__file__).parent
RESULTS, REMARKS, PLOTS = _HERE / "RESULTS.md", _HERE / "REMARKS.md", _HERE / "plots"
_HOW = """\
Contenders take turns, each round begins with another one; fast ones are called many times a turn. Shown are medians
and minima over the rounds, per call, and ratios of medians. Garbage is collected before each round, and the collector
works as ever within. "Less imports" is a fresh interpreter that has imported before the clock starts what the call
would import on its way."""


@frozen
class Report:
    """The machine, how much was measured, and what was found in each case."""

    machine: Machine
    scale: str
    findings: dict[str, Findings]

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts on all budgets, in the order of the rows that they belong to."""
        found = itertools.chain.from_iterable(each.verdicts for each in self.findings.values())
        return sorted(found, key=lambda verdict: verdict.row or 99)

    def json(self) -> bytes:
        """Return all numbers of all rounds."""
        return msgspec.json.format(msgspec.json.encode(self))

    @classmethod
    def read(cls, path: Path) -> Report:
        """Read what `json` gave."""
        return msgspec.json.decode(path.read_bytes(), type=cls)


def budgets(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Yield the lines of the table of budgets."""
    yield "| | case | measured | budget | | beside |"
    yield "|---:|---|---:|---:|---|---|"
    for verdict in verdicts:
        budget = verdict.budget
        if "×" in budget or "%" in budget:
            budget += f": {shown(verdict.limit, verdict.unit)}"
        cells = (
            *(str(verdict.row or ""), verdict.case, shown(verdict.measured, verdict.unit), budget),
            *("met" if verdict.met else "**missed**", verdict.beside),
        )
        yield f"| {' | '.join(cells)} |"


def table(found: Table) -> Iterator[str]:
    """Yield the lines of one table, its title first."""
    yield from (
        f"### {found.title}",
        "",
        f"| | median | minimum | × {found.peer} | × floor |",
        "|---|---:|---:|---:|---:|",
    )
    for series in found.series:
        ratios = (_ratio(series, found.named(name)) for name in (found.peer, found.floor))
        amounts = (shown(amount, found.unit) for amount in (series.median, series.minimum))
        yield f"| {' | '.join((series.name, *amounts, *ratios))} |"
    if found.note:
        yield from ("", found.note)
    yield ""


def _ratio(series: Series, other: Series | None) -> str:
    return f"{series.median / other.median:.3g}" if other and other.median else ""


def case(findings: Findings) -> Iterator[str]:
    """Yield the lines of all tables of a case."""
    for found in findings.tables:
        yield from table(found)
    yield from findings.texts


def markdown(report: Report, pictures: Sequence[Path]) -> str:
    """Return the whole of RESULTS.md; the remarks in it are those of REMARKS.md."""
    return "\n".join(_lines(report, pictures)).rstrip() + "\n"


def _lines(report: Report, pictures: Sequence[Path]) -> Iterator[str]:
    yield from (
        "# Results",
        "",
        "Written by `python -m benchmarks --write`; edit REMARKS.md for the remarks.",
        "",
        _HOW,
        "",
    )
    yield from _machine(report.machine)
    own, further = ([each for each in report.verdicts if bool(each.row) is of] for of in (True, False))
    yield from (
        "## Budgets",
        "",
        f"{sum(each.met for each in own)} of {len(own)} lines are met.",
        "",
        *budgets(own),
        "",
    )
    yield from ("Of hooks, plugins and imports:", "", *budgets(further), "")
    for picture in pictures:
        yield from (f"![{picture.stem}](plots/{picture.name})", "")
    yield from (REMARKS.read_text().rstrip(), "")
    for name, findings in report.findings.items():
        yield from (f"## {CASES[name][0].upper()}{CASES[name][1:]}", "", *case(findings))


def _machine(machine: Machine) -> Iterator[str]:
    yield from ("## Machine", "")
    yield f"- {machine.processor}, {machine.cores} cores, {machine.memory_gb} GB of memory, {machine.system}"
    yield f"- {machine.clock}, in a folder on {machine.file_system}; load when it began: {machine.load:.1f}"
    yield from (f"- {', '.join(f'{name} {version}' for name, version in machine.versions.items())}", "")
