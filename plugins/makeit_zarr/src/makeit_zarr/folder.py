"""ZarrFolder: the persister of the format zarr."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import zarr
from zarr.storage import LocalStore

from makeit import Persister, PersistError, SpecError
from makeit_zarr.store import ResultStore

#: Kinds of dtype that Zarr 3 specifies: booleans, integers, floats, complex numbers.
KINDS = "biufc"
FITS = "Zarr holds arrays of booleans, integers, floats and complex numbers of one to sixteen bytes"


class ZarrFolder(Persister):
    """Keep an array of any size in a Zarr 3 folder, and give it back as an open, read-only `zarr.Array`.

    Saved are arrays of NumPy, Zarr, Dask, h5py, and whatever else has `shape`, `dtype` and slices; they are copied
    chunk by chunk, so that none needs to fit into memory. `chunks` is the shape of a chunk, as in "64x64x1";
    without it Zarr chooses. `compressed` says whether chunks are compressed (Zstandard).
    """

    suffixes: ClassVar[tuple[str, ...]] = (".zarr",)
    folder: ClassVar[bool] = True

    def __init__(self, filename: str | Path, chunks: str | None = None, compressed: bool = True) -> None:
        super().__init__(filename)
        self.chunks = chunks
        self.compressed = compressed

    def check(self) -> None:
        """Raise SpecError for a suffix or a shape of chunks that cannot work."""
        if self.filename.suffix.lower() != ".zarr":
            raise SpecError(f"{self.filename} should end in .zarr", spec=self)
        self._shape()
        # What a result needs once it is there is imported before the function runs: no import may lose it.
        from makeit_zarr import fingerprint  # noqa: F401

    def _shape(self) -> tuple[int, ...] | None:
        if self.chunks is None:
            return None
        parts = str(self.chunks).split("x")
        if not all(part.isdecimal() and int(part) > 0 for part in parts):
            raise SpecError(f"chunks={self.chunks!r} is no shape; write it as in chunks=64x64x1", spec=self)
        return tuple(map(int, parts))

    def save(self, data: Any) -> Mapping[str, Any]:
        """Write an array to the folder `self.filename`, chunk by chunk; PersistError for what Zarr cannot hold."""
        fault = _fault(data) or self._misfit(data)
        if fault:
            raise PersistError(f"{fault}. {FITS}; for others use 'pickle:' or 'npz:'", value=data)
        target = zarr.create_array(
            # Not the name, in which Zarr looks for the parts of a URL.
            LocalStore(self.filename),
            shape=data.shape,
            dtype=np.dtype(data.dtype),
            chunks=self._shape() or "auto",
            compressors="auto" if self.compressed else None,
            # An empty chunk is written, too: one that is missing has been lost.
            config={"write_empty_chunks": True},
        )
        _copy(data, target)
        return {"complete": True, "bytes": _size(self.filename)}

    def _misfit(self, data: Any) -> str | None:
        chunks = self._shape()
        if chunks is not None and len(chunks) != len(data.shape):
            return f"chunks={self.chunks} has {len(chunks)} dimensions, and the array {len(data.shape)}"
        return None

    def load(self) -> Any:
        """Open the array; nothing of it is read but its description. ValueError where there is none."""
        try:
            store = ResultStore(self.filename, complete=bool(self.notes.get("complete")))
            found = zarr.open_array(store, mode="r", zarr_format=3)
        except (KeyError, TypeError, FileNotFoundError) as error:
            raise ValueError(f"{self.filename} holds no Zarr array: {error}") from error
        if self.notes.get("complete"):
            _check_chunks(found, self.filename, self.notes.get("bytes", 0))
        return found


def _fault(data: Any) -> str | None:
    """Say why a value cannot be saved, or None."""
    kind = f"{type(data).__module__}.{type(data).__qualname__}"
    if isinstance(data, np.ma.MaskedArray):
        return "a masked array would lose its mask"
    if not all(hasattr(data, name) for name in ("shape", "dtype", "__getitem__")) or isinstance(data, np.generic):
        return f"a value of type {kind} is no array"
    try:
        dtype = np.dtype(data.dtype)
    except TypeError:
        return f"the dtype {data.dtype} of {kind} is none of NumPy's"
    if dtype.kind not in KINDS or dtype.itemsize > 16 or dtype.char in "gG":
        return f"the dtype {dtype} has no place in Zarr"
    if not all(isinstance(length, int) for length in data.shape):
        return f"the shape {data.shape} is not known yet; compute it, as with .compute_chunk_sizes()"
    return None


def _copy(data: Any, target: Any) -> None:
    if type(data).__module__.startswith("dask."):
        # Each block is computed once, and is one or several whole chunks, which no other block writes to.
        data.rechunk(target.chunks).store(target, lock=False)
        return
    for region in regions(target.shape, target.chunks):
        target[region] = np.asarray(data[region])


def regions(shape: tuple[int, ...], chunks: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Cover an array of this shape with its chunks."""
    starts = (range(0, length, size) for length, size in zip(shape, chunks, strict=True))
    for corner in itertools.product(*starts):
        yield tuple(slice(start, start + size) for start, size in zip(corner, chunks, strict=True))


def _size(path: Path) -> int:
    return sum(item.stat().st_size for item in path.rglob("*") if item.is_file())


def _check_chunks(array: Any, path: Path, size: int) -> None:
    """Refuse a folder that chunks are missing from, which Zarr would read as zeros, or that were cut short."""
    wanted = math.prod(math.ceil(length / size) for length, size in zip(array.shape, array.chunks, strict=True))
    found = sum(1 for item in (path / "c").rglob("*") if item.is_file()) + (path / "c").is_file()
    if found != wanted:
        raise ValueError(f"{path} has {found} chunks, where its description promises {wanted}")
    if _size(path) != size:
        raise ValueError(f"{path} has {_size(path)} bytes, where {size} were saved")
