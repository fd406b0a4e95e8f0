"""All suites and all protections."""

from __future__ import annotations

import importlib

from tests.faults.suite import Protection, Suite

# Each module has SUITES and PROTECTIONS.
_MODULES = ("kills", "interrupts", "syscalls", "filling", "crashes", "races", "machine", "mutants")


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
        protections()[name].remove()
