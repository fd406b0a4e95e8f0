"""What a person may say about a stored result: accept present code for it, adopt a file, take that back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from makeit import notices
from makeit.claiming import Claiming
from makeit.errors import MakeitError
from makeit.formats.persister import Persister
from makeit.guarding import Guarding
from makeit.keeping import Keeping
from makeit.model import Call, Change, Decision, FileRecord, Reason, Record
from makeit.process import present
from makeit.recording import Run, code_records, describe_outputs
from makeit.store import commit, pruning, runs
from makeit.store.history import History
from makeit.store.ledger import Entry
from makeit.store.outputs import Claim
from makeit.store.trust import distrust
from makeit.stored import Stored

if TYPE_CHECKING:
    from makeit.deciding import Deciding
    from makeit.workbench import Workbench


class Amending:
    """Amend the records of one made function; each change names who made it and can be undone."""

    def __init__(
        self, bench: Workbench, claiming: Claiming, deciding: Deciding, keeping: Keeping, guarding: Guarding
    ) -> None:
        self._bench = bench
        self._claiming = claiming
        self._deciding = deciding
        self._keeping = keeping
        self._guarding = guarding

    def accept(self, call: Call) -> Decision:
        """Bless the present code for the stored result; MakeitError where anything but code differs."""
        found = self._deciding.look(call, False)
        others = [reason for reason in found.decision.reasons if reason.kind != "code"]
        stored = found.stored
        if stored is None or stored.faults or others:
            raise MakeitError(
                f"the present code of {call.label} cannot be accepted for a stored result: "
                f"{'; '.join(map(str, others)) or 'nothing is stored'}; only changes of code can be accepted"
            )
        if found.decision.reuse and found.earlier is None:
            return found.decision
        with self._bench.outputs.locked(call.anchor) as held:
            commit.refuse_busy(held, call.anchor)
            entry = self._unchanged(call, stored)
            accepted = evolve(
                entry.record,
                code=code_records(self._bench, call),
                untracked=call.code.untracked,
                change=Change("accept", present().user, time.time(), entry.record),
            )
            self._keeping.keep_sources(call)
            self._bench.ledger.write(call.anchor, accepted, durable=True)
        self._log("accepted", call, accepted, found.decision.reasons)
        return self._deciding.look(call, False).decision

    def adopt(self, call: Call) -> Decision:
        """Take files that makeit did not write, or that were changed since, for the result of a call."""
        claims = self._claiming.claims(call)
        if not any(claim.foreign for claim in claims) or not self._claiming.adoptable(call, claims):
            raise MakeitError(
                f"there is nothing to adopt for {call.label}: adopting takes files that all exist at its named "
                "outputs and that makeit did not write, or that were changed since"
            )
        persisters = self._persisters(call)
        self._record(call, claims, persisters, self._fingerprints(self._loaded(call, persisters)))
        return self._deciding.look(call, False).decision

    def take(self, call: Call, claims: Sequence[Claim]) -> Any:
        """Take files that makeit did not write for the result of a call, without running it."""
        persisters = self._persisters(call)
        parts = self._loaded(call, persisters)
        fingerprints = self._fingerprints(parts)
        try:
            self._record(call, claims, persisters, fingerprints)
        except OSError as error:
            notices.trouble(
                f"the result of {call.label} was adopted, but no record of that was kept: {error}",
                strict=self._keeping.strict,
            )
        return self._guarding.hand_out(call, parts, fingerprints)

    def _persisters(self, call: Call) -> list[Persister]:
        """Return the persisters of a call, with those notes of the last result that hold for adopted files."""
        entry = self._bench.ledger.read(call.anchor)
        stored = entry.record.outputs if isinstance(entry, Entry) else ()
        known = {(output.path, output.format): output.notes or {} for output in stored}
        found = []
        for output in call.outputs:
            if output.persister:
                notes = known.get((self._bench.project.relative(output.path), output.format), {})
                persister = output.persister.at(output.persister.filename)
                persister.notes = {name: notes[name] for name in persister.lasting if name in notes}
                found.append(persister)
        return found

    def _loaded(self, call: Call, persisters: Sequence[Persister]) -> list[Any]:
        for output in call.outputs:
            why = distrust(output.path) if output.persister and output.persister.executes else None
            if why:
                raise MakeitError(
                    f"{output.path} is not adopted, because loading it could run somebody else's code: {why}"
                )
        try:
            return [persister.load() for persister in persisters]
        except Exception as error:  # a disk, or a persister that cannot read what somebody else wrote
            raise MakeitError(
                f"what lies at the outputs of {call.label} is not adopted, because it cannot be loaded: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _fingerprints(self, parts: Sequence[Any]) -> list[str | None]:
        return [self._bench.fingerprint(part) for part in parts]

    def _record(
        self,
        call: Call,
        claims: Sequence[Claim],
        persisters: Sequence[Persister],
        fingerprints: Sequence[str | None],
    ) -> None:
        bench = self._bench
        bench.project.prepare()
        previous = bench.ledger.read(call.anchor)
        before = previous.record if isinstance(previous, Entry) else None

        def make_record(files: tuple[FileRecord, ...]) -> Record:
            outputs = describe_outputs(bench, call, files, persisters, fingerprints)
            record = self._keeping.record(call, outputs, Run(time.time()))
            return evolve(record, change=Change("adopt", present().user, time.time(), before))

        self._log("adopted", call, commit.adopt(bench.outputs, call.anchor, claims, make_record))

    def forget(self, call: Call) -> bool:
        """Remove the record of a call and its files inside the cachedir."""
        if self._bench.ledger.read(call.anchor) is None:
            return False
        # Who publishes between the look and the removal would lose the record and the note of intent to it.
        with self._bench.outputs.locked(call.anchor) as held:
            commit.refuse_busy(held, call.anchor)
            entry = self._bench.ledger.read(call.anchor)
            record = entry.record if isinstance(entry, Entry) else None
            if record:
                pruning.disown(self._bench.outputs, call.anchor, record)
            History(self._bench.outputs).forget(call.anchor)
            self._bench.ledger.forget(call.anchor, record)
        self._log("forgotten", call, record)
        return entry is not None

    def undo(self, call: Call) -> Decision:
        """Take the last acceptance or adoption back; MakeitError where there is none."""
        with self._bench.outputs.locked(call.anchor) as held:
            commit.refuse_busy(held, call.anchor)
            entry = self._bench.ledger.read(call.anchor)
            change = entry.record.change if isinstance(entry, Entry) else None
            if change is None or not isinstance(entry, Entry):
                raise MakeitError(f"there is nothing to undo for {call.label}: nothing was accepted or adopted")
            if change.before is None:
                self._bench.ledger.forget(call.anchor, entry.record)
            else:
                self._bench.ledger.write(call.anchor, _with_stamps_of(change.before, entry.record), durable=True)
        self._log("undone", call, entry.record, (Reason("record", f"it was {change.kind}ed by {change.who}"),))
        return self._deciding.look(call, False).decision

    def _log(self, outcome: runs.Happening, call: Call, record: Record | None, reasons: Iterable[Reason] = ()) -> None:
        self._bench.runs.amended(outcome, self._bench.project.relative(call.anchor), record, reasons)

    def _unchanged(self, call: Call, stored: Stored) -> Entry:
        entry = self._bench.ledger.read(call.anchor)
        if not isinstance(entry, Entry) or entry.record != stored.record:
            raise MakeitError(f"the result of {call.label} was replaced meanwhile; look at why and accept again")
        return entry


def _with_stamps_of(before: Record, now: Record) -> Record:
    """Return an earlier record with the stamps of files that were renewed since, their content being the same."""
    stamps = {(file.path, file.digest): file for output in now.outputs for file in output.files}
    outputs = tuple(
        evolve(output, files=tuple(stamps.get((file.path, file.digest), file) for file in output.files))
        for output in before.outputs
    )
    return evolve(before, outputs=outputs)
