"""Rules on the persister as an object: it is copied to other files, sent to other processes, and shown."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from makeit import Persister
from makeit.testing.contents import contents
from makeit.testing.declaration import Declaration, duplicate
from makeit.testing.equality import same
from makeit.testing.saving import place, recorded, save


class ObjectRules(Declaration):
    """What a persister is besides save() and load()."""

    def test_the_persister_knows_its_file(self, tmp_path: Path) -> None:
        """makeit reads the name of the file from the persister, and gives it others."""
        file = place(self, tmp_path)
        persister = self.persister(file)
        assert isinstance(persister, Persister), f"{persister!r} is no makeit.Persister; let its class inherit from it"
        assert isinstance(persister.filename, Path), (
            f"filename is {persister.filename!r}; let the initializer set self.filename = Path(filename)"
        )
        assert persister.filename == file, f"filename is {persister.filename} where {file} was given"

    def test_check_accepts_its_own_suffix(self, tmp_path: Path) -> None:
        """check() is called before the function runs, when there is no file and perhaps no folder yet."""
        file = tmp_path / "not made yet" / f"value{self.suffix}"
        persister = self.persister(file)
        try:
            persister.check()
        except Exception as error:
            pytest.fail(
                f"check() refuses {file.name} ({type(error).__name__}: {error}). Let it refuse what can never work, "
                "and leave alone what is on the disk"
            )
        assert not file.parent.exists(), "check() made a folder; let it look, and change nothing"
        named = type(persister).suffixes
        assert not named or self.suffix in named, f"suffixes are {named}, without {self.suffix!r}; add it"

    def test_at_keeps_the_options(self, value: Any, tmp_path: Path) -> None:
        """makeit saves through at(): in a private folder first, and in the place of each `{argument}`."""
        persister = self.persister(tmp_path / "origin" / f"value{self.suffix}")
        before = settings(persister)
        file = place(self, tmp_path / "other")
        twin = persister.at(str(file))
        assert type(twin) is type(persister), f"at() gave {twin!r}; return a {type(persister).__name__}"
        assert Path(twin.filename) == file, f"at() gave a persister on {twin.filename} instead of {file}"
        assert same(settings(twin), before), (
            f"at() gave a persister with {settings(twin)} instead of {before}. Take all options over (the at() that is "
            "inherited does)"
        )
        twin.save(value)
        assert contents(twin), f"save() did not write {file}, which at() was given"
        assert not (tmp_path / "origin").exists(), "save() after at() wrote to the first file; write to self.filename"

    def test_at_shares_no_state(self, example: int, tmp_path: Path) -> None:
        """Persisters of one origin save and load at the same time, in several threads."""
        origin = self.persister(place(self, tmp_path / "origin"))
        before = duplicate(settings(origin)), Path(origin.filename)
        origin.notes = {"of": "another file"}
        twins = [origin.at(place(self, tmp_path / name)) for name in ("first", "second")]
        assert not any(twin.notes for twin in twins), "at() took the notes over; they belong to one file"
        origin.notes = {}
        for number, twin in enumerate(twins):
            twin.notes = recorded(twin.save(self.given(example + number)))
        found = [twin.load() for twin in twins]
        after = settings(origin), Path(origin.filename)
        assert same(after, before), f"saving through at() changed the first persister from {before} to {after}"
        for number, twin in enumerate(twins):
            alone = save(self, tmp_path / "alone" / str(number), self.given(example + number))
            assert self.agrees(found[number], alone.load()), (
                f"of two persisters made by at(), one loads what belongs to the other: {twin!r}. Keep nothing on the "
                "class, and in no object that both refer to"
            )

    def test_a_pickled_persister_works(self, value: Any, tmp_path: Path) -> None:
        """Made functions are sent to worker processes, and their persisters with them."""
        self._works_as_well(value, tmp_path, lambda persister: pickle.loads(pickle.dumps(persister)), "pickled")

    def test_a_copied_persister_works(self, value: Any, tmp_path: Path) -> None:
        """A copy is another persister: what happens to it does not happen to the first."""
        persister = self.persister(place(self, tmp_path / "first"))
        twin = copy.copy(persister)
        twin.filename = place(self, tmp_path / "second")
        assert Path(persister.filename) == place(self, tmp_path / "first"), (
            "a copy is given another file, and the first persister has it, too; let copies be objects of their own"
        )
        self._works_as_well(value, tmp_path, copy.copy, "copied")

    def _works_as_well(self, value: Any, tmp_path: Path, again: Any, what: str) -> None:
        origin = self.persister(place(self, tmp_path))
        try:
            twin: Persister = again(origin)
        except Exception as error:
            pytest.fail(
                f"the persister cannot be {what}: {type(error).__name__}: {error}. Open files, locks and functions "
                "while saving, instead of keeping them on the persister"
            )
        assert same(settings(twin), settings(origin)), (
            f"the {what} persister has {settings(twin)} instead of {settings(origin)}; let it keep all options"
        )
        alone = save(self, tmp_path / "alone", duplicate(value))
        twin.notes = recorded(twin.save(value))
        assert self.agrees(twin.load(), alone.load()), f"the {what} persister loads something else"

    def test_repr_names_class_and_file(self, tmp_path: Path) -> None:
        """Messages show persisters, and the reader has to know which it is."""
        persister = self.persister(place(self, tmp_path, "readable"))
        shown = repr(persister)
        assert type(persister).__name__ in shown, f"repr is {shown}; let it name the class"
        assert "readable" in shown, f"repr is {shown}; let it name the file"


def settings(persister: Persister) -> dict[str, Any]:
    """Return what a persister was told besides its file: its attributes, in slots or not."""
    slots = [name for kind in type(persister).__mro__ for name in getattr(kind, "__slots__", ())]
    found = {**{name: getattr(persister, name, None) for name in slots}, **vars(persister)}
    return {name: found[name] for name in sorted(found) if name not in ("filename", "notes", "__dict__", "__weakref__")}
