"""The state machine as a suite: a project lives through all that happens to projects, against a simple model."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from makeit.store import commit, history, outputs
from tests.faults import apart, ticks
from tests.faults.judging import Fault
from tests.faults.living import Living
from tests.faults.suite import Protection, Suite, Tally

_FULL = 300


def run(count: int, without: str) -> Tally:
    """Let `count` projects live through random steps."""
    steps = 30 if count >= _FULL and not without else 25
    shares = apart.share(count, apart.processes(without))
    batches = [[share, steps, number, not without] for number, share in enumerate(shares)]
    return apart.tally_of(live, without, *batches)


def live(count: int, steps: int, number: int, shrink: bool) -> Tally:
    """Let `count` projects live; the steps that led to a fault are told, and made few where `shrink` says so."""
    tally = Tally()

    class Counted(Living):
        def check_invariants(self, *given: Any, **options: Any) -> None:
            tally.tried += 1
            super().check_invariants(*given, **options)

    options = settings(
        max_examples=count,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(Counted), settings=options)
    except Fault as fault:
        tally.bad(fault.kind, _told(fault))
    except BaseException as error:  # groups of hypothesis, and whatever the kernel lets through
        tally.bad("error", f"{error!r} {_told(error)}")
    return tally


def _told(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


SUITE = Suite(
    "state machine",
    "hypothesis: calls, edits, deletes, copies, kills and damage against a model: 0 wrong, 0 lost",
    run,
    reduced=40,
    full=_FULL,
)
SUITES: tuple[Suite, ...] = (SUITE, ticks.SUITE)


def _compare_sizes_alone() -> None:
    outputs.Outputs._equal = lambda self, file, path, now: now.size == file.size  # type: ignore[method-assign]


def _know_no_strangers() -> None:
    look = outputs.Outputs._claim
    outputs.Outputs._claim = lambda *given: look(*given)._replace(foreign=None)  # type: ignore[method-assign]


def _confirm_nothing() -> None:
    commit.confirm = history.confirm = lambda outputs, anchor, claims: claims  # type: ignore[attr-defined]


PROTECTIONS: tuple[Protection, ...] = (
    Protection("digest", _compare_sizes_alone, SUITE, _FULL),
    Protection("foreign check", _know_no_strangers, SUITE, _FULL),
    Protection("confirm under the lock", _confirm_nothing, SUITE, _FULL),
    ticks.PROTECTION,
)
