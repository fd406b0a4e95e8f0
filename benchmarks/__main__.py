"""Run all benchmarks, or those named, and print markdown: `python -m benchmarks [--quick] [a b ...]`."""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import hooks, importing, many_plugins, reuse_large, reuse_small, saving

_CASES = {
    "a": reuse_small,
    "b": reuse_large,
    "c": saving,
    "d": importing,
    "e": hooks,
    "f": many_plugins,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; a budget that is not met is said so, and is no error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[[], *_CASES], help="default: all", metavar="a b ...")
    parser.add_argument("--quick", action="store_true", help="few rounds and small arrays, to see that it runs")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to measure (default: here)")
    options = parser.parse_args(arguments)
    print(f"{_versions()}\n")
    verdicts = []
    for case in options.cases or _CASES:
        with tempfile.TemporaryDirectory(prefix="makeit-benchmark-", dir=options.folder) as folder:
            findings = _CASES[case].measure(Path(folder).resolve(), options.quick)
        print("\n".join(findings.tables), flush=True)
        verdicts += findings.verdicts
    print("### Budgets\n\n| budget | measured | met |\n|---|---:|---|")
    print("\n".join(map(str, verdicts)))


def _versions() -> str:
    names = ("makeit-core", "makeit-numpy", "joblib", "numpy")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in names]
    return f"Python {platform.python_version()} on {sys.platform}, {', '.join(versions)}"


if __name__ == "__main__":
    main()
