"""States of calls as the command shows them and as people type them."""

from __future__ import annotations

from collections.abc import Mapping

import click

#: In which style each state is shown, in the order in which they are listed: what has a cause of its own comes before
#: what follows from it. makeit.review.judging says what they mean.
STYLES: Mapping[str, str] = {
    "current": "green",
    "code changed": "yellow",
    "inputs changed": "yellow",
    "missing": "red",
    "foreign": "magenta",
    "orphan": "dim",
    "upstream changed": "yellow",
    "unknown": "dim",
}
ORDER = list(STYLES)
NAMES = ", ".join(STYLES)


def named(text: str) -> str:
    """Return the state that a person names, with a blank or a hyphen between its words."""
    found = text.replace("-", " ").lower()
    if found not in STYLES:
        raise click.BadParameter(f"{text!r} is no state; the states are {NAMES}")
    return found
