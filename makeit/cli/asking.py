"""What the commands that ask have in common: the project, the calls that a target means, and exit statuses."""

from __future__ import annotations

import difflib
import fnmatch
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from makeit.store.catalogue import Catalogue, Filed
    from makeit.store.project import Project

_Command = TypeVar("_Command", bound=Callable[..., Any])

#: Exit statuses: all is well; the answer is that something is not; what was asked makes no sense here.
FINE, WRONG, USAGE = 0, 1, 2

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def project() -> Project:
    """Return the project of the working folder; a click error where it keeps nothing."""
    from makeit.store.project import Project

    found = Project.locate(None, None)
    if not os.path.isdir(found.cachedir):
        raise click.UsageError(
            f"nothing is kept here: {found.cachedir} does not exist. Change to a folder of your project, or name it "
            "with -C; a cachedir elsewhere is named by MAKEIT_CACHEDIR"
        )
    found.check()
    return found


def catalogue() -> Catalogue:
    """Return the records of the project of the working folder."""
    from makeit.store.catalogue import Catalogue

    return Catalogue(project())


def calls(targets: tuple[str, ...], catalogue: Catalogue) -> list[Filed]:
    """Return the calls that targets mean; a click error, with what is similar, for one that means none.

    A target is the path of an output, a call in words as in `smooth (sub-01)`, the name of a function for all its
    calls, the id of a call or its first six letters or more, or any of the names with * and ?.
    """
    found: dict[str, Filed] = {}
    rest = []
    for target in targets:
        owner = _owner(target, catalogue)
        if owner is None:
            rest.append(target)
        else:
            found[owner.place] = owner
    if rest:
        found.update((filed.place, filed) for filed in _named(rest, catalogue))
    return list(found.values())


def _owner(target: str, catalogue: Catalogue) -> Filed | None:
    """Return the call that wrote the file at a path, as any of its outputs."""
    from makeit.store.catalogue import Filed
    from makeit.store.ledger import Damaged, Ledger

    ledger = Ledger(catalogue.project)
    for path in dict.fromkeys((os.path.abspath(target), catalogue.project.absolute(target))):
        place = ledger.place_of_owner(path)
        found = catalogue.at(place) if place else None
        if isinstance(found, Damaged):
            raise click.ClickException(f"the record of {target} is damaged: {found.cause} ({found.path})")
        if isinstance(found, Filed):
            return found
    return None


def _named(targets: list[str], catalogue: Catalogue) -> Iterator[Filed]:
    met: set[str] = set()
    names: set[str] = set()
    for filed in catalogue.records():
        words = _words(filed)
        names.update(words[:2])
        means = [target for target in targets if any(_means(target, word) for word in words)]
        met.update(means)
        if means:
            yield filed
    for target in targets:
        if target not in met:
            raise _unknown(target, names)


def _words(filed: Filed) -> tuple[str, ...]:
    record = filed.record
    short = record.named.partition(" (")[0]
    return record.named, short, record.function, record.call.partition(":")[2], record.call


def _means(target: str, word: str) -> bool:
    if target == word or fnmatch.fnmatchcase(word, target):
        return True
    return len(target) >= 6 and word.startswith(target) and all(letter in "0123456789abcdef" for letter in target)


def _unknown(target: str, names: set[str]) -> click.UsageError:
    near = difflib.get_close_matches(target, sorted(names), 3, 0.5)
    there = os.path.lexists(target)
    what = f"{target} was not made by makeit" if there else f"no file and no call is known by {target!r}"
    ways = f"did you mean {' or '.join(near)}?" if near else "makeit ls lists what is known"
    return click.UsageError(f"{what}; {ways}")


def shell_complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """Complete a target: names of calls and functions, and then files, as a shell does."""
    from click.shell_completion import CompletionItem

    from makeit.errors import MakeitError

    try:
        known = {word for filed in catalogue().records() for word in _words(filed)[:2]}
    except (click.ClickException, MakeitError):
        known = set()
    found = sorted(word for word in known if word.startswith(incomplete))[:50]
    return [*map(CompletionItem, found), CompletionItem(incomplete, type="file")]


def targets(**options: Any) -> Callable[[_Command], _Command]:
    """Return the argument of a command that takes targets."""
    return click.argument("targets", nargs=-1, metavar="PATH|CALL...", shell_complete=shell_complete, **options)
