"""(a) Reuse with small arguments and a small result."""

from __future__ import annotations

import os
import time
from pathlib import Path

import joblib

from benchmarks.timing import Findings, Verdict, interleaved, table
from makeit import Maker

_KEPT, _NAMED, _JOBLIB, _FLOOR = (
    "makeit, output=None",
    "makeit, a pickle",
    "joblib.Memory",
    "floor: stat and read a file",
)


def add(x: int, y: float = 2.0, name: str = "sum") -> dict[str, float]:
    """Return something small."""
    return {name: x + y}


def measure(folder: Path, quick: bool) -> Findings:
    """Time calls that are reused, after everything was made once."""
    make = Maker(root=folder)
    small = folder / "small.json"
    small.write_text('{"sum": 3.0}\n')

    def floor() -> bytes:
        os.stat(small)
        return small.read_bytes()

    kept = make(add, name="kept")
    named = make(add, name="named", output="pickle:named.pkl")
    peer = joblib.Memory(folder / "joblib", verbose=0).cache(add)
    contenders = {
        _KEPT: lambda: kept(1, name="sum"),
        _NAMED: lambda: named(1, name="sum"),
        _JOBLIB: lambda: peer(1, name="sum"),
        _FLOOR: floor,
    }
    for contender in contenders.values():
        contender()
    time.sleep(0.1)  # files have settled: their stamps vouch for them from now on
    interleaved(contenders, 2, 20)
    found = interleaved(contenders, *((5, 50) if quick else (25, 200)))
    verdicts = tuple(_verdict(name, found[name].median / found[_JOBLIB].median) for name in (_KEPT, _NAMED))
    return Findings((table("(a) Reuse, small arguments and result, per call", found, _JOBLIB, _FLOOR),), verdicts)


def _verdict(name: str, ratio: float) -> Verdict:
    return Verdict(f"(a) {name}, reuse: at most half of joblib's time", f"{ratio:.2f} of it", ratio <= 0.5)
