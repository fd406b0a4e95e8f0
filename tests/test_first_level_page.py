"""docs/first-level.md quotes the example as it is, and what a session with it prints; its pictures can be drawn."""

from __future__ import annotations

import importlib.util
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
LARGEST = 150_000


def session() -> Any:
    """Return the module that fills in the page."""
    spec = importlib.util.spec_from_file_location("session", DOCS / "session.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def timeless(text: str) -> list[str]:
    """Return lines without what differs from run to run: seconds and dates."""
    text = re.sub(r"\b\d+\.\d+ s\b", "… s", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "…", text).splitlines()


def test_the_page_quotes_the_code_and_a_real_session() -> None:
    text = (DOCS / "first-level.md").read_text()
    assert timeless(session().filled(text)) == timeless(text), "to fill the page in anew: python docs/session.py"


def test_its_pictures_are_those_that_are_drawn(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(DOCS / "pictures.py"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    shown = set(re.findall(r"\]\(images/(.*?)\)", (DOCS / "first-level.md").read_text()))
    assert shown == {path.name for path in tmp_path.glob("*.png")} == {path.name for path in DOCS.glob("images/*")}
    for name in shown:
        kept, drawn = DOCS / "images" / name, tmp_path / name
        assert kept.stat().st_size < LARGEST
        # Fonts and antialiasing differ between versions of matplotlib; the size in pixels does not.
        assert size(kept) == size(drawn)


def size(path: Path) -> tuple[int, int]:
    """Return width and height of a PNG, from its header."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height
