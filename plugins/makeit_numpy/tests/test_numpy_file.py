"""NumpyFile: what comes back, what is refused, and what a damaged file does."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from makeit import PersistError, SpecError
from makeit_numpy import NumpyFile
from makeit_numpy.npz import write_archive

QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

DTYPES = st.one_of(
    hnp.scalar_dtypes(),
    hnp.byte_string_dtypes(),
    hnp.unicode_string_dtypes(),
    hnp.array_dtypes(),
    hnp.nested_dtypes(),
)
ARRAYS = DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0)))


def through(persister: NumpyFile, value: Any) -> Any:
    """Save, pass the notes through JSON as a record does, and load with another persister."""
    notes = json.loads(json.dumps(persister.save(value)))
    reader = persister.at(persister.filename)
    reader.notes = notes
    return reader.load()


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal in type, dtype, shape and every byte."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.longdouble):
        # Its bytes hold padding that nobody sets.
        return bool(one == other)
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return repr(one) == repr(other)


SINGLES = [
    1, -(2**63), 2**64 - 1, True, False, 0.1, -0.0, float("nan"), float("inf"), 1 - 2j, "", "ä€𝄞", b"",
    b"\x00x",
    np.float64(0.1), np.float32(0.1), np.int8(-1), np.bool_(True), np.complex64(1j), np.str_("x"),
    np.bytes_(b"x"),
    np.datetime64("NaT", "s"), np.datetime64("2020-01-01", "D"), np.timedelta64(3, "us"), np.longdouble(1) / 3,
    np.array(1), np.array("x"), np.array([(1, 2.0)], "i4,f8")[0],
]  # fmt: skip

ARRAYS_OF_NOTE = [
    np.arange(6.0).reshape(2, 3),
    np.arange(6, dtype=">i2"),
    np.asfortranarray(np.arange(24).reshape(2, 3, 4)),
    np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2)[::-1, :, ::2],
    np.zeros((0, 3)),
    np.zeros((3, 0), order="F"),
    np.array(["a", "bcd"]),
    np.array(["2020-01-01", "NaT"], "M8[ns]"),
    np.zeros(3, np.dtype({"names": ["a", "b"], "formats": ["i1", ">f8"], "offsets": [0, 8], "itemsize": 24})),
    np.zeros(2, [("größe", "f4"), ("日本", "i2", (2, 2))]),
    np.zeros(2, [(f"column_{number:04}", "f8") for number in range(3000)]),
    np.arange(4).reshape(2, 2).view(np.matrix),
    np.rec.array([(1, "a"), (2, "b")], dtype="i4,U3"),
]


class TestNpy:
    @pytest.mark.parametrize("value", SINGLES + ARRAYS_OF_NOTE, ids=lambda value: repr(value)[:40])
    def test_what_was_saved_comes_back_in_type_and_value(self, tmp_path: Path, value: Any) -> None:
        assert same(through(NumpyFile(tmp_path / "x.npy"), value), value)

    @QUIET
    @given(array=ARRAYS)
    def test_any_array_comes_back(self, tmp_path: Path, array: np.ndarray) -> None:
        assert same(through(NumpyFile(tmp_path / "x.npy"), array), array)

    def test_memory_order_comes_back(self, tmp_path: Path) -> None:
        array = through(NumpyFile(tmp_path / "x.npy"), np.ones((2, 3), order="F"))
        assert array.flags.f_contiguous
        assert array.flags.owndata
        assert array.flags.writeable

    def test_a_memory_map_comes_back_as_an_array_and_says_so(self, tmp_path: Path) -> None:
        source = NumpyFile(tmp_path / "source.npy", mmap_mode="r")
        mapped = through(source, np.arange(5))
        persister = NumpyFile(tmp_path / "x.npy")
        assert same(through(persister, mapped), np.arange(5))
        assert persister.faithful is False

    def test_exactly_the_named_file_is_written(self, tmp_path: Path) -> None:
        persister = NumpyFile(tmp_path / "x.npy").at(tmp_path / "x.npy.part")
        persister.save(np.ones(3))
        assert os.listdir(tmp_path) == ["x.npy.part"]

    def test_numpy_reads_what_is_written(self, tmp_path: Path) -> None:
        NumpyFile(tmp_path / "x.npy").save(np.arange(5))
        assert same(np.load(tmp_path / "x.npy", allow_pickle=False), np.arange(5))

    def test_what_numpy_wrote_is_read(self, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.arange(5))
        assert same(NumpyFile(tmp_path / "x.npy").load(), np.arange(5))

    @pytest.mark.parametrize(
        ("value", "hint"),
        [
            ([1, 2], "asarray"),
            ((1, 2), "npz"),
            (None, "pickle:"),
            ({"a": 1}, "pickle:"),
            (2**70, "pickle:"),
            ("trailing\0", "NUL"),
            (np.array([None, 1]), "pickle:"),
            (np.zeros(2, [("a", "O")]), "pickle:"),
            (np.ma.masked_array([1, 2], [0, 1]), "mask"),
            *([(np.array(["a"], np.dtypes.StringDType()), "pickle:")] if hasattr(np.dtypes, "StringDType") else []),
            (np.zeros(2, np.dtype("f8", metadata={"unit": "mm"})), "metadata"),
            (
                np.zeros(2, np.dtype({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [0, 2]})),
                "dtype",
            ),
            (np.zeros(2).view(type("Celsius", (np.ndarray,), {})), "Celsius"),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_what_would_come_back_different_is_refused_with_its_value(
        self, tmp_path: Path, value: Any, hint: str
    ) -> None:
        with pytest.raises(PersistError, match=hint) as refusal:
            NumpyFile(tmp_path / "x.npy").save(value)
        assert refusal.value.value is value
        assert not (tmp_path / "x.npy").exists()

    @pytest.mark.parametrize("mode", [None, "r", "c"])
    @pytest.mark.parametrize("damage", ["short", "long", "zeros", "empty", "header", "foreign"])
    def test_a_damaged_file_raises(self, tmp_path: Path, damage: str, mode: str | None) -> None:
        path = tmp_path / "x.npy"
        NumpyFile(path).save(np.arange(1000))
        whole = path.read_bytes()
        path.write_bytes(
            {
                "short": whole[:-1],
                "long": whole + b"\0",
                "zeros": bytes(len(whole)),
                "empty": b"",
                "header": whole[:50],
                "foreign": b"subject,age\nsub-01,34\n" * 100,
            }[damage]
        )
        with pytest.raises(ValueError):  # noqa: PT011 - the cause is NumPy's to word
            NumpyFile(path, mmap_mode=mode).load()

    @pytest.mark.parametrize("mode", [None, "r"])
    def test_a_pickle_is_never_loaded(self, tmp_path: Path, mode: str | None) -> None:
        np.save(tmp_path / "x.npy", np.array([None, {}]), allow_pickle=True)
        with pytest.raises(ValueError, match="object"):
            NumpyFile(tmp_path / "x.npy", mmap_mode=mode).load()

    def test_an_array_where_a_number_was_saved_raises(self, tmp_path: Path) -> None:
        persister = NumpyFile(tmp_path / "x.npy")
        persister.notes = persister.save(1)
        np.save(tmp_path / "x.npy", np.arange(3))
        with pytest.raises(ValueError, match="single int"):
            persister.load()


class TestMappedNpy:
    def test_r_is_a_read_only_map(self, tmp_path: Path) -> None:
        mapped = through(NumpyFile(tmp_path / "x.npy", mmap_mode="r"), np.arange(4))
        assert isinstance(mapped, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            mapped[0] = 1

    def test_c_keeps_changes_to_itself(self, tmp_path: Path) -> None:
        persister = NumpyFile(tmp_path / "x.npy", mmap_mode="c")
        mapped = through(persister, np.arange(4))
        mapped[0] = 7
        assert persister.load()[0] == 0

    @pytest.mark.parametrize("value", [np.zeros((0, 3)), np.array(1.5), np.asfortranarray(np.ones((2, 3)))])
    def test_empty_single_and_fortran_arrays_map(self, tmp_path: Path, value: np.ndarray) -> None:
        mapped = through(NumpyFile(tmp_path / "x.npy", mmap_mode="r"), value)
        assert same(np.asarray(mapped), value)
        assert mapped.flags.f_contiguous == value.flags.f_contiguous

    def test_a_number_comes_back_as_a_number(self, tmp_path: Path) -> None:
        assert same(through(NumpyFile(tmp_path / "x.npy", mmap_mode="r"), 3), 3)

    def test_it_is_not_faithful(self, tmp_path: Path) -> None:
        assert NumpyFile("x.npy").faithful
        assert not NumpyFile("x.npy", mmap_mode="r").faithful


class TestNpz:
    @pytest.mark.parametrize("compressed", [False, True])
    @pytest.mark.parametrize(
        "value",
        [
            {"b": np.arange(3), "a": np.eye(2), "file": np.zeros(1), "x/../y": np.ones(2), "": np.ones(1)},
            {"a": np.ones(1), "a.npy": np.zeros(1), "ä": np.ones(2, "f4")},
            {"number": 1, "scalar": np.float32(2), "nothing": np.array(3), "text": "x"},
            (np.ones(2), np.zeros(3)),
            [np.ones(2), 1],
            np.arange(4),
            np.ones((1, 1)).view(np.matrix),
            1.5,
            {},
            (),
            [],
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_what_was_saved_comes_back_in_type_and_value(self, tmp_path: Path, value: Any, compressed: bool) -> None:
        assert same(through(NumpyFile(tmp_path / "x.npz", compressed=compressed), value), value)

    @QUIET
    @given(value=st.dictionaries(st.text(), ARRAYS, max_size=4))
    def test_any_dict_of_arrays_comes_back_or_is_refused(self, tmp_path: Path, value: dict[str, np.ndarray]) -> None:
        persister = NumpyFile(tmp_path / "x.npz")
        if any("\0" in key or "\ud800" <= key <= "\udfff" for key in value):
            with pytest.raises(PersistError):
                persister.save(value)
        else:
            assert same(through(persister, value), value)

    def test_compressed_is_smaller(self, tmp_path: Path) -> None:
        sizes = []
        for compressed in (False, True):
            path = tmp_path / f"{compressed}.npz"
            NumpyFile(path, compressed=compressed).save(np.zeros(10_000))
            sizes.append(path.stat().st_size)
        assert sizes[1] < sizes[0] / 10

    def test_equal_values_give_equal_bytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        NumpyFile(tmp_path / "a.npz").save({"a": np.ones(2)})
        monkeypatch.setattr("time.time", lambda: 2e9)
        NumpyFile(tmp_path / "b.npz").save({"a": np.ones(2)})
        assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()

    def test_numpy_reads_what_is_written(self, tmp_path: Path) -> None:
        NumpyFile(tmp_path / "x.npz").save({"b": np.arange(3), "a": np.eye(2)})
        with np.load(tmp_path / "x.npz", allow_pickle=False) as archive:
            assert archive.files == ["b", "a"]
            assert same(archive["a"], np.eye(2))

    def test_without_notes_it_is_a_dict_of_arrays(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "x.npz", b=np.arange(3), a=np.eye(2))
        assert same(NumpyFile(tmp_path / "x.npz").load(), {"b": np.arange(3), "a": np.eye(2)})

    @pytest.mark.parametrize(
        ("value", "hint"),
        [
            ({1: np.ones(2)}, "not a string"),
            ({"a\0b": np.ones(2)}, "cannot name"),
            ({"x" * 70_000: np.ones(2)}, "cannot name"),
            ({"a": np.ones(2), "b": np.array([None])}, "'b'.*pickle:"),
            ({"a": {"b": np.ones(2)}}, "'a'"),
            ((np.ones(2), [1]), "arr_1"),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_what_would_come_back_different_is_refused_whole(self, tmp_path: Path, value: Any, hint: str) -> None:
        with pytest.raises(PersistError, match=hint) as refusal:
            NumpyFile(tmp_path / "x.npz").save(value)
        assert refusal.value.value is value

    @pytest.mark.parametrize("damage", ["short", "zeros", "empty", "flipped"])
    def test_a_damaged_file_raises(self, tmp_path: Path, damage: str) -> None:
        path = tmp_path / "x.npz"
        persister = NumpyFile(path)
        persister.notes = persister.save({"a": np.zeros(1000), "b": np.ones(1000)})
        whole = path.read_bytes()
        flipped = whole[:500] + b"\1" + whole[501:]
        path.write_bytes({"short": whole[:-30], "zeros": bytes(len(whole)), "empty": b"", "flipped": flipped}[damage])
        with pytest.raises((zipfile.BadZipFile, ValueError)):
            persister.load()

    def test_an_archive_that_unpacks_to_more_than_was_saved_is_refused(self, tmp_path: Path) -> None:
        persister = NumpyFile(tmp_path / "x.npz", compressed=True)
        persister.notes = persister.save(np.zeros(10))
        NumpyFile(tmp_path / "x.npz", compressed=True).save(np.zeros(10_000_000))
        with pytest.raises(ValueError, match=r"unpacks to 80000\d\d\d bytes, where \d+ were saved"):
            persister.load()

    def test_a_size_that_is_a_lie_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "x.npz"
        persister = NumpyFile(path, compressed=True)
        persister.notes = persister.save(np.zeros(10))
        NumpyFile(path, compressed=True).save(np.zeros(100_000))
        (size,) = [info.file_size for info in zipfile.ZipFile(path).infolist()]
        path.write_bytes(path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", 100)))
        with pytest.raises((zipfile.BadZipFile, ValueError)):
            persister.load()

    def test_a_doubled_name_is_refused(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
            archive.writestr("a.npy", b"")
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr("a.npy", b"")
        with pytest.raises(ValueError, match="twice"):
            NumpyFile(tmp_path / "x.npz").load()

    def test_a_foreign_member_is_refused(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
            archive.writestr("readme.txt", b"")
        with pytest.raises(ValueError, match=r"readme\.txt"):
            NumpyFile(tmp_path / "x.npz").load()


class TestCheck:
    @pytest.mark.parametrize(
        ("persister", "hint"),
        [
            (NumpyFile("x.txt"), r"\.npy"),
            (NumpyFile("x"), r"\.npy"),
            (NumpyFile("x.npz", mmap_mode="r"), "cannot be mapped"),
            (NumpyFile("x.npy", compressed=True), "only .npz"),
            (NumpyFile("x.npy", mmap_mode="r+"), "rewrite"),
            (NumpyFile("x.npy", mmap_mode="rw"), "no such mode"),
        ],
        ids=str,
    )
    def test_what_cannot_work_is_an_error_before_the_run(self, persister: NumpyFile, hint: str) -> None:
        with pytest.raises(SpecError, match=hint) as refusal:
            persister.check()
        assert refusal.value.spec is persister

    @pytest.mark.parametrize(
        "persister",
        [NumpyFile("x.npy"), NumpyFile("X.NPZ", compressed=True), NumpyFile(filename="x.npy", mmap_mode="c")],
    )
    def test_what_works_passes(self, persister: NumpyFile) -> None:
        persister.check()


def test_an_archive_without_a_position_is_an_error_and_no_other_archive(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npz")
    # Open for as long as it takes: zipfile tries twice to write there, and waits for somebody who reads.
    reader = os.open(tmp_path / "x.npz", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OSError, match="cannot be told or set"):
            write_archive(tmp_path / "x.npz", {"a": np.arange(3)}, False)
    finally:
        os.close(reader)
