"""Who made what from what: from a value or a record up to the results that it came from."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from makeit.identity.tracker import TRACKER
from makeit.identity.values import parts
from makeit.records import Origin, Record
from makeit.store.ledger import Damaged, Entry

if TYPE_CHECKING:
    from makeit.review.flow import Flow
    from makeit.store.ledger import Ledger
    from makeit.store.project import Project


def origins_of(value: Any) -> tuple[Origin, ...]:
    """Return the results that a value is, or holds, as far as makeit gave them out itself and nobody changed them."""
    tracked = [found for found in map(TRACKER.find, parts(value)) if found]
    return tuple(dict.fromkeys(Origin(found.origin, found.fingerprint, found.call) for found in tracked))


class Lineage:
    """The descent of results, read from the records of one cachedir, of whichever project that shares it."""

    def __init__(self, project: Project, ledger: Ledger) -> None:
        self.project = project
        self.ledger = ledger

    def origins(self, value: Any) -> list[Record]:
        """Return the records of the results that a value is, or holds, as far as makeit gave it out itself."""
        return self._records(origins_of(value))

    def parents(self, record: Record) -> list[Record]:
        """Return the records of the results that a call was given as arguments, as far as they are still there."""
        return self._records(origin for argument in record.arguments.values() for origin in argument.origins)

    def generations(self, records: list[Record]) -> Iterator[list[Record]]:
        """Yield these records, then those of what they were made from, and so on up; each record once."""
        seen: set[str] = set()
        while records:
            yield records
            seen.update(record.call for record in records)
            above = {parent.call: parent for record in records for parent in self.parents(record)}
            records = [parent for call, parent in above.items() if call not in seen]

    def flow(self) -> Flow:
        """Return the graph of all that is stored: what went into which call. Every record is read."""
        from makeit.review.weaving import Weaving  # neither is needed where functions are called
        from makeit.store.catalogue import Catalogue

        weaving = Weaving(self.project)
        with _uncollected():
            for found in Catalogue(self.project):
                if isinstance(found, Damaged):
                    weaving.miss(found)
                else:
                    weaving.add(found.record)
            return weaving.woven()

    def ancestors(self, *records: Record) -> Flow:
        """Return the graph of what calls were made from, back to raw files, by look-ups.

        Calls that ran inside others are found by `descendants` and `flow` alone: a record names those above it.
        """
        from makeit.review.weaving import Weaving

        weaving, waiting = Weaving(self.project), list(records)
        while waiting:
            one = waiting.pop()
            if weaving.add(one):
                waiting += self._before(one)
        return _around(weaving.woven(), records, up=True)

    def descendants(self, *records: Record) -> Flow:
        """Return the graph of what was made from calls, or from earlier results of theirs. Every record is read."""
        return _around(self.flow(), records, down=True)

    def _before(self, record: Record) -> Iterator[Record]:
        """Yield the records that lie now where those of all that a call was given lay."""
        for argument in record.arguments.values():
            places = {self.project.absolute(origin.record): self.ledger.read for origin in argument.origins}
            places |= {self.project.absolute(file): self.ledger.owner for file in argument.files}
            for path, look in places.items():
                with suppress(OSError):
                    entry = look(path)
                    if isinstance(entry, Entry):
                        yield entry.record

    def _records(self, origins: Iterable[Origin]) -> list[Record]:
        """Look up records; one that was replaced since, by another result, is not the one that was meant."""
        found: dict[str, Record] = {}
        for origin in origins:
            entry = self.ledger.read(self.project.absolute(origin.record))
            if isinstance(entry, Entry) and _is_meant(origin, entry.record):
                found[entry.record.call] = entry.record
        return list(found.values())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector of cycles away: there are none, and it would look through all nodes again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _around(flow: Flow, records: Iterable[Record], *, up: bool = False, down: bool = False) -> Flow:
    nodes = [node for node in map(flow.at, records) if node]
    return flow.around(nodes, up=up, down=down, nesting=True)


def _is_meant(origin: Origin, record: Record) -> bool:
    same = any(output.fingerprint == origin.fingerprint for output in record.outputs)
    return same and origin.call == record.call
