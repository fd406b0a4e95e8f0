"""Headers of npy streams: parsed once for the same bytes, and never taken for those of another array."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from makeit_numpy import headers, npy


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "_known", {})


def written(path: Path, array: Any) -> Path:
    npy.write_file(path, array)
    return path


@pytest.mark.parametrize("array", [np.arange(6.0), np.asfortranarray(np.ones((2, 3), ">i2")), np.array(["a", "bc"])])
def test_equal_headers_are_parsed_once(array: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, other = written(tmp_path / "x.npy", array), written(tmp_path / "y.npy", array[::-1].copy("K"))
    npy.map_file(path, "r")
    monkeypatch.setattr(headers, "READERS", {})
    for found in (npy.map_file(path, "r"), npy.map_file(path, "c"), npy.read_file(path)):
        assert np.array_equal(found, array)
        assert (found.dtype, found.flags.f_contiguous) == (array.dtype, array.flags.f_contiguous)
    assert np.array_equal(npy.map_file(other, "r"), array[::-1])


@pytest.mark.parametrize("load", [npy.read_file, lambda path: npy.map_file(path, "r")])
def test_headers_that_differ_are_told_apart(load: Any, tmp_path: Path) -> None:
    arrays = [
        np.arange(6.0),
        np.arange(6),
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.ones((2, 3))),
        np.ones(7),
    ]
    for _ in range(2):
        for number, array in enumerate(arrays):
            found = load(written(tmp_path / f"{number}.npy", array))
            assert np.array_equal(found, array)
            assert (found.dtype, found.shape, found.strides) == (array.dtype, array.shape, array.strides)


@pytest.mark.parametrize("load", [npy.read_file, lambda path: npy.map_file(path, "r")])
def test_a_known_header_does_not_vouch_for_what_follows(load: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "x.npy", np.arange(6.0))
    load(path)
    content = path.read_bytes()
    for wrong in (content[:-1], content + b"\0", content[:100], content[:9]):
        path.write_bytes(wrong)
        with pytest.raises(ValueError, match=r"bytes|EOF"):
            load(path)


def test_B1_who_renames_the_fields_of_one_array_renames_those_of_no_other(tmp_path: Path) -> None:
    for number, dtype in enumerate(([("a", "i4"), ("b", "f8")], [("a", [("c", "i4")])], [("a", "f8", (2,))])):
        path = written(tmp_path / f"{number}.npy", np.zeros(3, dtype))
        for load in (npy.read_file, lambda path: npy.map_file(path, "r")):
            found = load(path)
            found.dtype.names = tuple(f"other {name}" for name in found.dtype.names)
            assert load(path).dtype == np.dtype(dtype)


def test_B1_nor_those_of_parts_of_a_dtype_that_is_an_array_itself() -> None:
    content = header("([('a', '<i4')], (2,))", (3,)) + bytes(24)
    for _ in range(2):
        found = npy.read(io.BytesIO(content))
        assert (found.shape, found.dtype.names) == ((3, 2), ("a",))
        found.dtype.names = ("other",)


def header(descr: str, shape: tuple[int, ...], length: int = 118) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(length - 1) + b"\n"
    return headers._FIRST + length.to_bytes(2, "little") + text


def test_they_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "_REMEMBERED", 5)
    for size in range(20):
        stream = io.BytesIO()
        np.save(stream, np.zeros(size, "u1"))
        stream.seek(0)
        assert npy.read(stream).size == size
    assert 0 < len(headers._known) <= 5
    assert npy.read(io.BytesIO(header("'|u1'", (3,), 50_000) + b"abc")).tobytes() == b"abc"
    assert max(map(len, headers._known)) <= headers._LONGEST
