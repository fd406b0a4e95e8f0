"""Files of every format that were cut, emptied, filled with zeros or noise, or that promise more than they hold."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from makeit import CacheWarning, ForeignFileError, MakeitError, make
from makeit.identity.digest import digest_file
from makeit.store.sealing import opened, seal

pytest.importorskip("makeit_nifti")

ARRAY = np.arange(600, dtype="f4").reshape(5, 6, 20)
ARRAYS = {"a": ARRAY, "b": ARRAY[0]}
OUTPUTS: dict[str, Any] = {
    "pickle:x.pkl": {"a": [1, (2, 3)]},
    "json:x.json": {"a": [1, 2.5, None]},
    "text:x.txt": "a text\n" * 20,
    "npy:x.npy": ARRAY,
    "npy:x.npy?mmap_mode=r": ARRAY,
    "npz:x.npz": ARRAYS,
    "npz:x.npz?compressed=true": ARRAYS,
    "nifti:x.nii": ARRAY,
    "nifti:x.nii.gz": ARRAY,
    "nifti:x.img": ARRAY,
    "nifti:x.hdr": ARRAY,
    "nifti-mmap:x.nii": ARRAY,
    "nifti-mmap:x.img": ARRAY,
}
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut in half": lambda content: content[: len(content) // 2],
    "cut by a byte": lambda content: content[:-1],
    "one byte": lambda content: content[:1],
    "empty": lambda content: b"",
    "zeros": lambda content: bytes(len(content)),
    "zeros at the end": lambda content: content[: len(content) // 2] + bytes(len(content) - len(content) // 2),
    "noise": lambda content: np.random.default_rng(0).bytes(len(content)),
    "a byte more": lambda content: content + b"\0",
    "a bit": lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
}


def made_of(output: str | None, value: Any, **options: Any) -> Any:
    def function() -> Any:
        print("Running")
        return value

    return make(func=function, name="f", output=output, **options)


def equal(one: Any, other: Any) -> bool:
    if not isinstance(one, np.ndarray | dict):
        return bool(one == other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return bool(np.array_equal(one, other)) and np.shape(one) == np.shape(other)


def stored(output: str, project: Path) -> list[Path]:
    name = output.partition(":")[2].partition("?")[0]
    return [project / "x.img", project / "x.hdr"] if name in ("x.img", "x.hdr") else [project / name]


@pytest.mark.filterwarnings("ignore:.*identity is written")
@pytest.mark.parametrize("output", OUTPUTS)
def test_E3_a_damaged_file_is_never_given_back_and_never_overwritten(
    output: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = made_of(output, OUTPUTS[output])
    made()
    for path in stored(output, project):
        whole, found = path.read_bytes(), path.stat()
        for damage in DAMAGE.values():
            content = damage(whole)
            path.write_bytes(content)
            os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
            for function in (made, made_of(output, OUTPUTS[output])):
                with pytest.raises(ForeignFileError):
                    function()
                with pytest.raises(ForeignFileError):
                    function.rerun()
            assert path.read_bytes() == content
            path.write_bytes(whole)
            assert equal(OUTPUTS[output], made())
    assert capsys.readouterr().out == "Running\n"


@pytest.mark.filterwarnings("ignore:.*identity is written")
@pytest.mark.parametrize("output", OUTPUTS)
def test_what_cannot_be_read_whole_is_not_adopted(output: str, project: Path) -> None:
    made = made_of(output, OUTPUTS[output])
    made()
    for path in stored(output, project):
        whole = path.read_bytes()
        for name in ("cut in half", "one byte", "empty", "noise"):
            if output.startswith("text") and name != "noise":
                continue  # a shorter text is a text
            if path.suffix == ".img" and name == "noise":
                continue  # voxels without a header are any bytes
            path.write_bytes(DAMAGE[name](whole))
            with pytest.raises(MakeitError, match="not adopted"):
                made.adopt()
            with pytest.raises(MakeitError, match="not adopted"):
                made_of(output, OUTPUTS[output], foreign="adopt")()
            assert path.read_bytes() == DAMAGE[name](whole)
            path.write_bytes(whole)
    assert equal(OUTPUTS[output], made())


@pytest.mark.parametrize("value", [ARRAY, ARRAYS, {"a": (1, 2)}, 12.5, "x" * 70_000], ids=repr)
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_result_in_the_cachedir_runs_again(
    value: Any, damage: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = made_of(None, value)
    made()
    (path,) = (path for path in project.glob(".makeit/results/**/*") if path.is_file())
    found = path.stat()
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert equal(value, made())
    assert equal(value, made_of(None, value)())
    assert capsys.readouterr().out == "Running\n" * 2


def npy(shape: tuple[int, ...], content: bytes = b"", descr: str = "'<f8'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


def npz(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            with warnings.catch_warnings(action="ignore"):  # that a name comes twice
                archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def lying(content: bytes, size: int) -> bytes:
    """Let the directory of an archive with one member say another size than the member has."""
    at = content.index(b"PK\x01\x02")
    return content[: at + 24] + size.to_bytes(4, "little") + content[at + 28 :]


def nifti(shape: tuple[int, ...]) -> bytes:
    from nibabel import Nifti1Header

    header = Nifti1Header()
    header.set_data_shape(shape)
    header.set_data_dtype("f8")
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    return bytes(header.binaryblock) + bytes(4 + 64)


ZEROS = bytes(1 << 26)
BOMBS: dict[str, tuple[str, bytes]] = {
    "npy of 8 TB": ("npy:x.npy", npy((10**12,), bytes(64))),
    "npy of more than fits in an address": ("npy:x.npy", npy((10**30,), bytes(64))),
    "npy of a negative shape": ("npy:x.npy", npy((-1, 8), bytes(64))),
    "npy with a header nested deeply": ("npy:x.npy", npy((1,), bytes(8), "[" * 5000 + "]" * 5000)),
    "npy of pickled objects": ("npy:x.npy", npy((1,), pickle.dumps([1]), "'|O'")),
    "mapped npy of 8 TB": ("npy:x.npy?mmap_mode=r", npy((10**12,), bytes(64))),
    "npz of more than was saved": (
        "npz:x.npz",
        npz([("a.npy", npy((1 << 23,), ZEROS)), ("b.npy", npy((1,), bytes(8)))]),
    ),
    "npz with a member twice": ("npz:x.npz", npz([("a.npy", npy((1,), bytes(8)))] * 2)),
    "npz with a member outside": ("npz:x.npz", npz([("../../a.npy", npy((1,), bytes(8)))])),
    "npz with a script": ("npz:x.npz", npz([("a.npy", npy((1,), bytes(8))), ("b.py", b"import os")])),
    "npz that says less than it holds": ("npz:x.npz", lying(npz([("a.npy", npy((1 << 23,), ZEROS))]), 4000)),
    "npz that says more than it holds": ("npz:x.npz", lying(npz([("a.npy", npy((1,), bytes(8)))]), 5000)),
    "npz of 8 TB": ("npz:x.npz", npz([("a.npy", npy((10**12,), bytes(64)))])),
    "nifti of 8 EB": ("nifti:x.nii", nifti((32767,) * 4)),
    "nifti.gz of 8 EB": ("nifti:x.nii.gz", gzip.compress(nifti((32767,) * 4))),
    "mapped nifti of 8 EB": ("nifti-mmap:x.nii", nifti((32767,) * 4)),
    "json nested deeply": ("json:x.json", b"[" * 100_000 + b"]" * 100_000),
    "json with a number of 10,000 digits": ("json:x.json", b"9" * 10_000),
    "pickle of 1 EB": ("pickle:x.pkl", b"\x80\x05\x8e" + (1 << 60).to_bytes(8, "little") + b"."),
    "pickle without an end": ("pickle:x.pkl", b"\x80\x05]("),
}


UNPACKED = ("npz of more than was saved", "npz that says less than it holds")
#: What is no lie as long as nobody has a record of something else.
SOUND = ("npz of more than was saved", "npz with a member outside", "npz that says more than it holds")


@contextmanager
def limited_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 1 << 25
    finally:
        tracemalloc.stop()


def believed(project: Path, path: Path) -> None:
    """Let the record of a file say that this is the file that was saved."""
    (place,) = project.glob(f".makeit/records/{path.name}.json")
    body, found = json.loads(opened(place.read_bytes())), path.stat()
    (file,) = body["outputs"][0]["files"]
    file.update(size=found.st_size, mtime_ns=found.st_mtime_ns, ctime_ns=found.st_ctime_ns, inode=found.st_ino)
    file.update(digest=digest_file(path))
    place.write_bytes(seal(body))


@pytest.mark.filterwarnings("ignore:.*identity is written")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_neither_takes_memory_nor_ends_the_call(bomb: str, project: Path) -> None:
    output, content = BOMBS[bomb]
    value = OUTPUTS[output]
    made_of(output, value)()
    (path,) = stored(output, project)
    path.write_bytes(content)
    believed(project, path)
    memory = limited_memory() if bomb in UNPACKED else nullcontext()
    with memory, pytest.warns(CacheWarning, match="unchanged but cannot be loaded"):
        found = made_of(output, value)()
    assert equal(value, found)
    assert made_of(output, value).why().reuse
    path.write_bytes(content)
    with nullcontext() if bomb in SOUND else pytest.raises(MakeitError, match="not adopted"):
        made_of(output, value).adopt()
    assert not (project.parent.parent / "a.npy").exists()
