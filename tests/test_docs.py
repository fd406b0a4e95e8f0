"""The examples of the documentation: each page is run as it stands, and prints what it says that it prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]

DOCS = Path(__file__).parent.parent / "docs"
# A block of Python, and the plain block that follows it, if one does: what it prints.
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
# What a page quotes of a session with the example is compared in test_first_level_page.py.
PAGES = [
    path for path in sorted(DOCS.glob("*.md")) if "```python" in (text := path.read_text()) and "<!-- run: " not in text
]


def blocks(page: Path) -> tuple[str, str]:
    """Return all code of a page, and all that it is said to print."""
    found = _BLOCK.findall(page.read_text())
    return "\n".join(text for kind, text in found if kind == "python"), "".join(
        text for kind, text in found if not kind
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_does_what_it_says(page: Path, run: Run) -> None:
    code, printed = blocks(page)
    assert run(code) == printed


def test_every_hook_and_every_error_is_in_the_documentation() -> None:
    pages = "".join(path.read_text() for path in DOCS.glob("*.md"))
    assert "::: makeit.hookspecs" in pages
    assert "::: makeit.errors" in pages
