"""Array fingerprints: equal exactly where class, dtype, shape and content are."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from makeit.identity.digest import METER
from makeit_numpy import content, recalled
from makeit_numpy.fingerprint import fingerprint

PADDED = np.dtype({"names": ["a", "b"], "formats": ["i1", "f8"], "offsets": [0, 8], "itemsize": 24})
PACKED = np.dtype([("a", "i1"), ("b", "f8")])

DISTINCT: list[Any] = [
    np.zeros((2, 3)), np.zeros((3, 2)), np.zeros(6), np.zeros((2, 3), "f4"), np.zeros((2, 3), "i8"),
    np.zeros((0, 3)), np.zeros((3, 0)), np.array(0.0), np.float64(0), np.float32(0), np.zeros(1),
    np.full(6, -0.0), np.full(6, np.nan), np.array([1, 0], "i1"), np.array([1, 0], "?"),
    np.array([1, 0], "u1"),
    np.array([1, 2], "<i2"), np.array([1, 2], ">i2"), np.array([256, 512], "<i2"),
    np.array(["a", "b"]), np.array(["a", "b"], "U2"), np.array([b"a", b"b"]), np.array([b"a", b"b"], "V1"),
    np.array([0, 1], "M8[ns]"), np.array([0, 1], "M8[us]"), np.array([0, 1], "m8[ns]"),
    np.array([1 + 0j, np.nan]), np.array([1 + 0j, complex(0, np.nan)]),
    np.zeros(2, PACKED), np.ones(2, PACKED), np.zeros(2, [("a", "i1"), ("c", "f8")]),
    np.zeros(2, [("b", "f8"), ("a", "i1")]),
    np.zeros(2, [("a", "i1", (2,))]), np.zeros(2, [("a", "i1"), ("b", "i1")]),
    np.zeros((2, 3)).view(np.matrix), np.rec.array(np.zeros(2, PACKED)),
    np.ma.masked_array([1, 2], [0, 1]), np.ma.masked_array([1, 2], [1, 0]), np.ma.masked_array([1, 2]),
    np.ma.masked_array([1, 2], [0, 1], fill_value=7),
    np.ma.masked_array([1, 2], [0, 1], hard_mask=True), np.array([1, 2]),
    np.dtype("f8"), np.dtype("f4"), np.dtype(">f8"), PADDED, PACKED, np.dtype([("a", "f8")]),
    np.dtype(("f8", (2,))),
    np.datetime64("2020-01-01"), np.datetime64("2020-01-01", "ns"), np.str_("a"), np.bytes_(b"a"),
    np.bool_(True), np.int8(1),
]  # fmt: skip


def view_of(array: np.ndarray, layout: str) -> np.ndarray:
    """Return an equal array that lies in memory in another way."""
    if layout == "fortran":
        return np.asfortranarray(array)
    if layout == "reversed":
        return np.ascontiguousarray(array[::-1])[::-1]
    if layout == "strided":
        wide = np.repeat(array, 3, axis=-1)
        return wide[..., ::3]
    return np.moveaxis(np.moveaxis(array, 0, -1).copy(), -1, 0)


class TestArray:
    @pytest.mark.parametrize("one", range(len(DISTINCT)))
    def test_different_values_differ(self, one: int) -> None:
        mine = fingerprint(DISTINCT[one])
        assert mine is not None
        assert mine not in [fingerprint(other) for index, other in enumerate(DISTINCT) if index != one]

    @settings(deadline=None)
    @given(
        array=st.one_of(hnp.scalar_dtypes(), hnp.array_dtypes()).flatmap(
            lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_side=0))
        ),
        layout=st.sampled_from(["fortran", "reversed", "strided", "moved"]),
    )
    def test_memory_order_does_not_count(self, array: np.ndarray, layout: str) -> None:
        assert fingerprint(view_of(array, layout)) == fingerprint(array)

    @settings(deadline=None)
    @given(data=st.data())
    def test_any_changed_byte_counts(self, data: st.DataObject) -> None:
        kinds = st.one_of(hnp.integer_dtypes(), hnp.datetime64_dtypes(), hnp.boolean_dtypes())
        array = data.draw(kinds.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes())))
        index = data.draw(st.integers(0, array.nbytes - 1))
        changed = array.copy()
        changed.reshape(-1).view("u1")[index] ^= 1
        assert fingerprint(changed) != fingerprint(array)

    @pytest.mark.parametrize("dtype", ["f4", "i2", "c16", "M8[s]", ">f8"])
    @pytest.mark.parametrize("layout", ["fortran", "reversed", "strided", "moved"])
    def test_arrays_of_many_blocks_do_not_depend_on_order(
        self, dtype: str, layout: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(content, "SLAB", 1 << 12)
        monkeypatch.setattr(content, "BLOCK", 1 << 8)
        array = np.random.default_rng(0).integers(0, 99, (7, 5, 40, 41)).astype(dtype)
        assert fingerprint(view_of(array, layout)) == fingerprint(array)

    def test_sizes_of_blocks_do_not_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        array = np.random.default_rng(0).random((300, 7, 50), dtype="f4")
        array[5, :3] = np.nan
        before = fingerprint(np.asfortranarray(array))
        monkeypatch.setattr(content, "SLAB", 1 << 10)
        monkeypatch.setattr(content, "BLOCK", 1 << 5)
        assert fingerprint(array) == before

    @pytest.mark.parametrize("dtype", ["f8", "f4", "f2", ">f8", "g"])
    @pytest.mark.parametrize("places", [[], [0], [-1], [4999], [0, 100, 2500, -1]], ids=str)
    def test_C4_nans_are_found_wherever_they_are(
        self, dtype: str, places: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        array = np.random.default_rng(0).random(10_000).astype(dtype)
        other = array.copy()
        array[places], other[places] = np.nan, np.negative(np.full((), np.nan, dtype))  # other bits, the same nan
        expected = fingerprint(array)
        monkeypatch.setattr(recalled, "WORTH", 0)
        monkeypatch.setattr(recalled, "BLOCK", 1 << 12)
        for _ in range(2):
            assert fingerprint(other) == fingerprint(array) == expected
        if places:
            other[places[0]] = 0.5
            assert fingerprint(other) != expected

    def test_views_of_one_base_differ(self) -> None:
        base = np.arange(6).reshape(2, 3)
        assert fingerprint(base[0]) != fingerprint(base[1])
        assert fingerprint(base[1]) == fingerprint(np.array([3, 4, 5]))

    def test_broadcast_equals_its_copy(self) -> None:
        wide = np.broadcast_to(np.arange(3), (1000, 3))
        assert fingerprint(wide) == fingerprint(wide.copy())

    @pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", ">f8", "c8", "c16", "longdouble", "clongdouble"])
    def test_nan_equals_nan_and_zeros_keep_their_sign(self, dtype: str) -> None:
        array = np.zeros(1000, dtype)
        array.real[3] = np.nan
        other = array.copy()
        np.negative(other.real, out=other.real, where=np.isnan(other.real))
        assert other.tobytes() != array.tobytes()
        assert fingerprint(other) == fingerprint(array)
        other.real[4] = -0.0
        assert fingerprint(other) != fingerprint(array)

    @pytest.mark.parametrize("dtype", ["f4", "f8"])
    def test_infinite_and_huge_numbers_are_no_nan(self, dtype: str) -> None:
        huge = np.finfo(dtype).max
        array = np.array([np.inf, -np.inf, huge, -huge, 0], dtype)
        signed = array.copy()
        signed[4] = -0.0
        assert fingerprint(array) != fingerprint(signed)

    def test_padding_of_longdouble_does_not_count(self) -> None:
        clean, dirty = np.zeros(3, "longdouble"), np.zeros(3, "longdouble")
        dirty.view("u1")[:] = 255
        dirty[:] = 1
        clean[:] = 1
        assert fingerprint(dirty) == fingerprint(clean)

    def test_padding_of_records_does_not_count(self) -> None:
        clean, dirty = np.zeros(3, PADDED), np.zeros(3, PADDED)
        dirty.view("u1")[:] = 255
        dirty["a"], dirty["b"] = 0, 0
        assert fingerprint(dirty) == fingerprint(clean) == fingerprint(np.zeros(3, PACKED))

    def test_a_memory_map_is_the_array_it_shows(self, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.arange(5))
        assert fingerprint(np.load(tmp_path / "x.npy", mmap_mode="r")) == fingerprint(np.arange(5))

    def test_what_is_masked_does_not_count(self) -> None:
        one = np.ma.masked_array([1, 2, 3], [0, 1, 0], fill_value=9)
        other = np.ma.masked_array([1, 99, 3], [0, 1, 0], fill_value=9)
        assert fingerprint(one) == fingerprint(other)
        assert fingerprint(one) != fingerprint(np.ma.masked_array([1, 2, 99], [0, 1, 0], fill_value=9))

    def test_masked_records_work(self) -> None:
        data = np.zeros(2, PACKED)
        other = data.copy()
        other["b"] = [7, 0]
        mask = [(False, True), (False, False)]
        assert fingerprint(np.ma.masked_array(data, mask)) == fingerprint(np.ma.masked_array(other, mask))
        assert fingerprint(np.ma.masked_array(data)) != fingerprint(np.ma.masked_array(other))

    def test_an_unknown_subclass_has_none(self) -> None:
        assert fingerprint(type("Celsius", (np.ndarray,), {})((2,))) is None

    def test_it_copies_little_and_counts_its_bytes(self) -> None:
        array = np.asfortranarray(np.ones((400, 500, 200)))
        METER.bytes = 0
        tracemalloc.start()
        fingerprint(array)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert array.nbytes <= METER.bytes < array.nbytes + 200
        assert peak < 1.2 * content.SLAB

    def test_it_is_the_same_in_every_process(self) -> None:
        code = (
            "import numpy as np; from makeit_numpy.fingerprint import fingerprint;"
            "print(fingerprint(np.arange(6.0).reshape(2, 3)), fingerprint(np.dtype('i4,f8')))"
        )
        here = f"{fingerprint(np.arange(6.0).reshape(2, 3))} {fingerprint(np.dtype('i4,f8'))}\n"
        for seed in ("0", "1"):
            environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
            ran = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
            )
            assert ran.stdout == here
