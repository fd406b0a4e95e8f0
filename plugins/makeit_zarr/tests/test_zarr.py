"""Results in Zarr folders: larger than memory, opened lazily, never mixed with a newer result."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from makeit import ForeignFileError, PersistError, SpecError, make
from makeit_zarr import ZarrFolder
from makeit_zarr.store import ReplacedError

Ran = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str]) -> Ran:
    return lambda: capsys.readouterr().out.splitlines()


def grid(n: int) -> Any:
    print("grid", n)
    return np.arange(n * n, dtype="f4").reshape(n, n)


def total(x: Any) -> float:
    print("total")
    return float(np.asarray(x[:]).sum())


DTYPES = ["?", "i1", "u2", "<i4", ">i4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (7, 5), (4, 3, 2)])
def test_arrays_come_back_exactly(dtype: str, shape: tuple[int, ...]) -> None:
    data = (np.arange(np.prod(shape)) % 2).astype(dtype).reshape(shape)
    persister = ZarrFolder("x.zarr")
    persister.notes = persister.save(data)
    found = persister.load()
    assert isinstance(found, zarr.Array)
    assert (found.shape, found.dtype.newbyteorder("=")) == (data.shape, data.dtype.newbyteorder("="))
    assert np.array_equal(np.asarray(found[...]), data)


@pytest.mark.parametrize(
    "value",
    [
        *([1, 2], "a", 1.0, np.float32(1), np.ma.masked_array([1, 2], [0, 1]), np.array(["a"]), np.array([{}])),
        *(np.zeros(2, "M8[s]"), np.zeros(2, "g"), np.zeros(2, [("a", "i4")])),
    ],
)
def test_E9_what_zarr_cannot_hold_is_refused_and_kept(value: Any) -> None:
    made = make(func=lambda: value, name="f", output="x.zarr")
    with pytest.raises(PersistError, match="Zarr holds arrays") as caught:
        made()
    assert caught.value.value is value
    assert not Path("x.zarr").exists()


def test_B2_the_first_call_gives_what_later_ones_give(ran: Ran) -> None:
    made = make(func=grid, output="grid-{n}.zarr?chunks=2x3")
    first, second = made(5), made(5)
    assert ran() == ["grid 5"]
    for found in (first, second):
        assert found.chunks == (2, 3)
        assert np.array_equal(found[:], np.arange(25, dtype="f4").reshape(5, 5))
    assert type(first) is type(second) is zarr.Array


def test_A6_the_chain_of_trust_reads_no_chunk_again(ran: Ran, project: Path) -> None:
    script = project / "script.py"
    script.write_text(
        "import numpy as np\nfrom makeit import make\nfrom makeit.identity.digest import METER\n"
        "@make(output='x.zarr')\ndef f():\n    print('f')\n    return np.zeros((300, 1000))\n"
        "@make\ndef g(x):\n    print('g')\n    return float(x[0, 0])\n"
        "print(g(f()), g(f()))\n"
    )
    command = [sys.executable, "-W", "error", str(script)]
    out = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert out == ["f\ng\n0.0 0.0\n", "0.0 0.0\n"]


def test_an_equal_array_with_other_chunks_is_the_same_argument(ran: Ran) -> None:
    made = make(func=total, name="total")
    for number, chunks in enumerate(((2, 2), (5, 1), (3, 4))):
        stored = zarr.create_array(f"own{number}.zarr", shape=(5, 4), dtype="i4", chunks=chunks)
        stored[:] = np.arange(20).reshape(5, 4)
        made(stored)
    stored[0, 0] = 1
    made(stored)
    assert ran() == ["total", "total"]


def test_a_result_cannot_be_written_to() -> None:
    found = make(func=grid, output="x.zarr")(4)
    with pytest.raises(ValueError, match=r"read-only|read only"):
        found[0, 0] = 1
    with pytest.raises(ValueError, match=r"read-only|read only"):
        found.attrs["note"] = "mine"


def test_E10_an_open_array_never_mixes_with_a_newer_result() -> None:
    made = make(func=grid, output="x.zarr?chunks=2x2")
    first = made(4)
    made(6)
    with pytest.raises(ReplacedError, match="call the function again"):
        first[:]


ALTERNATE = """
import sys, warnings
import numpy as np
from makeit import make
from makeit_zarr.store import ReplacedError

warnings.simplefilter("ignore")

@make(output="x.zarr?chunks=8x8")
def grid(n):
    return np.full((32, 32), n, "f4")

