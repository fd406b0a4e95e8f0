"""Locks are given back wherever an interrupt comes: at every point where the interpreter handles one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fcntl")
# Of the points that an interrupt can come at; others in each run, so that in a few runs it is every one.
STEP = "4"


@pytest.mark.parametrize("name", ["commit", "turn"])
def test_E1_an_interrupt_anywhere_leaves_the_lock_free(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.interrupted_locks", name, str(tmp_path), STEP]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500
