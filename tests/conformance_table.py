"""Print the tables of formats × rules and of bad persisters: `python -m tests.conformance_table [--reduced] [--bad]`.

The status is 1 where a format fails a rule, or a bad persister fails another rule than its own.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from makeit.testing import PersisterSuite
from tests import bad_persisters

ROOT = Path(__file__).parent.parent
RULES = tuple(name for kind in PersisterSuite.__mro__ for name in vars(kind) if name.startswith("test_"))
#: Rules that start other processes, or wait: reduced runs leave them out where another rule is to be broken.
DEAR = frozenset(
    {
        "test_truncated_file_raises",
        "test_empty_file_raises",
        "test_zero_filled_file_raises",
        "test_foreign_file_raises",
        "test_missing_file_raises",
        "test_loading_runs_no_code",
        "test_a_full_disk_raises_oserror",
        "test_other_processes_give_equal_bytes",
        "test_bytes_do_not_tell_the_time",
        "test_a_killed_save_leaves_the_old_result",
        "test_concurrent_calls_get_right_values",
    }
)

#: What became of each rule, by the name of the suite: passed, skipped, failed or error.
Found = dict[str, dict[str, str]]


class Reports:
    """A plugin of pytest that notes what became of each rule of each suite."""

    def __init__(self, reduced: bool) -> None:
        self.reduced = reduced
        self.found: Found = {}
        self.reasons: dict[tuple[str, str], str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        """Leave out what belongs to no suite, and what takes long and is not what the suite is about."""
        items[:] = [item for item in items if issubclass(getattr(item, "cls", None) or object, PersisterSuite)]
        if self.reduced:
            items[:] = [item for item in items if item.originalname not in DEAR or item.originalname == item.cls.rule]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the worst that became of any example."""
        if report.when != "call" and report.passed:
            return
        suite, test = report.nodeid.split("::")[-2:]
        rule, rules = test.partition("[")[0], self.found.setdefault(suite, {})
        order = ("skipped", "passed", "failed", "error")
        outcome = "error" if report.when != "call" and report.failed else report.outcome
        rules[rule] = max(rules.get(rule, "skipped"), outcome, key=order.index)
        if report.skipped and isinstance(report.longrepr, tuple):
            self.reasons.setdefault((suite, rule), report.longrepr[2].removeprefix("Skipped: "))


def run(paths: list[Path], reduced: bool = False) -> Reports:
    """Run the suites in some files."""
    reports = Reports(reduced)
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml")]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # of all that happens to be installed
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        status = pytest.main([*options, *map(str, paths)], plugins=[reports])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(f"pytest cannot run {', '.join(map(str, paths))}: {status!r}")
    return reports


def conformance_files() -> list[Path]:
    """Return the test files with the suites of all formats."""
    tests = [ROOT / "tests" / "test_conformance.py", *sorted(ROOT.glob("plugins/*/tests/test_*.py"))]
    return [path for path in tests if "PersisterSuite" in path.read_text()]


def format_table() -> int:
    """Print which format keeps which rule; return how many rules are broken."""
    reports = [run([path]) for path in conformance_files()]
    found = {suite: rules for report in reports for suite, rules in report.found.items()}
    shown = {"passed": "pass", "skipped": "n.a.", "failed": "FAIL", "error": "FAIL"}
    print("| rule |", *(f"{suite.removeprefix('Test')} |" for suite in found))
    print("|---|" + "---|" * len(found))
    for rule in RULES:
        print(f"| {words(rule)} |", *(f"{shown[rules[rule]] if rule in rules else '-'} |" for rules in found.values()))
    print("\nNot applicable:")
    counted = Counter(
        (words(rule), reason)
        for report in reports
        for (suite, rule), reason in report.reasons.items()
        if found[suite][rule] == "skipped"
    )
    for (rule, reason), count in sorted(counted.items()):
        print(f"- {rule} ({count}): {reason}")
    return sum(outcome in ("failed", "error") for rules in found.values() for outcome in rules.values())


def bad_table(reduced: bool) -> int:
    """Print which rule catches which bad persister; return how many are not caught by theirs alone."""
    found = run_bad(reduced)
    print("| bad persister | what it does | has to fail | fails |")
    print("|---|---|---|---|")
    wrong = 0
    for name, rules in sorted(found.items(), key=lambda item: RULES.index(suite(item[0]).rule or RULES[0])):
        kind, failed = suite(name), failures(rules)
        wrong += not as_it_should(kind, failed)
        about = (kind.kind.__doc__ or kind.__doc__ or "").strip().partition("\n")[0]
        names = ", ".join(map(words, sorted(failed))) or "none"
        print(f"| {kind.kind.__name__} | {about} | {words(kind.rule) or 'none'} | {names} |")
    return wrong


def run_bad(reduced: bool) -> Found:
    """Run the suites of all bad persisters."""
    return run([ROOT / "tests" / "bad_persisters.py"], reduced).found


def suite(name: str) -> Any:
    """Return the suite of a bad persister."""
    return getattr(bad_persisters, name)


def failures(rules: dict[str, str]) -> set[str]:
    """Return the rules that failed."""
    return {rule for rule, outcome in rules.items() if outcome in ("failed", "error")}


def as_it_should(kind: Any, failed: set[str]) -> bool:
    """Tell whether the rule failed that had to, and no other that had not."""
    return {kind.rule} - {""} <= failed <= {kind.rule, *kind.also}


@contextlib.contextmanager
def installed(format: str, value: str) -> Iterator[None]:
    """Install a distribution with one format, for this process and those that it starts."""
    with tempfile.TemporaryDirectory() as site:
        folder = Path(site) / "bad_persisters-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-persisters\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[makeit.persisters]\n{format} = {value}\n")
        sys.path.insert(0, site)
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(site)


def words(rule: str) -> str:
    """Return the name of a rule as a sentence."""
    return rule.removeprefix("test_").replace("_", " ")


def main() -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance_table", description=textwrap.dedent(__doc__ or "")
    )
    parser.add_argument("--bad", action="store_true", help="the bad persisters alone")
    parser.add_argument(
        "--reduced", action="store_true", help="bad persisters: leave out slow rules that are not theirs"
    )
    parser.add_argument("--json", action="store_true", help="bad persisters alone, as JSON")
    options = parser.parse_args()
    # Before the first call: what is installed is looked up once.
    with installed("wants-a-level", "tests.bad_persisters:WantsALevel"):
        if options.json:
            print(json.dumps(run_bad(options.reduced)))
            return 0
        wrong = 0 if options.bad else format_table()
        print()
        return int(bool(wrong + bad_table(options.reduced)))


if __name__ == "__main__":
    sys.exit(main())
