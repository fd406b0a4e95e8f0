"""What the commands that say something about results have in common: target after target, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import click

from makeit.cli import asking, terminal

if TYPE_CHECKING:
    from makeit.records import Change
    from makeit.review.sayings import Said, Sayings
    from makeit.store.catalogue import Filed

T = TypeVar("T")


def each(items: Iterable[T], change: Callable[[T], bool]) -> None:
    """Change one after the other; exit with status 1 where one was refused, after the others, or nothing was done."""
    from makeit.errors import MakeitError

    refused = changed = 0
    for item in items:
        try:
            changed += change(item)
        except (MakeitError, OSError) as error:
            refused += 1
            click.echo(terminal.styled(f"refused: {error}", "red"), err=True)
    if refused or not changed:
        raise SystemExit(asking.WRONG)


def each_call(targets: tuple[str, ...], change: Callable[[Sayings, Filed], bool]) -> None:
    """Change the calls that targets mean, as `each` does."""
    from makeit.review.sayings import Sayings

    catalogue = asking.catalogue()
    sayings = Sayings(catalogue)
    each(asking.calls(targets, catalogue), lambda filed: change(sayings, filed))


def show_way_back(said: Said, target: str) -> None:
    """Say who changed something, and how to take that back."""
    change: Change | None = said.after.change if said.after else None
    who = change.who if change else "somebody"
    terminal.say(f"  by {who}; makeit undo {quoted(target)} takes it back", "dim")
    if not said.told:
        terminal.say("  what its format may write beside it is brought up to date at the next call", "dim")


def quoted(target: str) -> str:
    """Return a target as it is typed in a shell."""
    import shlex

    return shlex.quote(target)
