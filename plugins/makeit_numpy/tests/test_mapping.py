"""Maps without descriptors, and maps that are recognised by the file that they show."""

from __future__ import annotations

import gc
import mmap
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from makeit import make
from makeit.identity.digest import METER
from makeit_numpy import npy
from makeit_numpy.fingerprint import fingerprint, fingerprint_array
from makeit_numpy.freezing import freeze
from makeit_numpy.mapping import map_array, region_of, shown_by

DATA = np.arange(1 << 18, dtype="f8").reshape(512, 512)
knows_maps = pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="no /proc/self/maps tells what is mapped")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file of numbers that has settled."""
    return written(tmp_path / "x.npy", DATA)


def written(path: Path, data: Any) -> Path:
    beside = path.with_name("beside.npy")
    np.save(beside, data)
    os.replace(beside, path)
    os.utime(path, ns=(1_000_000_001, 1_000_000_001))
    time.sleep(0.05)  # a change in the same tick of the clock would go unseen, so what is fresher is read again
    return path


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def read_bytes(array: Any) -> int:
    before = METER.bytes
    fingerprint(array)
    return METER.bytes - before


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("mode", ["r", "c"])
@pytest.mark.parametrize("offset", [0, 128, 5000, 1 << 16])
def test_a_map_is_what_numpy_maps(tmp_path: Path, order: Any, mode: Any, offset: int) -> None:
    data = np.arange(6000, dtype=">i4").reshape(60, 100)
    (tmp_path / "raw").write_bytes(bytes(offset) + data.tobytes(order))
    ours = map_array(tmp_path / "raw", data.dtype, mode, offset, data.shape, order)
    theirs: Any = np.memmap(tmp_path / "raw", data.dtype, mode, offset, data.shape, order)
    assert np.array_equal(ours, data)
    assert (type(ours), ours.dtype, ours.strides, ours.flags.writeable) == (
        np.memmap,
        theirs.dtype,
        theirs.strides,
        theirs.flags.writeable,
    )
    for name in ("filename", "mode", "offset"):
        assert str(getattr(ours, name)) == str(getattr(theirs, name))
    assert isinstance(ours.base, mmap.mmap)
    if mode == "c":
        ours[0, 0] = 7
        assert (tmp_path / "raw").read_bytes()[offset:] == data.tobytes(order)
    else:
        with pytest.raises(ValueError, match=r"(?i)writeable"):
            ours.setflags(write=True)


def test_a_map_of_a_file_that_is_too_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(bytes(100))
    with pytest.raises(ValueError, match="has 100 bytes, and the array ends at 104"):
        map_array(tmp_path / "raw", np.dtype("u1"), "r", 4, (100,), "C")


@pytest.mark.parametrize("spec", ["npy:{n}.npy?mmap_mode=r", "nifti-mmap:{n}.nii"])
def test_600_open_results_hold_no_descriptors(spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def numbers(n: int, image: Any) -> Any:
        return np.full((2, 2, 2), n, "f4")

    import nibabel

    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), "f4"), np.eye(4))
    made = make(func=numbers, name="numbers", output=spec)
    first, before = made(0, image), descriptors()
    kept = [made(n, image) for n in range(1, 300)] + [made(n, image) for n in range(300)]
    assert descriptors() - before <= 3
    assert [int(array[0, 0, 0]) for array in kept] == [*range(1, 300), *range(300)]
    assert type(first) is np.memmap


def test_what_cannot_be_mapped_leaves_no_descriptor_behind(path: Path) -> None:
    before = descriptors()
    for content in (path.read_bytes()[:-1], path.read_bytes()[:100], b"", b"no array"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"bytes|EOF|magic"):
            npy.map_file(path, "r")
        with pytest.raises(ValueError, match="the array ends at"):
            map_array(path, np.dtype("u1"), "r", 0, (1 << 30,), "C")
    for wrong in (path.parent, path.with_name("gone")):
        with pytest.raises(OSError, match=r"directory"):
            npy.map_file(wrong, "r")
    assert descriptors() == before


@pytest.mark.parametrize("mode", ["r", "c"])
def test_B1_a_file_that_changes_before_its_map_is_frozen_is_noticed(path: Path, mode: Any) -> None:
    array = npy.map_file(path, mode)
    with open(path, "r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(np.float64(-1).tobytes())
    frozen = freeze(array)
    assert frozen is not None
    assert not frozen.intact(frozen.value)


def test_E10_a_file_that_is_replaced_before_its_map_is_frozen_is_no_change(path: Path) -> None:
    array = npy.map_file(path, "r")
    written(path, DATA + 1)
    frozen = freeze(array)
    assert frozen is not None
    assert frozen.intact(frozen.value)
    assert np.array_equal(frozen.value, DATA)


def test_a_part_of_a_map_is_known_by_its_file_as_it_is_now(path: Path) -> None:
    part = npy.map_file(path, "r")[:256]
    assert shown_by(part) is None
    frozen = freeze(part)
    assert frozen is not None
    assert frozen.intact(frozen.value)


def test_more_maps_than_descriptors(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    (tmp_path / "raw").write_bytes(bytes(range(8)))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors() + 20, hard))
        maps = [map_array(tmp_path / "raw", np.dtype("u1"), "r", 0, (8,), "C") for _ in range(100)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert all(int(array.sum()) == 28 for array in maps)


def test_memory_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(bytes(1 << 20))

    def mapped() -> int:
        return Path("/proc/self/maps").read_text().count(str(tmp_path / "raw"))

    array = map_array(tmp_path / "raw", np.dtype("u1"), "r", 0, (1 << 20,), "C")
    assert mapped() == 1
    view = array[:10]
    del array
    assert mapped() == 1
    assert not view.any()
    del view
    gc.collect()
    assert mapped() == 0


@knows_maps
def test_C3_a_map_of_an_unchanged_file_is_read_once_whatever_shows_it(path: Path) -> None:
    wanted = fingerprint_array(DATA)
    assert fingerprint(np.load(path, mmap_mode="r")) == wanted
    again = np.load(path, mmap_mode="r")
    assert read_bytes(again) == 0
    assert fingerprint(again) == wanted
    assert read_bytes(again[:256]) > 0, "another part"
    assert fingerprint(again[:256]) == fingerprint_array(DATA[:256])
    assert read_bytes(np.load(path, mmap_mode="r")[:256]) == 0
    assert fingerprint(again.T) == fingerprint_array(DATA.T)
    assert fingerprint(again.reshape(256, 1024)) == fingerprint_array(DATA.reshape(256, 1024))
    assert fingerprint(again.view("i8")) == fingerprint_array(DATA.view("i8"))


@knows_maps
def test_E10_a_map_of_a_file_that_was_replaced_is_what_it_shows(path: Path) -> None:
    old = np.load(path, mmap_mode="r")
    before = fingerprint(old)
    written(path, DATA + 1)
    new = np.load(path, mmap_mode="r")
    assert fingerprint(new) == fingerprint_array(DATA + 1)
    assert fingerprint(old) == before == fingerprint_array(DATA)
    assert fingerprint(np.load(path, mmap_mode="r")) == fingerprint_array(DATA + 1)
    path.unlink()
    assert fingerprint(old) == before


@knows_maps
def test_E10_a_map_of_a_file_under_another_name_now_is_read_each_time(path: Path) -> None:
    old = np.load(path, mmap_mode="r")
    os.link(path, path.with_name("other.npy"))
    written(path, DATA + 1)
    before = fingerprint(old)
    with open(path.with_name("other.npy"), "r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(np.float64(-1).tobytes())
    assert fingerprint(old) != before
    assert fingerprint(old) == fingerprint_array(np.asarray(old))


@knows_maps
def test_a_file_that_was_written_over_is_read_again(path: Path) -> None:
    array = np.load(path, mmap_mode="r")
    before = fingerprint(array)
    with open(path, "r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(np.float64(-1).tobytes())
    assert fingerprint(array) != before
    assert fingerprint(array) == fingerprint_array(np.asarray(array))


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_a_map_that_can_be_written_to_is_read_each_time(path: Path, mode: Any) -> None:
    array = np.load(path, mmap_mode=mode)
    before = fingerprint(array)
    array[0, 0] = 5
    assert fingerprint(array) != before
    assert region_of(array, "f8") is None


@knows_maps
def test_what_numpy_calls_a_memmap_is_not_always_one(path: Path) -> None:
    array: Any = np.load(path, mmap_mode="r")
    made: Any = np.array(array, subok=True)
    made[0, 0] = 9
    made.setflags(write=False)
    assert (type(made), made.filename) == (np.memmap, None)
    made.filename = array.filename
    assert region_of(made, "f8") is None
    assert fingerprint(made) == fingerprint_array(np.asarray(made)) != fingerprint(array)


@knows_maps
def test_E13_another_process_knows_what_one_has_read(path: Path) -> None:
    program = f"""
import numpy as np
from makeit import make
from makeit.identity.digest import METER
print(make.bench(None).fingerprint(np.load({str(path)!r}, mmap_mode="r")), METER.bytes)
"""
    found = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=path.parent)
        for _ in range(2)
    ]
    (first, cost), (second, nothing) = (done.stdout.split() for done in found)
    assert first == second == fingerprint_array(DATA)
    assert int(cost) >= DATA.nbytes
    assert int(nothing) == 0


@knows_maps
def test_E13_a_map_that_joblib_sends_to_workers_is_known_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    bench = make.bench(None)
    assert bench.fingerprint(np.load(path, mmap_mode="r")) == fingerprint_array(DATA)
    array = np.load(path, mmap_mode="r")
    found = joblib.Parallel(2)(joblib.delayed(in_a_worker)(array, str(path.parent)) for _ in range(2))
    assert found == [(fingerprint_array(DATA), 0)] * 2


def in_a_worker(array: Any, folder: str) -> tuple[str | None, int]:
    os.chdir(folder)
    before = METER.bytes
    return make.bench(None).fingerprint(array), METER.bytes - before
