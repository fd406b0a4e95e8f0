"""Journals: files of plain values that grow at their end, of which what is torn or another user's is left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from makeit.store.journal import Journal

VALUES = [{"a": 1}, ("b", 2.0, None, [True]), "c" * 100]
_LARGEST = 1 << 20


@pytest.fixture
def place(project: Path) -> Path:
    return project / "folder" / "journal"


def written(place: Path) -> Journal:
    journal = Journal(str(place))
    for value in VALUES:
        journal.append(value)
    return journal


def test_what_was_added_is_read(place: Path) -> None:
    assert list(Journal(str(place)).read(_LARGEST)) == []
    journal = written(place)
    assert list(Journal(str(place)).read(_LARGEST)) == VALUES
    assert list(journal.read(place.stat().st_size - 1)) == []
    journal.append("new", anew=True)
    assert list(journal.read(_LARGEST)) == ["new"]


def test_an_entry_that_was_torn_is_left_out_and_later_ones_are_read(place: Path) -> None:
    journal = written(place)
    whole = place.read_bytes()
    for cut in range(len(whole)):
        place.write_bytes(whole[:cut])
        before = list(journal.read(_LARGEST))
        assert before == VALUES[: len(before)]
        journal.append("later")
        assert list(journal.read(_LARGEST)) == [*before, "later"]


def test_a_damaged_entry_is_left_out(place: Path) -> None:
    journal = written(place)
    whole = place.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        place.write_bytes(damaged)
        assert all(value in VALUES for value in journal.read(_LARGEST))


def test_what_another_user_could_have_written_is_not_read(place: Path) -> None:
    journal = written(place)
    assert place.stat().st_mode & 0o777 == 0o600
    assert list(journal.read(_LARGEST)) == VALUES
    place.chmod(0o620)
    assert list(journal.read(_LARGEST)) == []
    place.chmod(0o600)
    if os.getuid() == 0:
        os.chown(place, 12345, -1)
        assert list(journal.read(_LARGEST)) == []


def test_a_link_is_not_followed_to_be_written_to(place: Path, project: Path) -> None:
    place.parent.mkdir()
    (project / "other").write_text("precious")
    place.symlink_to(project / "other")
    written(place)
    assert (project / "other").read_text() == "precious"


def test_where_nothing_can_be_written_nothing_is_raised(project: Path) -> None:
    (project / "file").touch()
    journal = Journal(str(project / "file" / "journal"))
    journal.append(1)
    assert list(journal.read(_LARGEST)) == []
