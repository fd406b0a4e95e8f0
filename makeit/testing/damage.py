"""Rules on damaged files: whatever lies under the name, loading gives the value or raises."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from makeit.testing.declaration import Declaration
from makeit.testing.mishaps import EQUAL, REFUSED
from makeit.testing.process import start

# Why a kind of mishap may not have been tried.
_ABSENT = {
    "trap": "the persister says `executes`: makeit loads verified files alone",
    "full": "this platform cannot limit what a process writes",
}
# Each crash costs a new process; an author needs to see one.
_MOST_CRASHES = 3
_journals: WeakKeyDictionary[type[Declaration], list[dict[str, Any]]] = WeakKeyDictionary()


class DamageRules(Declaration):
    """What a persister does with a file that is not the one it wrote.

    makeit compares digests before it loads what it kept; these rules are for adopted files, for files that change
    while they are read, and for everybody who uses the persister alone.
    """

    def test_truncated_file_raises(self, tmp_path: Path) -> None:
        """A copy that was interrupted gives an error, not half a result."""
        self._all_well(
            "truncated",
            tmp_path,
            "Compare the size of the file with what its header, or your notes, promise, before anything is read; a "
            "format that ends in a mark is safe, too",
        )

    def test_empty_file_raises(self, tmp_path: Path) -> None:
        """An empty file is what a crash leaves most often."""
        self._all_well("empty", tmp_path, "Let load() raise ValueError for an empty file, instead of a default")

    def test_zero_filled_file_raises(self, tmp_path: Path) -> None:
        """After a power failure a file may have its length, and zeros in place of its content."""
        self._all_well("zero-filled", tmp_path, "Begin the file with a few bytes that load() looks for")

    def test_foreign_file_raises(self, tmp_path: Path) -> None:
        """A file of another kind is not taken for a result."""
        self._all_well("foreign", tmp_path, "Begin the file with a few bytes that load() looks for")

    def test_missing_file_raises(self, tmp_path: Path) -> None:
        """A file that vanished, or lost its companion, is no default value."""
        self._all_well("missing", tmp_path, "Let load() raise FileNotFoundError")

    def test_loading_runs_no_code(self, tmp_path: Path) -> None:
        """Whoever can write a file must not thereby be able to run a program; pickles and the like say `executes`."""
        self._all_well(
            "trap", tmp_path, "Set `executes = True`, so that makeit loads verified files alone, or switch pickle off"
        )

    def test_a_full_disk_raises_oserror(self, tmp_path: Path) -> None:
        """On an OSError from save() makeit gives the value with a warning, and leaves the old result in place."""
        self._all_well(
            "full",
            tmp_path,
            "Let the OSError of a write come out of save(), and close files inside it, where buffers are written",
        )

    def _all_well(self, kind: str, tmp_path: Path, advice: str) -> None:
        if type(self) not in _journals:
            _journals[type(self)] = _suffered(self, tmp_path)
        cases = [entry for entry in _journals[type(self)] if entry["kind"] == kind]
        if not cases:
            pytest.skip(_ABSENT.get(kind, "no example has a file that could be damaged so"))
        bad = [f"{case['about']}: {case['outcome']}" for case in cases if case["outcome"] not in (REFUSED, EQUAL)]
        assert not bad, f"{len(bad)} of {len(cases)} times, first with {bad[0]}. {advice}"


def _suffered(suite: Declaration, folder: Path) -> list[dict[str, Any]]:
    """Let a process suffer all mishaps; where it crashes, another one goes on after that."""
    found: list[dict[str, Any]] = []
    for attempt in range(_MOST_CRASHES + 1):
        process = start(suite, "suffer", folder / f"process {attempt}", first=len(found))
        status, entries = process.end()
        found += [entry for entry in entries if entry["outcome"] is not None]
        if status == 0:
            break
        if not entries or entries[-1]["outcome"] is not None or status > 0:
            process.finish()
        found.append({**entries[-1], "outcome": f"the process crashed with {_name(-status)}"})
    return found


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
