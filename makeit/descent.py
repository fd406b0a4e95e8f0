"""What a stored result took over from the history of its arguments: whether that holds, and which results they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from makeit.formats.persister import Persister
from makeit.hooks import noted
from makeit.model import Call, Reason
from makeit.records import Origin, Record

if TYPE_CHECKING:
    from makeit.workbench import Workbench


def outdated(bench: Workbench, call: Call, persisters: Iterable[Persister]) -> tuple[Reason, ...]:
    """Return why stored outputs would be saved otherwise now, although all fingerprints are equal."""
    asked = [persister for persister in persisters if type(persister).outdated is not Persister.outdated]
    return tuple(reason for persister in asked for reason in _asked(bench, call, persister))


def _asked(bench: Workbench, call: Call, persister: Persister) -> Iterable[Reason]:
    name = bench.project.relative(str(persister.filename))
    try:
        why = persister.outdated(call, bench.lineage)
    except Exception as error:  # of a plugin: where nobody knows whether a result is right, it is computed
        why = f"{type(persister).__name__} cannot tell whether it is up to date: {noted(error)}"
    if why is not None:
        yield Reason("argument", why, name)


def moved(call: Call, record: Record) -> dict[str, tuple[Origin, ...]]:
    """Return which results the arguments are, by name, where equal results are on record as their origin.

    After an equal result of another call, lineage would end at the call that is no more.
    """
    found = {}
    for name, now in call.origins.items():
        before = record.arguments.get(name)
        equal = before is not None and before.fingerprint == call.fingerprints[name]
        if before is not None and equal and set(now) != set(before.origins):
            found[name] = now
    return found
