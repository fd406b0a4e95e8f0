"""What a person may say about a call: accept present code for its result, adopt a file, take that back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from makeit import notices
from makeit.amendment import Amendment, lasting
from makeit.claiming import Claiming
from makeit.errors import MakeitError
from makeit.formats.persister import Persister
from makeit.guarding import Guarding
from makeit.keeping import Keeping
from makeit.model import Call, Decision, FileRecord, Record, Run
from makeit.recording import code_records, describe_adopted
from makeit.store.ledger import Entry
from makeit.store.outputs import Claim

if TYPE_CHECKING:
    from makeit.deciding import Deciding
    from makeit.workbench import Workbench


class Amending:
    """Amend the records of one made function; each change can be undone."""

    def __init__(
        self, bench: Workbench, claiming: Claiming, deciding: Deciding, keeping: Keeping, guarding: Guarding
    ) -> None:
        self._bench = bench
        self._amendment = Amendment(bench)
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
        parts = code_records(self._bench, call.code)
        self._amendment.accept(call.anchor, stored.entry, call.code, parts, found.decision.reasons)
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
        parts = self._amendment.loaded(call.label, persisters)
        self._record(call, claims, persisters, self._amendment.fingerprints(parts))
        return self._deciding.look(call, False).decision

    def take(self, call: Call, claims: Sequence[Claim]) -> Any:
        """Take files that makeit did not write for the result of a call, without running it."""
        persisters = self._persisters(call)
        parts = self._amendment.loaded(call.label, persisters)
        fingerprints = self._amendment.fingerprints(parts)
        try:
            self._record(call, claims, persisters, fingerprints)
        except OSError as error:
            notices.trouble(
                f"the result of {call.label} was adopted, but no record of that was kept: {error}",
                strict=self._keeping.strict,
            )
        return self._guarding.hand_out(call, parts, fingerprints)

    def forget(self, call: Call) -> bool:
        """Remove the record of a call and its files inside the cachedir."""
        return self._amendment.forget(call.anchor)

    def undo(self, call: Call) -> Decision:
        """Take the last acceptance or adoption back; MakeitError where there is none."""
        self._amendment.undo(call.anchor, call.label)
        return self._deciding.look(call, False).decision

    def _persisters(self, call: Call) -> list[Persister]:
        """Return the persisters of a call, with those notes of the last result that hold for adopted files."""
        entry = self._bench.ledger.read(call.anchor)
        stored = entry.record.outputs if isinstance(entry, Entry) else ()
        known = {(output.path, output.format): output.notes for output in stored}
        return [
            lasting(output.persister, known.get((self._bench.project.relative(output.path), output.format)))
            for output in call.outputs
            if output.persister
        ]

    def _record(
        self,
        call: Call,
        claims: Sequence[Claim],
        persisters: Sequence[Persister],
        fingerprints: Sequence[str | None],
    ) -> None:
        named = [output for output in call.outputs if output.persister]

        def make_record(files: tuple[FileRecord, ...]) -> Record:
            outputs = describe_adopted(self._bench, named, files, persisters, fingerprints)
            return self._keeping.record(call, outputs, Run(time.time()))

        self._amendment.adopt(call.anchor, claims, make_record)
