"""A fresh project for each test: an empty working folder, and no setting from outside."""

from __future__ import annotations

import gc
import importlib
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.code_modules import Modules
from tests.lab import HEADER

# A busy machine draws values slowly. CI, which asks whether a change may go in, draws the same ones each time.
settings.register_profile(
    "makeit", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("makeit")

Run = Callable[..., str]
Install = Callable[..., Path]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell of a failure at once: a run that is cut off never gets to its summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\nFAILED {report.nodeid} ({report.when})\n{report.longreprtext}", file=sys.__stderr__, flush=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a worker that is done take over what others have left: the tests that take longest come first."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let all tests find the same: no compiled modules of tests, and a collector of garbage with little to look at.

    What Python compiled of a module it would take for the module, edited to equal length within the same second; and
    with each collection it would go through the hundreds of thousands of objects that tests are.
    """
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the working folder and the root of a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    monkeypatch.chdir(folder)
    for name in ("MAKEIT_CACHEDIR", "MAKEIT_STRICT", "MAKEIT_DISABLE_PLUGINS", "MAKEIT_LOG", "MAKEIT_SUMMARY"):
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


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install distributions for this process and those it starts: modules, and a dist-info folder of entry points."""
    site = tmp_path / "site"
    site.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))

    def install_one(name: str, version: str, entry_points: dict[str, dict[str, str]], **modules: str) -> Path:
        for module, source in modules.items():
            (site / f"{module}.py").write_text(textwrap.dedent(source))
        folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        groups = [
            "\n".join([f"[{group}]", *(f"{point} = {value}" for point, value in points.items())])
            for group, points in entry_points.items()
        ]
        (folder / "entry_points.txt").write_text("\n\n".join(groups) + "\n")
        importlib.invalidate_caches()
        return site

    yield install_one
    for module in set(sys.modules) - before:
        if str(getattr(sys.modules[module], "__file__", "")).startswith(str(site)):
            del sys.modules[module]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `make` look for installed plugins anew, as the first call of a process does."""
    monkeypatch.setattr("makeit.plugins._installed", {})


@pytest.fixture
def lab(install: Install) -> Callable[..., Path]:
    """Install one hook plugin from source: distribution, module, and what it requires."""

    def install_lab(source: str, name: str = "makeit-lab", requires: str = "") -> Path:
        module = re.sub(r"[^a-z0-9]", "", name.lower())
        site = install(name, "1.0", {"makeit": {"hooks": module}}, **{module: HEADER + textwrap.dedent(source)})
        if requires:
            with (site / f"{name.replace('-', '_')}-1.0.dist-info" / "METADATA").open("a") as metadata:
                metadata.write(f"Requires-Dist: {requires}\n")
        return site

    return install_lab


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Modules]:
    """Write and import modules in a folder of their own, and forget them afterwards."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = Modules(tmp_path)
    yield modules
    modules.unload()