right = replaced = 0
for number in range(60):
    n = (number + int(sys.argv[1])) % 2
    try:
        values = grid(n)[:]
    except ReplacedError:
        replaced += 1
        continue
    assert values.shape == (32, 32) and (values == n).all(), values
    right += 1
print(right, replaced)
"""


def test_E1_E7_processes_that_alternate_get_the_right_chunks_or_an_error(project: Path) -> None:
    (project / "alternate.py").write_text(ALTERNATE)
    command = [sys.executable, "alternate.py"]
    running = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True) for n in range(2)]
    counts = [tuple(map(int, process.communicate()[0].split())) for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert all(right + replaced == 60 and right > 0 for right, replaced in counts), counts


@pytest.mark.parametrize("name", ["c/0/0", "zarr.json"])
def test_E3_a_changed_and_a_missing_chunk_are_refused(name: str, ran: Ran) -> None:
    made = make(func=grid, output="x.zarr?chunks=2x2")
    made(4)
    path = Path("x.zarr") / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ForeignFileError, match="was changed after"):
        made(4)
    path.unlink()
    with pytest.raises(ForeignFileError, match="was changed after"):
        made(4)
    assert ran() == ["grid 4"]


def test_a_chunk_lost_under_an_open_array_is_an_error_and_never_zeros() -> None:
    found = make(func=grid, output="x.zarr?chunks=2x2")(4)
    os.unlink("x.zarr/c/1/1")
    with pytest.raises(ReplacedError, match="is missing"):
        found[:]
    persister = ZarrFolder("x.zarr")
    persister.notes = {"complete": True, "bytes": 0}
    with pytest.raises(ValueError, match="has 3 chunks"):
        persister.load()


def test_a_result_edited_by_hand_is_no_longer_trusted(ran: Ran) -> None:
    made, after = make(func=grid, output="x.zarr?chunks=2x2"), make(func=total, name="total")
    found = made(4)
    after(found)
    edited = zarr.open_array("x.zarr", mode="r+")
    edited[0, 0] = 100
    after(found)
    assert ran() == ["grid 4", "total", "total"]


class Endless:
    """An array of 16 TB that nobody could hold: each slice is made when it is asked for."""

    shape = (1000, 1000)
    dtype = np.dtype("i4")

    def __init__(self) -> None:
        self.largest = 0

    def __getitem__(self, region: tuple[slice, ...]) -> Any:
        rows, columns = (np.arange(*part.indices(1000)) for part in region)
        self.largest = max(self.largest, rows.size * columns.size)
        return (rows[:, None] * 1000 + columns).astype("i4")


def test_anything_with_slices_is_copied_chunk_by_chunk() -> None:
    source = Endless()
    found = make(func=lambda: source, name="f", output="x.zarr?chunks=100x100", version=1)()
    assert source.largest == 100 * 100
    assert int(found[999, 999]) == 999_999


def test_dask_arrays_are_computed_into_the_folder() -> None:
    dask_array = pytest.importorskip("dask.array")
    data = dask_array.arange(10_000, chunks=777).reshape(100, 100)
    found = make(func=lambda: data + 1, name="f", output="x.zarr?chunks=30x70", version=1)()
    assert np.array_equal(found[:], np.arange(1, 10_001).reshape(100, 100))


def test_a_zarr_array_is_kept_as_zarr_without_being_asked(ran: Ran) -> None:
    def stored() -> Any:
        print("stored")
        return zarr.array(np.arange(6))

    made = make(func=stored, name="stored")
    assert list(made()) == list(made()) == list(range(6))
    assert ran() == ["stored"]


@pytest.mark.parametrize("spec", ["zarr:x.nii", "x.zarr?chunks=ax3", "x.zarr?chunks=0x3", "x.zarr?compressed=maybe"])
def test_E8_what_cannot_work_is_refused_before_the_run(spec: str) -> None:
    def never() -> Any:
        raise AssertionError("it ran")

    with pytest.raises(SpecError):
        make(func=never, output=spec)()


def test_chunks_of_other_dimensions_are_refused_and_the_value_kept() -> None:
    with pytest.raises(PersistError, match="has 3 dimensions, and the array 2"):
        make(func=grid, output="x.zarr?chunks=2x2x2")(4)


def test_importing_the_plugin_imports_no_zarr() -> None:
    code = "import sys, makeit, makeit_zarr, makeit_zarr.hooks; print('zarr' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
