"""What is measured: a module for each case, with `measure(folder, scale)`; imported when it is wanted."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.findings import Findings
from benchmarks.scale import Scale

#: Names of all cases, in the order in which they run, with what each is about.
CASES = {
    "small": "reuse and run with small arguments and results",
    "arrays": "reuse with arrays of 8 MB to 8 GB",
    "saving": "runs that save large arrays",
    "chain": "a chain of two with an array between them, in one process and in a fresh one",
    "many": "10,000 distinct calls stored, then reused",
    "pipeline": "1,000 steps in a fresh process",
    "cold": "import and first call",
    "ledger": "look-ups among 100,000 records",
    "together": "8 processes at once",
    "memory": "peaks of memory",
    "images": "NIfTI, plain and compressed, of 236 MB",
    "hooks": "reuse with implementations of each hook",
    "plugins": "two hundred installed plugins",
}


def case(name: str) -> Any:
    """Return the module of a case."""
    return importlib.import_module(f"benchmarks.cases.{name}")


def measured(name: str, folder: Path, scale: Scale) -> Findings:
    """Measure a case in a folder of its own on the disk of `folder`."""
    with tempfile.TemporaryDirectory(prefix="makeit-benchmark-", dir=folder) as own:
        found: Findings = case(name).measure(Path(own).resolve(), scale)
    return found
