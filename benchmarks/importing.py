"""(d) The import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.timing import Findings, Verdict, interleaved, table

_MAKEIT, _MAKE, _JOBLIB, _FLOOR = (
    "import makeit",
    "from makeit import make",
    "import joblib",
    "floor: bare interpreter",
)
_NOT_WANTED = ("numpy", "nibabel", "click", "rich", "joblib")


def measure(folder: Path, quick: bool) -> Findings:
    """Time interpreters that import and end, in turns."""

    def run(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)

    contenders = {
        _MAKEIT: lambda: run("import makeit"),
        _MAKE: lambda: run("from makeit import make"),
        _JOBLIB: lambda: run("import joblib"),
        _FLOOR: lambda: run("pass"),
    }
    interleaved(contenders, 2)
    found = interleaved(contenders, 5 if quick else 25)
    names = (_MAKEIT, _MAKE, _JOBLIB)
    less = {f"{name}, less the interpreter": found[name].minus(found[_FLOOR], name) for name in names}
    whole = (_whole(name, found[name].median / found[_JOBLIB].median) for name in (_MAKEIT, _MAKE))
    verdicts = (*whole, _lean(folder))
    return Findings((table("(d) Import in a new process", {**found, **less}, _JOBLIB, _FLOOR),), verdicts)


def _whole(name: str, ratio: float) -> Verdict:
    return Verdict(
        f"(d) {name}: at most half of joblib's time, with the interpreter", f"{ratio:.2f} of it", ratio <= 0.5
    )


def _lean(folder: Path) -> Verdict:
    command = [sys.executable, "-X", "importtime", "-c", "from makeit import make"]
    lines = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stderr.splitlines()
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    surplus = sorted(imported & set(_NOT_WANTED))
    budget = f"(d) import: without {', '.join(_NOT_WANTED)}"
    return Verdict(budget, ", ".join(surplus) or "none of them", not surplus)
