"""Rules on values: what was saved comes back, every time, with nothing but the file and the notes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from makeit.testing.declaration import Declaration, duplicate
from makeit.testing.saving import reader, save


class ValueRules(Declaration):
    """What a persister does with values."""

    def test_a_value_comes_back_as_it_was(self, value: Any, tmp_path: Path) -> None:
        """What a first call computes and what later calls load has to be one thing: in type, dtype and value."""
        wanted = self.expected(duplicate(value))
        found = save(self, tmp_path, value).load()
        assert self.agrees(found, wanted), (
            f"{_shown(wanted)} came back as {_shown(found)}. Return in the notes of save() what the file cannot "
            "say, or refuse the value with PersistError. Where the difference is meant, say so with `expected`"
        )

    def test_faithful_is_true(self, value: Any, tmp_path: Path) -> None:
        """makeit spares itself the first loading where the persister is faithful, and gives what the function gave."""
        wanted = duplicate(value)
        persister = save(self, tmp_path, value)
        if not persister.faithful:
            pytest.skip("the persister does not say that it is faithful")
        found = persister.load()
        assert self.agrees(found, wanted), (
            f"`faithful` is True, but {_shown(wanted)} came back as {_shown(found)}: the first call would give one, "
            "later calls the other. Set `faithful = False`"
        )

    def test_a_second_load_equals_the_first(self, value: Any, tmp_path: Path) -> None:
        """One persister loads many times while a result is reused; loading must not use anything up."""
        persister = save(self, tmp_path, value)
        first = duplicate(persister.load())
        second = persister.load()
        assert self.agrees(second, first), (
            f"the first load gave {_shown(first)}, the second {_shown(second)}. Let load() change "
            "nothing in the persister"
        )

    def test_save_leaves_the_value_alone(self, value: Any, tmp_path: Path) -> None:
        """The value belongs to the user, who may hold on to it, and is in the exception if saving fails."""
        before = duplicate(value)
        save(self, tmp_path, value)
        assert self.agrees(value, before), (
            f"save() changed its argument from {_shown(before)} to {_shown(value)}. Work on a copy of what "
            "has to change"
        )

    def test_notes_are_json(self, value: Any, tmp_path: Path) -> None:
        """Notes are kept in the record, which is JSON."""
        notes = self.persister(tmp_path / f"value{self.suffix}").save(value)
        assert notes is None or isinstance(notes, Mapping), (
            f"save() returned {notes!r}; return a dict of notes, or None"
        )
        try:
            json.dumps(dict(notes or {}), allow_nan=False)
            assert all(isinstance(name, str) for name in notes or {})
        except (TypeError, ValueError, AssertionError) as error:
            pytest.fail(
                f"the notes {notes!r} are no JSON: {error}. Return strings, numbers, booleans, None, lists and dicts "
                "with string keys; write a dtype or a type as its name"
            )

    def test_the_notes_alone_are_enough(self, value: Any, tmp_path: Path) -> None:
        """A later process has the file and the notes, and not the persister that saved."""
        writer = save(self, tmp_path, value)
        wanted, found = writer.load(), reader(self, writer).load()
        assert self.agrees(found, wanted), (
            f"the persister that saved loads {_shown(wanted)}, a new one with its notes {_shown(found)}. Return what "
            "load() needs from save(), as notes, instead of keeping it on the persister"
        )


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) <= 200 else text[:200] + '…'} of type {type(value).__name__}"
