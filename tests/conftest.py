"""A fresh project for each test: an empty working folder, and no setting from outside."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the working folder and the root of a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    monkeypatch.chdir(folder)
    for name in ("MAKEIT_CACHEDIR", "MAKEIT_STRICT", "MAKEIT_DISABLE_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def run(project: Path) -> Run:
    """Run a script in a process of its own, warnings being errors, and give back what it printed."""

    def run_script(script: str | Path, *arguments: str, cwd: Path | None = None, check: bool = True) -> str:
        path = script
        if isinstance(script, str):
            path = project / "script.py"
            path.write_text(textwrap.dedent(script))
        done = subprocess.run(
            [sys.executable, "-W", "error", str(path), *arguments],
            cwd=cwd or project,
            capture_output=True,
            text=True,
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done.stdout + ("" if check else done.stderr)

    return run_script
