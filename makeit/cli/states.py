"""States of calls as the command shows them and as people type them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: In which style each state is shown, in the order in which they are listed; makeit.judging says what they mean.
STYLES: Mapping[str, str] = {
    "current": "green",
    "code changed": "yellow",
    "inputs changed": "yellow",
    "upstream changed": "yellow",
    "missing": "red",
    "foreign": "magenta",
    "orphan": "dim",
    "unknown": "dim",
}
ORDER = list(STYLES)
NAMES = ", ".join(STYLES)


class StateName(click.ParamType):
    """The name of a state, its words with a blank or a hyphen between them."""

    name = "state"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the state that is named."""
        found = str(value).replace("-", " ").lower()
        if found not in STYLES:
            self.fail(f"{value!r} is no state; the states are {NAMES}", param, ctx)
        return found

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete a state, with hyphens, which no shell wants quoted."""
        from click.shell_completion import CompletionItem

        names = (state.replace(" ", "-") for state in STYLES)
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]
