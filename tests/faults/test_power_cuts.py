"""The model of a disk that loses power: what can be lost, what cannot, and that stamps are as they would be."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from makeit.model import FileStamp, Record
from makeit.store.ledger import decode
from tests.faults import recording, syscall_log
from tests.faults.aged import Ageing
from tests.faults.crash_saves import SAVES
from tests.faults.crash_states import Crash, count, states
from tests.faults.disk import Disk
from tests.faults.journal import ROOT, Resize, Write

NEW, OLD = (ROOT, "new"), (ROOT, "old")


def saved(*, synced: bool, folder_synced: bool = False) -> Disk:
    """Write a file and rename it over another, as every save does."""
    disk = Disk()
    old = disk.make(OLD, folder=False)
    disk.write(old, Write(0, b"old!"))
    disk.settle()
    new = disk.make(NEW, folder=False)
    disk.write(new, Write(0, b"new!"))
    if synced:
        disk.sync(new)
    disk.change((NEW, None), (OLD, new))
    if folder_synced:
        disk.sync(ROOT)
    disk.pause("the end")
    return disk


def outcomes(disk: Disk) -> set[bytes]:
    """Return all that the file can hold after a power cut."""
    return {crash.tree()["old"] for crash in states(disk.journal(), 1000, Random(0))}


def test_what_was_not_synced_may_be_nothing_zeros_half_or_all_behind_a_rename() -> None:
    assert outcomes(saved(synced=False)) == {b"old!", b"", b"\0\0\0\0", b"ne\0\0", b"new!"}


def test_what_was_synced_is_old_or_new_and_new_once_the_folder_is_synced() -> None:
    assert outcomes(saved(synced=True)) == {b"old!", b"new!"}
    journal = saved(synced=True, folder_synced=True).journal()
    assert journal.durable(journal.moments[-1]) == {0, 1}
    assert count(journal) == 2  # before the save, and after it


def test_names_in_two_folders_may_be_lost_apart_but_not_what_a_synced_one_builds_on() -> None:
    disk = Disk()
    one, two = (disk.make((ROOT, name), folder=True) for name in ("one", "two"))
    disk.settle()
    disk.make((one, "a"), folder=False)
    disk.make((two, "b"), folder=False)
    inner = disk.make((two, "inner"), folder=True)
    disk.pause("the end")
    seen = {frozenset(crash.paths()) - {"one", "two"} for crash in states(disk.journal(), 1000, Random(0))}
    behind = (frozenset[str](), frozenset({"two/b"}), frozenset({"two/b", "two/inner"}))
    assert seen == {*behind, *(names | {"one/a"} for names in behind)}
    disk.sync(inner)
    disk.pause("the sync")
    journal = disk.journal()
    assert journal.durable(journal.moments[-1]) == {1, 2}


@pytest.mark.parametrize(
    ("change", "pick", "expected"),
    [
        (Write(2, b"xyz"), "none", b"ab\0\0\0"),
        (Write(2, b"xyz"), "half", b"abx\0\0"),
        (Write(0, b"xy"), "none", b"ab"),
        (Resize(1), "all", b"a"),
        (Resize(1), "none", b"ab"),
        (Resize(4), "all", b"ab\0\0"),
    ],
)
def test_a_write_that_is_not_there_leaves_the_old_bytes_or_zeros(change: Write, pick: str, expected: bytes) -> None:
    assert change.onto(b"ab", pick) == expected  # type: ignore[arg-type]


def test_a_file_has_the_stamp_of_the_one_it_stands_for_until_it_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    path.parent.mkdir()
    path.write_text("x")
    ageing = Ageing()
    ageing.add(path, FileStamp(1, 5 * 10**9, 7, 11))
    with ageing:
        found = os.stat(path)
        with os.scandir(path.parent) as entries:
            (entry,) = entries
        assert (found.st_mtime_ns, found.st_ctime_ns, found.st_ino) == (5 * 10**9, 7, 11)
        assert entry.stat() == found
        path.write_text("y")
        assert os.stat(path).st_ino != 11
    assert os.stat(path).st_ctime_ns != 7


@pytest.mark.skipif(bool(syscall_log.missing()), reason=syscall_log.missing())
def test_a_recorded_save_has_the_stamps_that_its_record_names(tmp_path: Path) -> None:
    save = next(save for save in SAVES if save.name == "npy, replaced")
    recording.record(tmp_path, [save], "")
    ((_, journal),) = recording.journals(tmp_path)
    moment = journal.moments[-1]
    crash = Crash(journal, moment, frozenset(range(moment.changes)), {})
    record = decode("the record", crash.tree()[".makeit/records/array.npy.json"])
    assert isinstance(record, Record)
    assert crash.stamp(crash.paths()["array.npy"]) == record.outputs[0].files[0].stamp
