"""Run fault suites and print the table: `python -m tests.faults [--full] [--gate] [NAME...]`."""

from __future__ import annotations

import argparse
import sys
import time

from tests.faults.catalogue import protections, suites
from tests.faults.suite import Tally

_KINDS = ("torn", "wrong", "lost", "litter", "error")


def main() -> int:
    """Run what was asked for; the exit status is 1 where anything was bad, or a protection was not missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"suites: {', '.join(suites())}")
    parser.add_argument("--full", action="store_true", help="full counts; without it those of CI")
    parser.add_argument("--gate", action="store_true", help="switch off each protection and see its suite fail")
    options = parser.parse_args()
    return gate(options.names) if options.gate else table(options.names, options.full)


def table(names: list[str], full: bool) -> int:
    """Print one row a suite: tried, faults by kind, seconds."""
    bad = 0
    print("| suite | tried |", *(f"{kind} |" for kind in _KINDS), "seconds |")
    print("|---|---:|" + "---:|" * (len(_KINDS) + 1))
    for name, suite in suites().items():
        if names and name not in names:
            continue
        started = time.perf_counter()
        tally = suite.run(suite.full if full else suite.reduced, "")
        seconds = time.perf_counter() - started
        print(f"| {suite.goal} | {tally.tried} |", *(f"{tally.faults[kind]} |" for kind in _KINDS), f"{seconds:.0f} |")
        _explain(tally)
        bad += tally.total + bool(tally.skipped)
    return int(bool(bad))


def gate(names: list[str]) -> int:
    """Print one row a protection: the suite that runs without it, and how many faults it showed."""
    missed = 0
    print("| protection | suite | tried | faults | seconds |")
    print("|---|---|---:|---:|---:|")
    for name, protection in protections().items():
        if names and name not in names:
            continue
        started = time.perf_counter()
        tally = protection.suite.run(protection.count, name)
        seconds = time.perf_counter() - started
        shown = " ".join(f"{count} {kind}" for kind, count in tally.faults.items()) or "NONE"
        print(f"| {name} | {protection.suite.name} | {tally.tried} | {shown} | {seconds:.0f} |")
        _explain(tally)
        missed += not tally.total
    return int(bool(missed))


def _explain(tally: Tally) -> None:
    sys.stdout.flush()
    if tally.skipped:
        print(f"SKIPPED: {tally.skipped}", file=sys.stderr)
    for example in tally.examples:
        print(f"    {example}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
