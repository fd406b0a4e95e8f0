"""What is done to a record when a person says something about its result; each change names who made it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from makeit.errors import MakeitError
from makeit.formats.persister import Persister
from makeit.model import Change, CodePrint, CodeRecord, FileRecord, Reason, Record
from makeit.process import present
from makeit.recording import keep_sources
from makeit.store import commit, pruning
from makeit.store.history import History
from makeit.store.ledger import Entry
from makeit.store.outputs import Claim
from makeit.store.relocation import Relocated, relocated
from makeit.store.runs import Happening
from makeit.store.trust import distrust

if TYPE_CHECKING:
    from makeit.workbench import Workbench


class Amendment:
    """Amends the records of one project, by the path that each is found by."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench

    def accept(
        self,
        anchor: str,
        before: Entry,
        code: CodePrint,
        parts: dict[str, CodeRecord],
        reasons: Iterable[Reason],
    ) -> Record:
        """Put present code, as `parts` describe it, in the place of that of a record that still is there."""
        with self.bench.outputs.locked(anchor) as held:
            commit.refuse_busy(held, anchor)
            record = before.record
            if not self.bench.outputs.is_present(anchor, before):
                raise MakeitError(f"the result of {record.named} was replaced meanwhile; look at why and accept again")
            change = Change("accept", present().user, time.time(), record)
            accepted = evolve(record, code=parts, untracked=code.untracked, change=change)
            keep_sources(self.bench, code)
            self.bench.ledger.write(anchor, accepted, durable=True)
        self._log("accepted", anchor, accepted, reasons)
        return accepted

    def adopt(
        self, anchor: str, claims: Sequence[Claim], make_record: Callable[[tuple[FileRecord, ...]], Record]
    ) -> Record:
        """Record files that are there for the result that `make_record` describes; Overtaken where one changed."""
        self.bench.project.prepare()
        previous = self.bench.ledger.read(anchor)
        change = Change("adopt", present().user, time.time(), previous.record if isinstance(previous, Entry) else None)
        adopted = commit.adopt(
            self.bench.outputs, anchor, claims, lambda files: evolve(make_record(files), change=change)
        )
        self._log("adopted", anchor, adopted)
        return adopted

    def undo(self, anchor: str, label: str) -> Record:
        """Take the last acceptance or adoption back and return the record of it; MakeitError where there is none."""
        with self.bench.outputs.locked(anchor) as held:
            commit.refuse_busy(held, anchor)
            entry = self.bench.ledger.read(anchor)
            change = entry.record.change if isinstance(entry, Entry) else None
            if change is None or not isinstance(entry, Entry):
                raise MakeitError(f"there is nothing to undo for {label}: nothing was accepted or adopted")
            if change.before is None:
                self.bench.ledger.forget(anchor, entry.record)
            else:
                self.bench.ledger.write(anchor, _with_stamps_of(change.before, entry.record), durable=True)
        self._log("undone", anchor, entry.record, (Reason("record", f"it was {change.kind}ed by {change.who}"),))
        return entry.record

    def forget(self, anchor: str) -> bool:
        """Remove a record, its files inside the cachedir and its earlier results; tell whether there was one."""
        if self.bench.ledger.read(anchor) is None and not any(map(self._is_here, self._elsewhere(anchor))):
            return False
        # Who publishes between the look and the removal would lose the record and the note of intent to it.
        with self.bench.outputs.locked(anchor) as held:
            commit.refuse_busy(held, anchor)
            entry = self.bench.ledger.read(anchor)
            record = entry.record if isinstance(entry, Entry) else None
            others = [other.record for other in self._elsewhere(anchor)]
            pruning.disown(self.bench.outputs, anchor, record, others)
            History(self.bench.outputs).forget(anchor)
            self.bench.ledger.forget(anchor, record)
        self._log("forgotten", anchor, record)
        return entry is not None or bool(others)

    def _elsewhere(self, anchor: str) -> Iterator[Relocated]:
        return relocated(self.bench.project, anchor, self.bench.ledger.read)

    def _is_here(self, entry: Entry) -> bool:
        """Tell whether the files of a result came along when a project was moved or copied."""
        files = [file for output in entry.record.outputs for file in output.files]
        return not any(isinstance(self.bench.outputs.found(entry, file, executes=False), Reason) for file in files)

    def loaded(self, label: str, persisters: Sequence[Persister]) -> list[Any]:
        """Load what lies at outputs and is to be adopted; MakeitError where that is not safe or not possible."""
        for persister in persisters:
            why = distrust(os.fspath(persister.filename)) if persister.executes else None
            if why:
                raise MakeitError(
                    f"{persister.filename} is not adopted, because loading it could run somebody else's code: {why}"
                )
        try:
            return [persister.load() for persister in persisters]
        except Exception as error:  # a disk, or a persister that cannot read what somebody else wrote
            raise MakeitError(
                f"what lies at the outputs of {label} is not adopted, because it cannot be loaded: "
                f"{type(error).__name__}: {error}"
            ) from error

    def fingerprints(self, parts: Sequence[Any]) -> list[str | None]:
        """Return the fingerprints of adopted values."""
        return [self.bench.fingerprint(part) for part in parts]

    def _log(self, outcome: Happening, anchor: str, record: Record | None, reasons: Iterable[Reason] = ()) -> None:
        self.bench.runs.amended(outcome, self.bench.project.relative(anchor), record, reasons)


def lasting(persister: Persister, notes: dict[str, Any] | None) -> Persister:
    """Return a persister with those notes of the last result that hold for a file that somebody edited, too."""
    twin = persister.at(persister.filename)
    twin.notes = {name: notes[name] for name in persister.lasting if name in notes} if notes else {}
    return twin


def _with_stamps_of(before: Record, now: Record) -> Record:
    """Return an earlier record with the stamps of files that were renewed since, their content being the same."""
    stamps = {(file.path, file.digest): file for output in now.outputs for file in output.files}
    outputs = tuple(
        evolve(output, files=tuple(stamps.get((file.path, file.digest), file) for file in output.files))
        for output in before.outputs
    )
    return evolve(before, outputs=outputs)
