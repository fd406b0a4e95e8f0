"""Locks and private folders are given back wherever the interpreter handles an interrupt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fcntl")
# Of the points that an interrupt can come at; others in each run, so that in a few runs it is every one.
STEP = "4"


@pytest.mark.parametrize("name", ["commit", "turn", "folder"])
def test_E1_an_interrupt_anywhere_is_heard_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.interrupted", name, str(tmp_path), "1" if name == "folder" else STEP]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > (200 if name == "folder" else 500)
