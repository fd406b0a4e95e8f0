"""makeit is right in every trap of benchmarks/traps, where its peers are not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_makeit_is_right_in_every_trap() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "benchmarks.traps", "--why", "makeit"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = [line.split(" | ")[-1] for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    assert len(verdicts) > 80
    assert set(verdicts) == {"right |"}
