"""A project that lives through all that happens to projects: the rules of the state machine."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.faults.judging import Judging, Spot, demand
from tests.faults.shelves import Code

_KEY = st.integers(0, 3)
_X = st.sampled_from((0, 1))
_PLACE = st.integers(0, 1)
_COPIES: dict[str, Callable[[Any, Any], Any] | None] = {
    "moved": None,
    "copied": shutil.copyfile,
    "copied with stamps": shutil.copy2,
}
_DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda content: None,
    "empty": lambda content: b"",
    "torn": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "changed": lambda content: content[:-3] + bytes((byte + 1) % 256 for byte in content[-3:]),
}
_DAMAGE = st.sampled_from(sorted(_DAMAGES))


def _step(named: bool = False, **drawn: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """Make a rule of what happens to one call; often the call is looked at right after."""

    def decorate(happens: Callable[..., None]) -> Any:
        def step(self: Living, key: int, x: int, then_call: bool, **given: Any) -> None:
            spot = self.spot(key, named=named)
            if spot.shelf.names or not named:
                happens(self, spot, spot.argument(x), **given)
            if then_call:
                self.look(spot, spot.argument(x))

        step.__name__ = happens.__name__  # by which hypothesis tells the steps
        return rule(key=_KEY, x=_X, then_call=st.booleans(), **drawn)(step)

    return decorate


class Living(Judging):
    """What programs do, what people do, and what becomes of a file system."""

    def look(self, spot: Spot, x: int) -> None:
        """Call; `why` must have said what comes."""
        outcomes = spot.state.outcomes(self.study.code, x)
        why = self.study.ask(spot.shelf.name, x, "why")
        answer = self.study.ask(spot.shelf.name, x)
        self.judge(spot, x, answer, outcomes)
        reused = not answer.ran and not answer.refused
        demand(why.value is not None and why.value.reuse == reused, "error", f"why said {why}, then came {answer}")

    # What programs do

    @_step()
    def call(self, spot: Spot, x: int) -> None:
        self.look(spot, x)

    @_step(foreign=st.sampled_from(("adopt", "replace")))
    def call_and_take_what_is_there(self, spot: Spot, x: int, foreign: str) -> None:
        state = spot.state
        outcomes = state.outcomes(self.study.code, x)
        if len(outcomes) > 1 or not state.certain:
            return
        answer = self.study.ask(spot.shelf.name, x, foreign=foreign)
        if outcomes == {"refuse"} and foreign == "adopt":
            self.judge_adoption(spot, x, answer, called=True)
        else:
            self.judge(spot, x, answer, {"run"} if outcomes == {"refuse"} else outcomes)

    @_step()
    def rerun(self, spot: Spot, x: int) -> None:
        refusals = spot.state.refusals()
        answer = self.study.ask(spot.shelf.name, x, "rerun")
        self.judge(spot, x, answer, {"refuse" if refused else "run" for refused in refusals})

    @_step()
    def forget(self, spot: Spot, x: int) -> None:
        state = spot.state
        if state.certain:
            answer = self.study.ask(spot.shelf.name, x, "forget")
            demand(answer.error is None, "error", answer.error)
            demand(answer.value == (state.records != {"missing"}), "error", f"forget said {answer.value}")
            state.was_forgotten()

    @_step()
    def accept(self, spot: Spot, x: int) -> None:
        state = spot.state
        run = state.record if state.certain else None
        if run is None or spot.shelf.has_history:
            return
        possible = run.x == x and state.outcomes(run.code, x) == {"reuse"}
        answer = self.study.ask(spot.shelf.name, x, "accept")
        demand((answer.error is None) == possible, "error", f"accept: {answer.error or answer.value}")
        if possible and run.code != self.study.code:
            state.was_accepted(self.study.code)

    @_step(named=True)
    def adopt(self, spot: Spot, x: int) -> None:
        if spot.state.certain and spot.state.refusals() == {True}:
            self.judge_adoption(spot, x, self.study.ask(spot.shelf.name, x, "adopt"), called=False)

    @_step()
    def undo(self, spot: Spot, x: int) -> None:
        state = spot.state
        if state.certain:
            run = state.record
            answer = self.study.ask(spot.shelf.name, x, "undo")
            demand((answer.error is None) == bool(run and run.amended), "error", f"undo: {answer.error}")
            if run and run.amended:
                state.was_undone()

    @_step(moment=st.integers(1, 80))
    def call_and_die(self, spot: Spot, x: int, moment: int) -> None:
        state = spot.state
        outcomes = state.outcomes(self.study.code, x)
        contents = spot.shelf.contents(self.study.code, x)
        self.study.ask_and_die(spot.shelf.name, x, moment)
        if "run" in outcomes:
            state.was_cut_off(self.study.code, x, contents)
            for other in self.others(spot):
                other.may_be_pruned(done=False)
            for place, name in enumerate(state.names):
                now = self.study.read(name)
                demand(now in (state.contents[place], contents[place]), "torn", f"{name} holds {now!r:.80}")
                state.contents[place] = now
        elif "reuse" in outcomes:
            state.was_reused(self.study.code, x)

    # What people do

    @_step(factor=st.integers(1, 2), offset=st.integers(1, 2), note=st.sampled_from(("a note", "a!!! note")))
    def edit_the_code(self, spot: Spot, x: int, factor: int, offset: int, note: str) -> None:
        self.study.edit(Code(factor, offset), note)

    @_step(named=True, place=_PLACE)
    def delete(self, spot: Spot, x: int, place: int) -> None:
        place, path = self._file(spot, place)
        path.unlink(missing_ok=True)
        spot.state.contents[place] = None

    @_step(named=True, place=_PLACE, when=st.sampled_from((None, (1, 1), (1.5, 1.5))))
    def touch(self, spot: Spot, x: int, place: int, when: tuple[float, float] | None) -> None:
        _, path = self._file(spot, place)
        if path.exists():
            os.utime(path, when)

    @_step(named=True, place=_PLACE, copy=st.sampled_from((shutil.copy2, shutil.copyfile)))
    def put_a_copy_in_place(self, spot: Spot, x: int, place: int, copy: Callable[[Any, Any], Any]) -> None:
        _, path = self._file(spot, place)
        if path.exists():
            copy(path, f"{path}.copy")
            os.replace(f"{path}.copy", path)

    @_step(named=True, place=_PLACE, same_size=st.booleans(), back_in_time=st.booleans(), anew=st.booleans())
    def edit_by_hand(self, spot: Spot, x: int, place: int, same_size: bool, back_in_time: bool, anew: bool) -> None:
        place, path = self._file(spot, place)
        before = path.stat() if path.exists() else None
        content = self.words(path.suffix)
        if same_size and before:
            content = content.ljust(before.st_size)
        path.parent.mkdir(exist_ok=True)
        if anew:
            path.unlink(missing_ok=True)
        path.write_bytes(content)
        if back_in_time and before:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        spot.state.contents[place] = content

    @_step(named=True, place=_PLACE)
    def take_an_edit_back(self, spot: Spot, x: int, place: int) -> None:
        place, path = self._file(spot, place)
        run = spot.state.record if spot.state.certain else None
        if run and path.exists():
            path.write_bytes(run.contents[place])
            spot.state.contents[place] = run.contents[place]

    @_step(named=True, place=_PLACE)
    def edit_while_it_runs(self, spot: Spot, x: int, place: int) -> None:
        state, shelf = spot.state, spot.shelf
        if state.certain and not shelf.has_history and state.outcomes(self.study.code, x) == {"run"}:
            place, path = self._file(spot, place)
            words = self.words(path.suffix)
            state.contents[place] = words
            answer = self.study.ask_meddled(shelf.name, x, path, words)
            self.judge_value(answer, [shelf.value(self.study.code.words(x))])
            demand(answer.ran, "error", "it did not run")
            demand("not kept" in answer.warned, "lost", f"nobody was told that it was not kept: {answer.warned}")

    def _file(self, spot: Spot, place: int) -> tuple[int, Path]:
        """Return the place of a file among the outputs of a call, and its path."""
        place = min(place, len(spot.state.names) - 1)
        return place, self.study.root / spot.state.names[place]

    # What becomes of the file system

    @_step(how=st.sampled_from(["a moment later", "in a new process", *sorted(_COPIES)]))
    def go_on(self, spot: Spot, x: int, how: str) -> None:
        if how in _COPIES:
            self.study.move(_COPIES[how])
        elif how == "in a new process":
            self.study.restart()
        else:
            time.sleep(0.03)

    @_step(damage=_DAMAGE, second=st.booleans())
    def damage_a_record(self, spot: Spot, x: int, damage: str, second: bool) -> None:
        state = spot.state
        second = second and len(spot.shelf.names) > 1
        place = self.study.note_of(spot.shelf.name, x, second)
        if place.exists():
            self.study.spoil(place, _DAMAGES[damage])
            found = {"missing" if damage == "missing" else "damaged"}
            state.records, state.pointers = (state.records, found) if second else (found, state.pointers)

    @_step(damage=_DAMAGE)
    def spoil_a_kept_result(self, spot: Spot, x: int, damage: str) -> None:
        for place in self.study.kept_files(spot.shelf.name, x) if not spot.shelf.names else ():
            self.study.spoil(place, _DAMAGES[damage])
            spot.state.was_spoilt()
