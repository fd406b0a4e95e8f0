"""Measure makeit beside its peers and its floors, and print markdown: `python -m benchmarks [CASE ...]`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import checking
from benchmarks.cases import CASES, measured
from benchmarks.clock import count_processor_time
from benchmarks.machine import machine
from benchmarks.report import PLOTS, RESULTS, Report, budgets, case, markdown
from benchmarks.scale import FULL, QUICK


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 where a check finds a ratio that is worse; a budget that is missed is said so, and is no error."""
    parser = _parser()
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.cases) - CASES.keys())
    if unknown:
        parser.error(f"no case {unknown[0]!r}; there are {', '.join(CASES)}")
    if options.check or options.keep:
        count_processor_time()
        return checking.check(_memory()) if options.check else checking.keep(_memory())
    if options.processor:
        count_processor_time()
    report = Report.read(options.read) if options.read else _measured(options)
    if options.write:
        from benchmarks.pictures import draw

        RESULTS.write_text(markdown(report, draw(report, PLOTS)))
    return 0


def _measured(options: argparse.Namespace) -> Report:
    scale = QUICK if options.quick else FULL
    report = Report(machine(options.folder), scale.name, {})
    for name in options.cases or CASES:
        report.findings[name] = measured(name, options.folder, scale)
        print("\n".join(case(report.findings[name])), flush=True)
        if options.json:  # after each case: who interrupts a run of a quarter of an hour keeps what there is
            options.json.write_bytes(report.json())
    print("\n".join(["### Budgets", "", *budgets(report.verdicts)]))
    return report


def _memory() -> Path:
    """Return a folder in memory, where there is one: the ratios that are kept are not those of a disk."""
    shared = Path("/dev/shm")
    return shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())


def _parser() -> argparse.ArgumentParser:
    cases = "\n".join(f"  {name:10} {about}" for name, about in CASES.items())
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m benchmarks", description=f"{__doc__}\n\n{cases}", formatter_class=form)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="default: all")
    parser.add_argument("--quick", action="store_true", help="few rounds and small arrays, to see that it runs")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to measure (default: here)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers of all rounds")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure nothing, take what --json wrote")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md and its pictures")
    parser.add_argument("--processor", action="store_true", help="count the processor's time, on a busy machine")
    parser.add_argument("--check", action="store_true", help="compare ratios to floors with baseline.json")
    parser.add_argument("--keep", action="store_true", help="measure these ratios anew and keep them")
    return parser


if __name__ == "__main__":
    sys.exit(main())
