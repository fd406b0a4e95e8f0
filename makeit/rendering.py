"""Decisions for a terminal, with rich; imported only by a program that renders with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

if TYPE_CHECKING:
    from makeit.model import Decision


def rendered(decision: Decision) -> RenderableType:
    """Return a decision as rich shows it: each reason on a line, with its diff, and what is not tracked."""
    verb = Text("reuse" if decision.reuse else "run", style="green" if decision.reuse else "bold yellow")
    parts: list[RenderableType] = [Text.assemble(verb, " ", (decision.label, "bold"))]
    for reason in decision.reasons:
        parts.append(Text(f"  {reason}"))
        if reason.diff:
            parts.append(Padding(Syntax(reason.diff, "diff", background_color="default"), (0, 0, 0, 4)))
    if not decision.reasons:
        parts.append(Text("  nothing changed"))
    parts += [Text(f"  not tracked: {name}", style="dim") for name in decision.untracked]
    return Group(*parts)
