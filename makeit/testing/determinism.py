"""Rules on bytes: equal values give equal ones, wherever and whenever they are saved."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from makeit.testing.contents import Contents, contents, difference
from makeit.testing.declaration import Declaration, duplicate
from makeit.testing.foundations import require
from makeit.testing.process import start
from makeit.testing.saving import save

# Sets, and all that depends on hashes, come in another order in each of them.
_SEEDS = ("1", "2")
_ZONES = ("Etc/GMT+12", "Pacific/Kiritimati")


class DeterminismRules(Declaration):
    """What the bytes of a file depend on: the value alone.

    makeit tells by them whether a result is the one it kept: with other bytes for an equal value, all that was
    computed from it is computed again.
    """

    def test_equal_values_give_equal_bytes(self, value: Any, tmp_path: Path) -> None:
        """The bytes depend on the value: not on the object, the folder, or what was saved before."""
        self._require_determinism()
        again = duplicate(value)
        first = contents(save(self, tmp_path / "first", value))
        found = difference(first, contents(save(self, tmp_path / "second", again)))
        assert not found, (
            f"two saves of equal values differ: {found}. Leave out random numbers, addresses and the path; "
            "or say `deterministic = False`"
        )

    def test_other_processes_give_equal_bytes(self, tmp_path: Path) -> None:
        """Hash seeds and process numbers are others in every process, and a result outlives many."""
        self._require_determinism()
        require(self, tmp_path, "test_equal_values_give_equal_bytes")
        running = [start(self, "save_all", tmp_path / seed, environment={"PYTHONHASHSEED": seed}) for seed in _SEEDS]
        for process in running:
            process.finish()
        here = self._all(tmp_path / "here")
        for seed in _SEEDS:
            files = [tmp_path / seed / str(number) / f"value{self.suffix}" for number in range(len(self.examples))]
            there = [contents(self.persister(file)) for file in files]
            found = next(filter(None, map(difference, here, there)), "")
            assert not found, (
                f"an equal value has other bytes in another process: {found}. Sort what comes out of sets and "
                "leave out hashes and process numbers; or say `deterministic = False`"
            )

    def test_bytes_do_not_tell_the_time(self, tmp_path: Path) -> None:
        """A file that holds the time of its writing is a new one every time."""
        self._require_determinism()
        require(self, tmp_path, "test_equal_values_give_equal_bytes")
        with _time_zone(_ZONES[0]):
            first = self._all(tmp_path / "first")
        # The next second, in another time zone and on another day there.
        time.sleep(1.01 - time.time() % 1)
        with _time_zone(_ZONES[1]):
            second = self._all(tmp_path / "second")
        found = next(filter(None, map(difference, first, second)), "")
        assert not found, (
            f"a file that is written later differs: {found}. Give the library a fixed time stamp (gzip takes mtime=0, "
            "ZipInfo a date_time); or say `deterministic = False`"
        )

    def _all(self, folder: Path) -> list[Contents]:
        return [contents(save(self, folder / str(number), self.given(number))) for number in range(len(self.examples))]

    def _require_determinism(self) -> None:
        if not self.deterministic:
            pytest.skip("the suite says deterministic = False")


@contextmanager
def _time_zone(zone: str) -> Iterator[None]:
    """Set the clock on the wall, not that of the computer; Windows has no tzset, and keeps its time zone."""
    before = os.environ.get("TZ")
    _set_zone(zone)
    try:
        yield
    finally:
        _set_zone(before)


def _set_zone(zone: str | None) -> None:
    os.environ.pop("TZ", None)
    if zone is not None:
        os.environ["TZ"] = zone
    getattr(time, "tzset", lambda: None)()
