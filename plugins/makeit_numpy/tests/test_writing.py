"""Arrays on their way to a file: the bytes that NumPy writes, and what is told of them is true of the file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from makeit import Maker
from makeit.identity import saving
from makeit.identity.digest import Digest, digest_file
from makeit.identity.files import stamp
from makeit.store import staging
from makeit_numpy import NumpyFile, ahead, npy, writing
from makeit_numpy.fingerprint import fingerprint

PADDED = np.dtype({"names": ["a", "b"], "formats": ["i1", "f8"], "offsets": [0, 8], "itemsize": 24})
NEGATIVE_NAN = np.array([0xFFF8000000000001], "u8").view("f8")[0]
ARRAYS: list[Any] = [
    np.arange(1000.0), np.arange(1000.0).reshape(10, 100), np.asfortranarray(np.arange(1000.0).reshape(10, 100)),
    np.arange(1000.0)[::3], np.zeros(0), np.zeros((0, 3), ">i2"), np.array(3), np.zeros(5, "U0"),
    np.arange(99, dtype="u1"), np.array(["a", "bc"]), np.zeros(3, "S999"), np.arange(7).astype("M8[s]"),
    np.arange(300, dtype="c16").reshape(3, 100), np.arange(300, dtype="longdouble"), np.zeros(50, PADDED),
    np.zeros(3, [(f"field {number} of a long header", "f8") for number in range(2000)]), np.zeros(2, [("ü", "i4")]),
    np.full(400, NEGATIVE_NAN), np.array([True, False]), np.ones(500, "f2"),
]  # fmt: skip


@pytest.fixture(params=[256, writing.PIECE])
def _pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PIECE", request.param)
    monkeypatch.setattr(ahead, "WORTH", 2 * request.param)


def told(path: Path, array: Any) -> saving.Saving:
    """Write an array as while a result is saved, and return what was told of it."""
    with saving.Saving() as found, saving.believing(own=True):
        npy.write_file(path, array)
    return found


def decorated(folder: Path, persister: Any, function: Callable[[int], Any], **options: Any) -> Any:
    return Maker(cachedir=folder / ".makeit", root=folder)(function, output=persister, name="numbers", **options)


def digest_of(path: Path, found: saving.Saving) -> str | None:
    now = stamp(path)
    assert now is not None
    return found.digest(str(path), now)


@pytest.mark.usefixtures("_pieces")
@pytest.mark.parametrize("number", range(len(ARRAYS)))
def test_the_bytes_are_those_of_numpy(number: int, tmp_path: Path) -> None:
    array, wanted = ARRAYS[number], io.BytesIO()
    npy.write(wanted, array)
    npy.write_file(tmp_path / "x.npy", array)
    assert (tmp_path / "x.npy").read_bytes() == wanted.getvalue()
    found = told(tmp_path / "y.npy", array)
    assert (tmp_path / "y.npy").read_bytes() == wanted.getvalue()
    assert digest_of(tmp_path / "y.npy", found) in (digest_file(tmp_path / "y.npy"), None)


@pytest.mark.usefixtures("_pieces")
@pytest.mark.parametrize("number", range(len(ARRAYS)))
def test_what_is_told_is_what_a_look_would_say(number: int, tmp_path: Path) -> None:
    array = ARRAYS[number]
    wanted = fingerprint(array)
    with saving.Saving(), saving.believing(own=True):
        npy.write_file(tmp_path / "x.npy", array)
        assert fingerprint(array) == wanted


@pytest.mark.usefixtures("_pieces")
def test_what_is_told_is_true_of_the_file_whenever_another_thread_writes_to_the_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.arange(5000.0)

    class Changing(Digest):
        def update(self, part: Any) -> None:
            super().update(part)
            array[:] += 1

    write = writing._write

    def changing(stream: Any, content: Any) -> None:
        array[:] += 1
        write(stream, content)
        array[:] += 1

    monkeypatch.setattr(writing, "Digest", Changing)
    monkeypatch.setattr(writing, "_write", changing)
    with saving.Saving() as found, saving.believing(own=True):
        npy.write_file(tmp_path / "x.npy", array)
        shown = fingerprint(array)
    assert digest_of(tmp_path / "x.npy", found) == digest_file(tmp_path / "x.npy")
    assert shown == fingerprint(np.load(tmp_path / "x.npy"))


def test_a_large_file_begins_its_way_to_the_disk_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[int, int]] = []

    def begin(descriptor: int, start: int, size: int) -> None:
        assert os.fstat(descriptor).st_size == start + size
        begun.append((start, size))

    monkeypatch.setattr(ahead, "begin", begin)
    monkeypatch.setattr(ahead, "WORTH", 1 << 20)
    npy.write_file(tmp_path / "x.npy", np.zeros(3 << 20, "u1"))
    assert begun == []
    told(tmp_path / "x.npy", np.zeros(3 << 20, "u1"))
    assert begun == [(0, 1 << 20), (1 << 20, 1 << 20), (2 << 20, 1 << 20)]


@pytest.mark.parametrize("call", [None, lambda *arguments: -1])
def test_where_it_cannot_be_begun_nothing_is_amiss(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead.begin(-1, 0, 1)
    monkeypatch.setattr(ahead, "_call", lambda: call)
    monkeypatch.setattr(ahead, "WORTH", 1 << 10)
    told(tmp_path / "x.npy", np.arange(1 << 18))
    assert np.array_equal(npy.read_file(tmp_path / "x.npy"), np.arange(1 << 18))


def test_other_memory_is_looked_at(tmp_path: Path) -> None:
    base = np.arange(1 << 18, dtype="f8")
    array, wider = base[: 1 << 17].reshape(2, -1), base.reshape(2, -1)[:, : 1 << 16]
    views = [array.view(np.matrix), array.view("i8"), array.reshape(-1), array[:, ::2], array[:1], wider]
    others = [*views, array + 1]
    wanted = [fingerprint(other) for other in others]
    with saving.Saving(), saving.believing(own=True):
        npy.write_file(tmp_path / "x.npy", array)
        assert [fingerprint(other) for other in others] == wanted


def test_memory_is_not_given_to_another_array_meanwhile(tmp_path: Path) -> None:
    wanted = fingerprint(np.zeros(1 << 20))
    with saving.Saving(), saving.believing(own=True):
        npy.write_file(tmp_path / "x.npy", np.ones(1 << 20))
        assert fingerprint(np.zeros(1 << 20)) == wanted
        assert fingerprint(np.full(1 << 20, 0.0)) == wanted


def test_a_run_reads_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: str) -> str:
        raise AssertionError(f"{path} is read again")

    monkeypatch.setattr(staging, "digest_path", read)
    made = decorated(tmp_path, NumpyFile("x.npy"), lambda x: np.full(1 << 17, float(x)))
    found = made(1)
    (output,) = made.record(1).outputs
    assert output.files[0].digest == digest_file(tmp_path / "x.npy")
    assert output.fingerprint == fingerprint(found) == fingerprint(np.ones(1 << 17))


@pytest.mark.parametrize("size", [10, 1 << 17])
def test_a_file_that_was_written_to_since_is_read(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = staging._save

    def longer(private: Any, value: Any) -> Any:
        notes = save(private, value)
        with open(private.filename, "ab") as stream:
            stream.write(b"more")
        return notes

    monkeypatch.setattr(staging, "_save", longer)
    made = decorated(tmp_path, NumpyFile("x.npy"), lambda x: np.full(size, float(x)))
    made(1)
    assert made.record(1).outputs[0].files[0].digest == digest_file(tmp_path / "x.npy")


class Marking(NumpyFile):
    """Write a mark into the header of what NumPy wrote, without a change of its size: some do so within one tick."""

    told: ClassVar[list[Any]] = []

    def save(self, data: Any) -> Any:
        """Write an array and the mark."""
        self.told.append(saving.writing())
        notes = super().save(data)
        with open(self.filename, "r+b") as stream:
            stream.seek(126)
            stream.write(b" ")
        return notes


def test_formats_that_are_not_makeits_own_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Marking, "told", [])
    made = decorated(tmp_path, Marking("x.npy"), lambda x: np.full(1 << 17, float(x)))
    made(1)
    assert Marking.told == [None]
    assert made.record(1).outputs[0].files[0].digest == digest_file(tmp_path / "x.npy")
    assert saving.current() is None


def test_nothing_is_told_outside_of_a_run(tmp_path: Path) -> None:
    array = np.ones(1 << 17)
    NumpyFile(tmp_path / "x.npy").save(array)
    before = fingerprint(array)
    array[0] = 7
    assert fingerprint(array) != before
