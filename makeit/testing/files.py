"""Rules on files: which are written, where, and what loading does to them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from makeit.testing.contents import contents, listing
from makeit.testing.declaration import Declaration
from makeit.testing.forgetting import forgetting
from makeit.testing.saving import place, save

# The names that users and makeit itself give; the long one is near what file systems take.
NAMES = ("two words", "größe-名前", "100%[1]{a}'(b)&=#", "longer" * 38)
# Where makeit saves: a hidden folder with a name of this kind.
PRIVATE = ".makeit-0a1b2c3d-4711-x_y z"


class FileRules(Declaration):
    """What a persister does in the file system."""

    def test_save_writes_its_files_and_no_others(self, value: Any, tmp_path: Path) -> None:
        """makeit publishes what files() names, and would lose, or litter the user's folder with, anything else."""
        file = place(self, tmp_path / "folder")
        persister = self.persister(file)
        persister.save(value)
        named = [Path(path) for path in persister.files()]
        assert named[0] == file, f"files() begins with {named[0]}; let it begin with self.filename"
        assert {path.parent for path in named} == {file.parent}, f"files() names {named}; keep companions in one folder"
        found, wanted = listing(file.parent), sorted(path.name for path in named)
        assert found == wanted, (
            f"save() wrote {found} where files() names {wanted}. Write exactly self.filename (some libraries add a "
            "suffix of their own), and name companions in files()"
        )
        assert not os.listdir(), f"save() wrote {os.listdir()} into the working folder. Write to self.filename alone"

    def test_any_file_name_will_do(self, value: Any, tmp_path: Path) -> None:
        """Users choose the names, and makeit saves in a folder of its own with a name that begins with a dot."""
        for number, stem in enumerate(NAMES):
            name = stem[: 230 - len(self.suffix)]
            folder = tmp_path / str(number) / PRIVATE
            try:
                save(self, folder, value, name).load()
            except Exception as error:
                raise AssertionError(
                    f"a file named {name + self.suffix!r} cannot be saved and loaded: {type(error).__name__}: {error}. "
                    "Hand self.filename on as it is, without patterns, quoting or encoding"
                ) from error

    def test_load_leaves_the_file_alone(self, value: Any, tmp_path: Path) -> None:
        """A file that changes while it is loaded is a foreign one, which makeit neither loads nor overwrites."""
        persister = save(self, tmp_path / "folder", value)
        before = _state(tmp_path / "folder"), contents(persister)
        with forgetting():
            loaded = persister.load()
            self.agrees(loaded, loaded)
            del loaded
        after = _state(tmp_path / "folder"), contents(persister)
        assert after == before, (
            "load() changed a file, its time stamp, or what lies beside it. Open files for reading only, and keep "
            "indexes and caches elsewhere"
        )


def _state(folder: Path) -> dict[str, tuple[int, int, int, int]]:
    """Return what tells of a change of any file below a folder."""
    found = {path: path.stat() for path in sorted(folder.rglob("*"))}
    return {
        path.relative_to(folder).as_posix(): (stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_mode)
        for path, stat in found.items()
    }
