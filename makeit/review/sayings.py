"""What a person says about stored calls from outside of a program: there are their records, and no arguments."""

from __future__ import annotations

import time

from attrs import evolve, field, frozen

from makeit.amendment import Amendment
from makeit.errors import MakeitError
from makeit.model import CodeRecord, FileRecord, Reason, Record
from makeit.process import present
from makeit.recording import code_records, describe_adopted
from makeit.review.adopting import claims_of, outputs_of
from makeit.review.judging import Judge, Standing
from makeit.review.recalling import recalled
from makeit.store.catalogue import Catalogue, Filed
from makeit.workbench import Workbench
from makeit.works import Works

# A person's file is the result whatever its code is now, and where it differs or is missing is why it is adopted.
_NO_HINDRANCE = ("foreign", "missing", "code")


@frozen
class Said:
    """What a person said of a call: the reasons that it would have run for, and its record before and after.

    `told` is False where a format may write something beside the files, which it does at the next call.
    """

    reasons: tuple[Reason, ...]
    before: Record
    after: Record | None
    told: bool = True


@frozen(eq=False)
class Sayings:
    """Accepts, adopts and undoes for the stored calls of one project."""

    catalogue: Catalogue
    _judge: Judge = field(init=False)

    @_judge.default
    def _with_judge(self) -> Judge:
        return Judge(self.catalogue.project)

    def accept(self, filed: Filed) -> Said | None:
        """Bless the present code for a stored result; None where nothing differs, MakeitError where more than code."""
        standing = self._judge.judge(filed)
        others = [reason for reason in standing.reasons if reason.kind != "code"]
        if standing.code is None or others:
            causes = [*map(str, others or standing.reasons), *standing.doubts]
            raise MakeitError(
                f"the present code of {standing.label} cannot be accepted for its stored result: {'; '.join(causes)}; "
                "only changes of code can be accepted"
            )
        if not standing.reasons:
            return None
        bench = self._bench(self._works(filed.record))
        parts = _parts(bench, standing)
        after = Amendment(bench).accept(filed.anchor, filed.entry, standing.code, parts, standing.reasons)
        return Said(standing.reasons, filed.record, after, self._tell(filed))

    def adopt(self, filed: Filed) -> Said | None:
        """Take the files at the outputs of a call for its result; None where they are what makeit wrote."""
        standing = self._judge.judge(filed)
        record, works = filed.record, self._works(filed.record)
        bench = self._bench(works)
        outputs = outputs_of(record, works, bench)
        claims = claims_of(filed.anchor, outputs, bench)
        if not any(claim.foreign and not claim.known for claim in claims):
            return None  # an adopted file that is as it was then is known
        hindrances = [reason for reason in standing.reasons if reason.kind not in _NO_HINDRANCE]
        if hindrances:
            raise MakeitError(
                f"{record.outputs[0].path} is not adopted: a call would run all the same, because "
                f"{'; '.join(map(str, hindrances))}; call .adopt(...) of {record.function} with the present arguments"
            )
        amendment = Amendment(bench)
        persisters = [output.persister for output in outputs if output.persister]
        fingerprints = amendment.fingerprints(amendment.loaded(record.named, persisters))

        def make_record(files: tuple[FileRecord, ...]) -> Record:
            described = describe_adopted(bench, outputs, files, persisters, fingerprints)
            adopted = evolve(record, outputs=described, started=time.time(), seconds=0.0)
            code = _parts(bench, standing) if standing.code else record.code
            untracked = standing.code.untracked if standing.code else record.untracked
            return evolve(adopted, code=code, untracked=untracked, reason="", process=str(present()))

        after = amendment.adopt(filed.anchor, claims, make_record)
        return Said(standing.reasons, record, after, self._tell(filed))

    def undo(self, filed: Filed) -> Said:
        """Take the last acceptance or adoption of a call back; MakeitError where there is none."""
        undone = Amendment(self._judge.bench).undo(filed.anchor, filed.record.named)
        after = self.catalogue.at(filed.place)
        if not isinstance(after, Filed):
            return Said((), undone, None)
        return Said(self._judge.judge(after).reasons, undone, after.record, self._tell(filed))

    def _works(self, record: Record) -> Works | None:
        """Return the parts that make calls of a function, where they work in this project."""
        works = self._judge.works(record)
        return works if works is not None and works.bench.project == self.catalogue.project else None

    def _bench(self, works: Works | None) -> Workbench:
        return works.bench if works is not None else self._judge.bench

    def _tell(self, filed: Filed) -> bool:
        """Let formats write what belongs beside the files; tell whether that was done, or is not wanted."""
        works = self._works(filed.record)
        if works is None or not works.targets.publishes:
            return works is not None
        call = recalled(filed, works)
        if call is not None:
            works.amended(call)
        return call is not None


def _parts(bench: Workbench, standing: Standing) -> dict[str, CodeRecord]:
    """Return the code of a record with what is known to differ now; what nobody can tell from here stays as it was."""
    before = standing.filed.record.code
    differ = {reason.subject for reason in standing.reasons if reason.kind == "code"}
    now = code_records(bench, standing.code) if standing.code else {}
    known = {
        name: part
        for name, part in now.items()
        if name in differ or (name in before and before[name].fingerprint == part.fingerprint)
    }
    return known | {name: part for name, part in before.items() if name not in differ and name not in known}
