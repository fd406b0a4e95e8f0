"""All suites and all protections."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tests.faults.suite import Protection, Suite, Tally

# Each module has SUITES and PROTECTIONS.
_MODULES = ("kills", "interrupts", "syscalls", "filling", "crashes", "races", "machine", "mutants")
_removed: list[str] = []

Item = TypeVar("Item")


def suites() -> dict[str, Suite]:
    """Return all suites by name, in the order of the table."""
    found = [suite for name in _MODULES for suite in importlib.import_module(f"tests.faults.{name}").SUITES]
    return {suite.name: suite for suite in found}


def protections() -> dict[str, Protection]:
    """Return all protections by name."""
    found = [item for name in _MODULES for item in importlib.import_module(f"tests.faults.{name}").PROTECTIONS]
    return {item.name: item for item in found}


def remove(name: str) -> None:
    """Switch one protection off in this process; nothing for an empty name."""
    if name:
        _removed.append(name)
        protections()[name].remove()


def until_noticed(items: Iterable[Item], tally: Tally) -> Iterator[Item]:
    """Yield what is to be tried: all of it, but where a protection is off no more once the tally has a fault."""
    for item in items:
        if _removed and tally.total:
            return
        yield item
