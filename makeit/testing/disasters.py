"""Rules on disasters: a process that is killed while it saves, and callers that get in each other's way."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from makeit import CacheWarning
from makeit.testing.contents import contents, difference
from makeit.testing.declaration import Declaration
from makeit.testing.foundations import SOUND, require
from makeit.testing.process import start
from makeit.testing.saving import made, place

_ROUNDS = 8


class DisasterRules(Declaration):
    """What is left of a result when the processes that make it fare badly.

    makeit itself sees to it, by private folders and renames; a persister breaks it by files of its own elsewhere.
    """

    def test_a_killed_save_leaves_the_old_result(self, tmp_path: Path) -> None:
        """Jobs are killed; the old result stays, and the next call makes the new one as if nothing had been."""
        require(self, tmp_path, *SOUND, "test_a_later_process_reuses_the_result")
        project = tmp_path / "project"
        with _no_cache_warnings():
            first = made(self, project)(0)
            before = contents(self.persister(place(self, project)))
            status, _ = start(self, "die_saving", tmp_path / "killed", project=str(project), which=1).end()
            assert status, "the process was to be killed, and lived; does save() run in another process?"
            changed = difference(before, contents(self.persister(place(self, project))))
            assert not changed, f"a save that was killed left its mark on the old result: {changed}. {_ADVICE}"
            decision = made(self, project).why(0)
            assert decision.reuse, f"after a save was killed the old result is not reused: {decision}. {_ADVICE}"
            assert self.agrees(made(self, project)(0), first), f"after a killed save another value is loaded. {_ADVICE}"
            second = made(self, project)(1)
            decision = made(self, project).why(1)
        assert decision.reuse, f"after a save was killed the next one is not kept: {decision}. {_ADVICE}"
        assert self._right(second, 1), f"after a killed save the next call gave {second!r:.200}. {_ADVICE}"

    def test_concurrent_calls_get_right_values(self, tmp_path: Path) -> None:
        """Processes save and load one output at the same time, and each gets what it asked for."""
        require(self, tmp_path, *SOUND, "test_a_loaded_value_outlives_a_new_file")
        project = tmp_path / "project"
        with _no_cache_warnings():
            function = made(self, project)
            wrong = [] if self._right(function(0), 0) else ["the first call"]
            other = start(self, "alternate", tmp_path / "other", project=str(project), rounds=_ROUNDS)
            other.await_entry()
            for number in range(_ROUNDS):
                found = function(number % 2)
                wrong += [] if self._right(found, number % 2) else [f"example {number % 2} was given as {found!r:.200}"]
            wrong += [entry["wrong"] for entry in other.finish() if "wrong" in entry]
        assert not wrong, (
            f"{len(wrong)} times a call that ran beside others got a wrong value: {wrong[0]}. Write to self.filename "
            "alone: a scratch file with a fixed name belongs to whoever comes last"
        )

    def _right(self, found: Any, which: int) -> bool:
        return self.agrees(found, self.expected(self.given(which)))


_ADVICE = (
    "Write to self.filename alone, and keep no lock or mark in another place: it outlives the process. If a library "
    "does, give it a folder of its own"
)


@contextmanager
def _no_cache_warnings() -> Iterator[None]:
    """Let makeit say nothing of two examples that alternate on one output: here they are meant to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CacheWarning)
        yield
