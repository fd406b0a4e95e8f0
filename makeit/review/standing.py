"""How stored calls stand, judged from their records: whether each would be reused now, and if not, why.

What one was made from counts too: a call whose argument was the result of another runs when that gives another result.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, field

from makeit.attributes import frozen
from makeit.model import Reason
from makeit.records import Origin
from makeit.review.judging import Judge, Standing, State
from makeit.store.catalogue import Catalogue, Filed


@frozen(eq=False)
class _Part:
    """What a standing keeps of a call for those that were made from its result: many are in memory at once."""

    label: str
    runs: bool
    foreign: bool
    fingerprints: tuple[str | None, ...]
    above: tuple[tuple[str, str, Origin], ...]


@frozen(eq=False)
class Standings:
    """The standings of the calls of one project; `code=False` leaves out what needs their modules to be loaded."""

    catalogue: Catalogue
    code: bool = True
    _judge: Judge = field(init=False)
    _parts: dict[str, _Part | None] = field(factory=dict, init=False)
    _runs: dict[str, bool] = field(factory=dict, init=False)

    @_judge.default
    def _with_judge(self) -> Judge:
        return Judge(self.catalogue.project, self.code)

    def __iter__(self) -> Iterator[Standing]:
        """Yield the standing of every record that can be read."""
        return map(self.of, self.catalogue.records())

    def of(self, filed: Filed) -> Standing:
        """Judge one stored call, and what it was made from."""
        own = self._judge.judge(filed)
        self._parts[filed.place] = part = self._part(own)
        reasons, doubts = [], [*own.doubts]
        for name, place, origin in part.above:
            found = self._descent(name, place, origin)
            if isinstance(found, Reason):
                reasons.append(found)
            elif found:
                doubts.append(found)
        state: State = "upstream changed" if reasons and own.state in ("current", "unknown") else own.state
        return evolve(own, state=state, reasons=(*own.reasons, *reasons), doubts=tuple(doubts))

    def _descent(self, name: str, place: str, origin: Origin) -> Reason | str | None:
        """Say what became of the result that an argument was; a text where nobody can tell."""
        part = self._known(place)
        if part is None:
            return f"argument {name} was the result of {origin.record}, of which nothing is known any more"
        if origin.fingerprint not in part.fingerprints:
            return Reason("argument", f"argument {name} changed: {part.label} gave another result", name)
        if self._would_run(place):
            what = "whose file was changed by hand" if part.foreign else "which is to run"
            return Reason("argument", f"argument {name} comes from {part.label}, {what}", name)
        return None

    def _would_run(self, place: str) -> bool:
        """Tell whether a call, or one that it was made from, would run; a loop, because chains may be long."""
        waiting = [place]
        while waiting:
            here = waiting[-1]
            part = self._known(here)
            open_ = [] if part is None or part.runs else [p for _, p, _ in part.above if p not in self._runs]
            if here not in self._runs:
                self._runs[here] = False  # a record that names itself, however, ends here
                waiting += open_
                if open_:
                    continue
            waiting.pop()
            self._runs[here] = part is not None and (part.runs or any(map(self._follows, part.above)))
        return self._runs[place]

    def _follows(self, above: tuple[str, str, Origin]) -> bool:
        _, place, origin = above
        part = self._known(place)
        if part is None:
            return False
        return self._runs.get(place, False) or origin.fingerprint not in part.fingerprints

    def _known(self, place: str) -> _Part | None:
        if place not in self._parts:
            found = self.catalogue.at(place)
            self._parts[place] = self._part(self._judge.judge(found)) if isinstance(found, Filed) else None
        return self._parts[place]

    def _part(self, own: Standing) -> _Part:
        record, project = own.filed.record, self.catalogue.project
        above = tuple(
            (name, self._judge.bench.ledger.place(project.absolute(origin.record)), origin)
            for name, argument in record.arguments.items()
            for origin in argument.origins
        )
        fingerprints = tuple(output.fingerprint for output in record.outputs)
        return _Part(record.named, own.runs, own.state == "foreign", fingerprints, above)
