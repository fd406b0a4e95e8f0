"""What a call came to, compared with what it may come to: the part of the state machine that is no rule."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from tests.faults.expectation import Expectation, Outcome, Run
from tests.faults.shelves import SHELVES, Shelf
from tests.faults.study import Answer, Study

_SHELF = st.sampled_from(sorted(SHELVES))

# What it means that the first happened where the second had to; "error" for anything else.
_KINDS = {
    ("run", "refuse"): "lost",
    ("refuse", "run"): "lost",
    ("refuse", "reuse"): "lost",
    ("reuse", "run"): "wrong",
    ("reuse", "refuse"): "wrong",
}


class Fault(AssertionError):
    """Something happened that must not; `kind` as in the tallies."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def demand(condition: bool, kind: str, text: object) -> None:
    """Raise a Fault where a condition does not hold."""
    if not condition:
        raise Fault(kind, str(text))


@frozen(eq=False)
class Spot:
    """One call of a project, of argument `x` or of any, and what is expected of it."""

    shelf: Shelf
    x: int | None
    state: Expectation

    def argument(self, x: int) -> int:
        """Return the argument that a call is made with."""
        return x if self.x is None else self.x


class Judging(RuleBasedStateMachine):
    """A project, and what is expected of the few calls that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.study = Study()
        self.spots: list[Spot] = []
        self.edits = 0

    @initialize(first=_SHELF, second=_SHELF)
    def begin(self, first: str, second: str) -> None:
        """Choose what this project has: little, so that much happens to each."""
        for shelf in {name: SHELVES[name] for name in (first, second)}.values():
            for x in (0, 1) if shelf.apart else (None,):
                self.spots.append(Spot(shelf, x, Expectation.of(shelf.names_of(x or 0))))

    def teardown(self) -> None:
        """Remove the project."""
        self.study.close()

    @invariant()
    def every_file_is_as_it_has_to_be(self) -> None:
        """Compare the files with what programs and people wrote last."""
        for spot in self.spots:
            for name, content in zip(spot.state.names, spot.state.contents, strict=True):
                now = self.study.read(name)
                demand(now == content, "lost", f"{name} holds {now!r:.80} instead of {content!r:.80}")

    def spot(self, key: int, *, named: bool = False) -> Spot:
        """Return one of the calls; with `named`, one that has files, if there is any."""
        spots = [spot for spot in self.spots if spot.shelf.names or not named] or self.spots
        return spots[key % len(spots)]

    def others(self, spot: Spot) -> list[Expectation]:
        """Return what is expected of the results that make room for this one: of one function one is kept."""
        alone = spot.shelf.keep == 1 and not spot.shelf.names
        return [other.state for other in self.spots if alone and other.shelf is spot.shelf and other is not spot]

    def words(self, suffix: str) -> bytes:
        """Return what a person writes: never the same again."""
        self.edits += 1
        words = f"edit {self.edits}"
        return json.dumps(words).encode() if suffix == ".json" else words.encode()

    def judge(self, spot: Spot, x: int, answer: Answer, outcomes: set[Outcome]) -> None:
        """Compare what a call came to with what it may come to, and note what follows."""
        shelf, state, code = spot.shelf, spot.state, self.study.code
        demand(answer.error is None or answer.refused, "error", repr(answer.error))
        happened: Outcome = "refuse" if answer.refused else "run" if answer.ran else "reuse"
        if happened == "reuse" and "reuse" not in outcomes and shelf.has_history:
            happened = "run"  # an earlier result was brought back
        what = f"{shelf.name}({x}): {happened} instead of {outcomes}; {answer.error or answer.value!r:.80}"
        demand(happened in outcomes, _KINDS.get((happened, min(outcomes)), "error"), what)
        if happened == "run":
            self.judge_value(answer, [shelf.value(code.words(x))])
            demand("not kept" not in answer.warned, "lost", f"the result was not kept: {answer.warned}")
            state.has_run(code, x, shelf.contents(code, x))
            for other in self.others(spot):
                other.may_be_pruned(done=True)
        elif happened == "reuse":
            state.was_reused(code, x)
            self.judge_value(answer, [shelf.joined(run.contents) for run in state.records if isinstance(run, Run)])

    def judge_adoption(self, spot: Spot, x: int, answer: Answer, *, called: bool) -> None:
        """Compare an adoption of what is there with what must come of it."""
        shelf, state = spot.shelf, spot.state
        contents = tuple(content for content in state.contents if content is not None)
        adopted = shelf.joined(contents) if len(contents) == len(state.names) else None
        demand((answer.error is None) == (adopted is not None), "error", f"adoption: {answer.error or answer.value!r}")
        demand(not answer.ran, "error", "it ran although it was to adopt")
        if adopted is not None:
            if called:
                self.judge_value(answer, [adopted])
            state.was_adopted(self.study.code, x)

    def judge_value(self, answer: Answer, right: list[Any]) -> None:
        """Compare the value of a call with those that are right."""
        demand(answer.error is None, "error", repr(answer.error))
        demand(answer.value in right, "wrong", f"{answer.value!r:.80} instead of {right!r:.80}")
