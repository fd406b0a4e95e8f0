"""The suite `interrupts`: SIGINT at random; the same process goes on."""

from __future__ import annotations

from tests.faults import unprotected
from tests.faults.nursery import spread
from tests.faults.suite import Protection, Suite, Tally


def _interrupts(count: int, without: str) -> Tally:
    return spread("tests.faults.interrupting", count, without)


INTERRUPTS = Suite("interrupts", "interrupted at random, and called again", _interrupts, reduced=60, full=1_000)

SUITES: tuple[Suite, ...] = (INTERRUPTS,)
PROTECTIONS: tuple[Protection, ...] = (
    Protection("private folders removed", unprotected.leave_folders, INTERRUPTS, 32),
    Protection("temporary files removed", unprotected.leave_temporaries, INTERRUPTS, 64),
    Protection("locks released", unprotected.keep_locks, INTERRUPTS, 32),
)
