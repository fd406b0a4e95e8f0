"""Deciding about a call: what the plugins and the kernel say, what the files say, and what can be brought back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve

from makeit import notices
from makeit.claiming import Claiming
from makeit.decision import compare_key_parts, decide
from makeit.errors import PluginError
from makeit.model import Call, CodePrint, Decision, Reason, ReasonKind, Record
from makeit.options import Force
from makeit.results import Results
from makeit.store.history import Version
from makeit.store.ledger import Damaged, Ledger
from makeit.store.outputs import Claim
from makeit.stored import Stored

if TYPE_CHECKING:
    from makeit.ground import Ground

_CUT_OFF = Reason("missing", "an earlier run was cut off before its record was written")
# How many different calls of one function are remembered, so that a long loop does not fill the memory.
_REMEMBERED = 4096


class Found(NamedTuple):
    """What was decided for a call, and what is stored for it."""

    call: Call
    decision: Decision
    stored: Stored | None
    claims: tuple[Claim, ...] = ()
    adopts: bool = False
    earlier: Version | None = None

    def refused(self, kind: ReasonKind, text: str) -> Found:
        """Return the same with the decision to run, for a reason that came up while the result was loaded."""
        return self._replace(decision=Decision(False, (Reason(kind, text),), self.call.label), adopts=False)


class _Agreed(NamedTuple):
    """A call that was found equal to a record: while all three are the same, so is the decision."""

    record: Record
    code: CodePrint
    fingerprints: Mapping[str, str | None]
    decision: Decision


class Deciding:
    """Decisions about the calls of one made function."""

    def __init__(self, ground: Ground, results: Results, claiming: Claiming) -> None:
        self._ground = ground
        self._bench = ground.bench
        self._results = results
        self._claiming = claiming
        self._agreed: dict[str, _Agreed] = {}

    def look(self, call: Call, force: Force) -> Found:
        """Compare the call with what is stored for it; this is all that `why` does."""
        if force in (True, "rerun"):
            return Found(call, Decision(False, (Reason("forced", "forced"),), call.label, call.code.untracked), None)
        stored = self._results.find(call)
        decision = self._decide(call, stored, force)
        found = Found(call, decision, stored if isinstance(stored, Stored) else None)
        if decision.reuse:
            return found
        claims = self._claiming.claims(call)
        foreign = tuple(Reason("foreign", f"{c.path} {c.foreign}", c.name) for c in claims if c.foreign)
        if foreign and self._claiming.can_adopt(call, claims):
            decision = evolve(decision, reuse=True, reasons=foreign)
            return found._replace(decision=decision, claims=claims, adopts=True)
        reasons = (*(r for r in decision.reasons if r.kind != "foreign"), *foreign) or (_CUT_OFF,)
        if reasons != decision.reasons:
            decision = evolve(decision, reasons=reasons)
        found = Found(call, decision, found.stored, claims)
        return found if foreign or force == "reload" else self._with_earlier(found)

    def _with_earlier(self, found: Found) -> Found:
        earlier = self._earlier(found.call)
        if earlier is None:
            return found
        version, reason = earlier
        decision = evolve(found.decision, reuse=True, reasons=(*found.decision.reasons, reason))
        return found._replace(decision=decision, earlier=version)

    def _decide(self, call: Call, stored: Stored | Damaged | None, force: Force) -> Decision:
        """Decide about a call: by plugins, by the kernel, and never against what the files say."""
        if isinstance(stored, Damaged):
            reason = Reason("record", f"its record is damaged: {stored.cause} ({stored.path})", stored.path)
            return Decision(False, (reason,), call.label, call.code.untracked)
        if stored is not None and force is False:
            agreed = self._agreed.get(call.anchor)
            if agreed and self._agrees(agreed, call, stored):
                return agreed.decision
        decision = self._decided(call, stored, force)
        if decision.reuse and stored is not None and force is False and len(self._agreed) < _REMEMBERED:
            self._agreed[call.anchor] = _Agreed(stored.record, call.code, call.fingerprints, decision)
        return decision

    def _agrees(self, agreed: _Agreed, call: Call, stored: Stored) -> bool:
        return (
            agreed.record is stored.record
            and agreed.code is call.code
            and agreed.fingerprints == call.fingerprints
            and stored.record.key_parts == call.key_parts
            and not stored.faults
            and not stored.outdated
            and not self._bench.plugins.decides
        )

    def _decided(self, call: Call, stored: Stored | None, force: Force) -> Decision:
        decision = self._bench.plugins.decide(call=call, record=stored.record if stored else None)
        if not isinstance(decision, Decision):
            raise PluginError(
                f"makeit_decide gave {decision!r} for {call.label}; a plugin returns a makeit.Decision or None",
                name="makeit_decide",
            )
        if stored is None:
            return self._explained(call, decision)
        differ = (*compare_key_parts(stored.record.key_parts, call.key_parts), *stored.outdated)
        self._warn_namesake(decision, stored)
        if force == "reload" and not stored.faults:
            return Decision(True, (Reason("forced", "reload was asked for"),), call.label)
        reasons = tuple(dict.fromkeys((*decision.reasons, *differ, *stored.faults)))
        reasons = tuple(with_diff(self._bench.ledger, call.code, reason) for reason in reasons)
        reuse = decision.reuse and not differ and not stored.faults
        return Decision(reuse, reasons, decision.label or call.label, call.code.untracked)

    def _explained(self, call: Call, decision: Decision) -> Decision:
        """Say what is new about a call that has no record: what differs from the last one, if there was one."""
        if decision.reuse:
            return Decision(False, (Reason("never-run", "nothing is stored"),), call.label)
        before = self._results.neighbour(call)
        compared = decide(call, before) if before else decision
        return decision if compared.reuse else compared

    def _earlier(self, call: Call) -> tuple[Version, Reason] | None:
        """Return an earlier result that is right for this call, to be brought back instead of a run."""
        for version in self._results.earlier(call):
            record = version.entry.record
            if (
                self._bench.plugins.decide(call=call, record=record).reuse
                and not any(compare_key_parts(record.key_parts, call.key_parts))
                and not self._results.outdated(call, record)
            ):
                when = record.when
                return version, Reason("restored", f"the result of {when} is restored", version.folder)
        return None

    def _warn_namesake(self, decision: Decision, stored: Stored) -> None:
        """Warn once if another live function has this name and takes turns with this one."""
        if decision.reuse or not any(reason.kind == "code" for reason in decision.reasons):
            return
        own, relative = self._ground, self._bench.project.relative
        other = next((other for other in own.namesakes if relative(other.defined) == stored.record.defined), None)
        if other is not None and other.defined != own.defined:
            notices.warn(
                f"two functions are named {own.name!r}: the one at {own.defined} and the one at "
                f"{other.defined}; each makes the other run again. Rename one, or tell them apart with name=",
                once=("namesake", own.bench.project.cachedir, own.name, frozenset((own.defined, other.defined))),
            )


def with_diff(ledger: Ledger, code: CodePrint, reason: Reason) -> Reason:
    """Show what changed in a piece of code, where the source of the last run is kept."""
    old = ledger.source(reason.old) if reason.kind == "code" and reason.old else None
    part = next((part for part in code.parts if part.name == reason.subject), None)
    if old is None or part is None:
        return reason
    import difflib  # for those who are told of a change

    lines = difflib.unified_diff(old.splitlines(), part.text.splitlines(), lineterm="", n=2)
    return evolve(reason, diff="\n".join(list(lines)[2:]))
