"""What a shell completes: names of calls and functions, states, and files."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from makeit.cli.characters import visible
from makeit.errors import MakeitError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from makeit.store.catalogue import Filed

# A person waits for it: what was found until then is offered.
_SECONDS = 0.5
_OFFERED = 50
_PLAIN = re.compile(r"[^\w@%+=:,./-]", re.ASCII)


def of_targets(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a target: names of calls and functions that begin so, and where there are none, files."""
    from click.shell_completion import CompletionItem

    from makeit.cli.asking import names_of

    # Not both: bash forgets the names as soon as it is told to complete files.
    names = _offered(_names(lambda filed: names_of(filed)[:2], incomplete))
    return names or [CompletionItem(incomplete, type="file")]


def of_functions(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a function, in short or with its module."""
    from makeit.cli.asking import names_of

    return _offered(_names(lambda filed: names_of(filed)[1:3], incomplete))


def of_modules(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a module, and where none begins so, files: a script is named by its file."""
    from click.shell_completion import CompletionItem

    names = _offered(_names(lambda filed: (filed.record.function.rpartition(".")[0],), incomplete))
    return names or [CompletionItem(incomplete, type="file")]


def of_states(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a state, with hyphens for blanks, which no shell wants quoted."""
    from makeit.cli.states import STYLES

    return _offered(name for state in STYLES if (name := state.replace(" ", "-")).startswith(incomplete))


def _names(of: Callable[[Filed], Iterable[str]], incomplete: str) -> Iterator[str]:
    from makeit.cli.asking import catalogue

    until = time.monotonic() + _SECONDS
    try:
        for filed in catalogue().records():
            yield from (name for name in of(filed) if name.startswith(incomplete))
            if time.monotonic() > until:
                return
    except (click.ClickException, MakeitError, OSError):
        return


def _offered(names: Iterable[str]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(_typed(name)) for name in sorted(islice(dict.fromkeys(names), _OFFERED))]


def _typed(name: str) -> str:
    """Return a name as it has to be typed; zsh and fish quote it themselves."""
    if not os.environ.get("_MAKEIT_COMPLETE", "").startswith("bash"):
        return visible(name)
    # Two backslashes: the script that click has bash evaluate reads one of them away.
    return _PLAIN.sub(lambda found: "\\\\" + found[0], visible(name))
