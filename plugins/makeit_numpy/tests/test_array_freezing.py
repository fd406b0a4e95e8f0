"""Read-only arrays: nobody can write to them, and intact() notices who found a way."""

from __future__ import annotations

import gc
import os
import shutil
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from makeit_numpy import NumpyFile
from makeit_numpy.freezing import freeze

CONTIGUOUS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.array(1.5),
    np.zeros((0, 3)),
    np.array(["a", "b"]),
    np.zeros(2, "i4,f8"),
    np.ones((1, 2)).view(np.matrix),
    np.rec.array([(1, 2.0)], dtype="i4,f8"),
]


def mapped(path: Path, mode: str = "r") -> Any:
    """Return a map of a new file."""
    persister = NumpyFile(path, mmap_mode=mode)
    persister.save(np.arange(1000))
    return persister.load()


class TestFreeze:
    @pytest.mark.parametrize("array", CONTIGUOUS, ids=repr)
    def test_no_way_leads_to_a_write(self, array: np.ndarray) -> None:
        frozen = freeze(array.copy(order="K"))
        assert frozen is not None
        assert type(frozen.value) is type(array)
        assert frozen.intact(frozen.value)
        with pytest.raises(ValueError, match="read-only"):
            frozen.value[...] = frozen.value
        with pytest.raises(ValueError, match="WRITEABLE"):
            frozen.value.setflags(write=True)

    def test_memory_is_not_copied_where_the_array_owns_it(self) -> None:
        array = np.ones((2, 3), order="F")
        assert np.shares_memory(freeze(array).value, array)
        with pytest.raises(ValueError, match="read-only"):
            array *= 2

    @pytest.mark.parametrize(
        "shared",
        [
            lambda base: base[1:],
            lambda base: base.T[:, ::2],
            lambda base: base.reshape(-1),
            lambda base: memoryview(base),
        ],
    )
    def test_memory_of_others_is_copied(self, shared: Any) -> None:
        base = np.arange(12).reshape(3, 4)
        array = np.asarray(shared(base))
        before = array.copy()
        frozen = freeze(array)
        base[...] = -1
        assert np.array_equal(frozen.value, before)
        assert frozen.value.flags.c_contiguous or frozen.value.flags.f_contiguous

    def test_flags_are_those_of_a_later_load(self, tmp_path: Path) -> None:
        base = np.arange(24).reshape(2, 3, 4)
        for array in (base, base.T, base[:, ::2], base.transpose(1, 0, 2), np.asfortranarray(base)):
            NumpyFile(tmp_path / "x.npy").save(array)
            first, later = freeze(array), freeze(NumpyFile(tmp_path / "x.npy").load())
            assert str(first.value.flags) == str(later.value.flags)

    def test_a_frozen_array_is_frozen_already(self) -> None:
        value = freeze(np.ones(3)).value
        assert freeze(value).value is value

    @pytest.mark.parametrize(
        "change",
        [
            lambda value: setattr(value, "shape", (6,)),
            lambda value: setattr(value, "dtype", "i8"),
            lambda value: value.base.setflags(write=True),
        ],
    )
    @pytest.mark.filterwarnings("ignore:Setting the (shape|dtype):DeprecationWarning")
    def test_intact_notices_what_a_read_only_array_still_allows(self, change: Any) -> None:
        frozen = freeze(np.ones((2, 3)))
        change(frozen.value)
        assert not frozen.intact(frozen.value)

    def test_intact_keeps_nothing_alive(self) -> None:
        frozen = freeze(np.ones(3))
        gone = weakref.ref(frozen.value)
        intact = frozen.intact
        del frozen
        gc.collect()
        assert gone() is None
        assert intact is not None

    @pytest.mark.parametrize(
        "value",
        [
            np.array([[], None], dtype=object),
            np.zeros(2, [("a", "O")]),
            np.ma.masked_array([1, 2], [0, 1]),
            np.zeros(2, "i4,f8")[0],
            np.zeros(2).view(type("Celsius", (np.ndarray,), {})),
            np.dtype("f8"),
        ],
        ids=repr,
    )
    def test_what_cannot_be_frozen_is_left_to_its_content(self, value: Any) -> None:
        assert freeze(value) is None

    def test_a_scalar_cannot_change(self) -> None:
        value = np.float64(1.5)
        assert freeze(value).value is value
        assert freeze(value).intact(value)


class TestFreezeMap:
    @pytest.mark.parametrize("mode", ["r", "c"])
    def test_a_map_is_kept(self, tmp_path: Path, mode: str) -> None:
        array = mapped(tmp_path / "x.npy", mode)
        frozen = freeze(array)
        assert frozen.value is array
        assert frozen.intact(array)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1

    def test_a_private_map_that_was_opened_again_is_noticed(self, tmp_path: Path) -> None:
        frozen = freeze(mapped(tmp_path / "x.npy", "c"))
        frozen.value.setflags(write=True)
        assert not frozen.intact(frozen.value)

    def test_a_file_that_was_written_to_is_noticed(self, tmp_path: Path) -> None:
        frozen = freeze(mapped(tmp_path / "x.npy"))
        with (tmp_path / "x.npy").open("r+b") as stream:
            stream.seek(-8, os.SEEK_END)
            stream.write(b"\1" * 8)
        os.utime(tmp_path / "x.npy", ns=(1, 1))
        assert not frozen.intact(frozen.value)

    def test_a_file_that_was_replaced_leaves_the_map_as_it_was(self, tmp_path: Path) -> None:
        frozen = freeze(mapped(tmp_path / "x.npy"))
        shutil.copy(tmp_path / "x.npy", tmp_path / "y.npy")
        os.replace(tmp_path / "y.npy", tmp_path / "x.npy")
        assert frozen.intact(frozen.value)
        (tmp_path / "x.npy").unlink()
        assert frozen.intact(frozen.value)
        assert frozen.value[999] == 999

    def test_a_writeable_map_is_copied(self, tmp_path: Path) -> None:
        mapped(tmp_path / "x.npy")
        shared = np.load(tmp_path / "x.npy", mmap_mode="r+")
        frozen = freeze(shared)
        shared[0] = 7
        assert frozen.value[0] == 0
        assert type(frozen.value) is np.ndarray

    def test_a_sum_of_maps_is_no_map(self, tmp_path: Path) -> None:
        total = mapped(tmp_path / "x.npy") + 1
        frozen = freeze(total)
        assert type(frozen.value) is np.ndarray
        with pytest.raises(ValueError, match="WRITEABLE"):
            frozen.value.setflags(write=True)
