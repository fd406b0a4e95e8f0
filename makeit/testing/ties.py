"""Rules on the tie between a loaded value and its file: neither may spoil the other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from makeit.testing.contents import contents, remove, replace
from makeit.testing.declaration import Declaration
from makeit.testing.forgetting import forgetting
from makeit.testing.foundations import SOUND, require
from makeit.testing.saving import save


class TieRules(Declaration):
    """What a loaded value has to do with its file."""

    def test_a_loaded_value_cannot_damage_the_file(self, value: Any, tmp_path: Path) -> None:
        """A user may change what a call gave, and may not thereby change what later calls give."""
        persister = save(self, tmp_path, value)
        before = contents(persister)
        with forgetting():
            loaded = persister.load()
            self.mutate(loaded)
            del loaded
        assert contents(persister) == before, (
            "a loaded value was changed in place, and the file with it. Load into memory, or map the file read-only "
            "or copy-on-write"
        )

    def test_a_loaded_value_outlives_a_new_file(self, example: int, tmp_path: Path) -> None:
        """A result that somebody works with stays what it was while the next result is published under its name."""
        require(self, tmp_path, *SOUND)
        if os.name == "nt":
            pytest.skip("Windows does not replace a file that is open")
        persister = save(self, tmp_path / "old", self.given(example))
        loaded = persister.load()
        replace(persister, save(self, tmp_path / "new", self.given(example + 1)))
        assert self._still(loaded, example), (
            "after a new file took the place of the old one, the loaded value is another. Open the file when it is "
            "loaded (a map keeps the old content), instead of opening it by name when data are asked for"
        )

    def test_portable_is_true(self, example: int, tmp_path: Path) -> None:
        """Where the persister is portable, makeit publishes a file after it was loaded, and does not load it again."""
        require(self, tmp_path, *SOUND)
        persister = save(self, tmp_path, self.given(example))
        if not persister.portable:
            pytest.skip("the persister does not say that it is portable")
        loaded = persister.load()
        for path in [Path(path) for path in persister.files()]:
            for file in path.rglob("*") if path.is_dir() else [path]:
                if file.is_file():
                    _overwrite(file)
        assert self._still(loaded, example), (
            "`portable` is True, but a loaded value changed together with its file. Set `portable = False`"
        )
        remove(persister)
        assert self._still(loaded, example), (
            "`portable` is True, but a loaded value cannot be used without its file. Set `portable = False`"
        )

    def _still(self, loaded: Any, example: int) -> bool:
        try:
            return self.agrees(loaded, self.expected(self.given(example)))
        except Exception:  # a value that has lost its file may fail in any way
            return False


def _overwrite(file: Path) -> None:
    """Fill a file with zeros in place: a map of it sees them, and does not end before its file does."""
    with file.open("r+b") as stream:
        stream.write(bytes(file.stat().st_size))
