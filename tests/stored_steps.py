"""A project of two modules with stored calls, for tests that ask about it with the command, in this process."""

from __future__ import annotations

import importlib
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from makeit.cli import main
from makeit.recipe import latest

STEPS = """
    from pathlib import Path
    from makeit import File, make
    from filters import scaled

    @make(output="json:out/{subject}/loaded.json")
    def load(subject, raw: File):
        return [float(x) for x in Path(raw).read_text().split()]

    @make(output={"smooth": "json:out/{subject}/smooth.json", "log": "text:out/{subject}/smooth.txt"})
    def smooth(subject, values, fwhm=6.0):
        return {"smooth": [scaled(x, fwhm) for x in values], "log": "smoothed\\n" * 1000}

    @make(keep=None)
    def peak(values):
        return max(values)

    def main():
        for subject in ("sub-01", "sub-02"):
            peak(smooth(subject, load(subject, f"{subject}.txt"))["smooth"])
"""
FILTERS = """
    FACTOR = 2

    def scaled(x, fwhm):
        return x * fwhm * FACTOR
"""


def write(**modules: str) -> None:
    """Write modules into the working folder."""
    for name, source in modules.items():
        Path(f"{name}.py").write_text(textwrap.dedent(source))


def make_all() -> None:
    """Make the project in the working folder, with two subjects."""
    for subject, text in (("sub-01", "1 2 3"), ("sub-02", "4 5 6")):
        Path(f"{subject}.txt").write_text(text)
    write(steps=STEPS, filters=FILTERS)
    forget()
    sys.path.insert(0, str(Path.cwd()))
    try:
        importlib.import_module("steps").main()
    finally:
        del sys.path[0]
        forget()


def forget() -> None:
    """Forget what was imported of the project, as another process would not have it."""
    for name in ("steps", "filters"):
        sys.modules.pop(name, None)
    latest.clear()
    importlib.invalidate_caches()


def makeit(*arguments: str, status: int = 0) -> Result:
    """Give the command in this process, as a process of its own would start."""
    forget()
    done = CliRunner().invoke(main, arguments)
    forget()
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done


def answered(*arguments: str, status: int = 0) -> Any:
    """Return what the command prints as JSON."""
    return json.loads(makeit(*arguments, "--json", status=status).stdout)
