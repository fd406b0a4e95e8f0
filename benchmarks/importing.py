"""(d) The import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.timing import Findings, Verdict, interleaved, table

_MAKEIT, _JOBLIB, _FLOOR = "import makeit", "import joblib", "floor: bare interpreter"
_NOT_WANTED = ("numpy", "nibabel", "click", "rich", "joblib")


def measure(folder: Path, quick: bool) -> Findings:
    """Time interpreters that import and end, in turns."""

    def run(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)

    contenders = {
        _MAKEIT: lambda: run("import makeit"),
        _JOBLIB: lambda: run("import joblib"),
        _FLOOR: lambda: run("pass"),
    }
    interleaved(contenders, 2)
    found = interleaved(contenders, 5 if quick else 25)
    less = {f"{name}, less the interpreter": found[name].minus(found[_FLOOR], name) for name in (_MAKEIT, _JOBLIB)}
    verdicts = (_whole(found[_MAKEIT].median / found[_JOBLIB].median), _lean(folder))
    return Findings((table("(d) Import in a new process", {**found, **less}, _JOBLIB, _FLOOR),), verdicts)


def _whole(ratio: float) -> Verdict:
    return Verdict(
        "(d) import: at most half of joblib's time, with the interpreter", f"{ratio:.2f} of it", ratio <= 0.5
    )


def _lean(folder: Path) -> Verdict:
    command = [sys.executable, "-X", "importtime", "-c", "import makeit"]
    lines = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stderr.splitlines()
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    surplus = sorted(imported & set(_NOT_WANTED))
    budget = f"(d) import: without {', '.join(_NOT_WANTED)}"
    return Verdict(budget, ", ".join(surplus) or "none of them", not surplus)
