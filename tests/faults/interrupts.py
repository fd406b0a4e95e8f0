"""The suite `interrupts`: SIGINT at random; the same process goes on."""

from __future__ import annotations

from tests.faults import unprotected
from tests.faults.nursery import spread
from tests.faults.suite import Protection, Suite, Tally


def _interrupts(count: int, without: str) -> Tally:
    return spread("tests.faults.interrupting", count, without)


INTERRUPTS = Suite("interrupts", "interrupted at random, and called again", _interrupts, reduced=60, full=1_000)

SUITES: tuple[Suite, ...] = (INTERRUPTS,)
# As many as one could need: a gate ends with the first fault.
_MOST = 1_000
PROTECTIONS: tuple[Protection, ...] = (
    Protection("private folders removed", unprotected.leave_folders, INTERRUPTS, _MOST),
    Protection("temporary files removed", unprotected.leave_temporaries, INTERRUPTS, _MOST),
    Protection("locks released", unprotected.keep_locks, INTERRUPTS, _MOST),
)
