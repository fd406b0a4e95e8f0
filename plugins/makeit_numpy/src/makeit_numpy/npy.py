"""One array in one npy stream: written, read, and mapped, never with pickle."""

from __future__ import annotations

import errno
import io
import math
import os
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.lib import format as npy_format

from makeit_numpy import writing
from makeit_numpy.content import Array
from makeit_numpy.form import HEADER_LIMIT
from makeit_numpy.mapping import map_array

#: NumPy has no public reader for headers of version 3.0, which only field names beyond ASCII need.
HEADERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}
# And for writers.
WRITERS = {(1, 0): npy_format.write_array_header_1_0, (2, 0): npy_format.write_array_header_2_0}


def write(stream: IO[bytes], array: Array) -> None:
    """Write `array` of any shape and memory order to `stream`."""
    npy_format.write_array(stream, array, version=_version(array.dtype), allow_pickle=False)


def write_file(path: Path, array: Array) -> None:
    """Write `array` to the file at `path`; OSError where there is no room for all of it."""
    version = _version(array.dtype)
    if version in WRITERS and (array.flags.c_contiguous or array.flags.f_contiguous):
        header = io.BytesIO()
        WRITERS[version](header, npy_format.header_data_from_array_1_0(array))
        writing.write(path, header.getvalue(), array)
        return
    with path.open("wb") as stream:
        write(stream, array)
        stream.flush()
        # NumPy writes to files through C, and drops the error of its last flush: the end would be missing unnoticed.
        found, wanted = os.fstat(stream.fileno()).st_size, stream.tell()
    if found < wanted:
        raise OSError(errno.ENOSPC, f"{found} of {wanted} bytes could be written", os.fspath(path))


def _version(dtype: np.dtype[Any]) -> tuple[int, int]:
    """Return the oldest version that can hold the header; NumPy would choose it too, with a warning."""
    if dtype.names is None:
        return 1, 0
    description = repr(dtype.descr)
    if not description.isascii():
        return 3, 0
    return (1, 0) if len(description) < 60_000 else (2, 0)


def read(stream: IO[bytes]) -> Array:
    """Read the one array that `stream` holds, to its end.

    Raise ValueError where it is cut short or goes on.
    """
    version = npy_format.read_magic(stream)
    if version in HEADERS:
        array = _empty(*HEADERS[version](stream, HEADER_LIMIT))
        fill(array, stream)
    else:
        stream.seek(0)
        array = npy_format.read_array(stream, allow_pickle=False, max_header_size=HEADER_LIMIT)
    if stream.read(1):
        raise ValueError("there are bytes after the end of the array")
    return array


def _empty(shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> Array:
    if dtype.hasobject:
        raise ValueError(f"the file holds pickled objects (dtype {dtype}), which are never loaded")
    return np.empty(shape, dtype, order="F" if fortran else "C")


def fill(array: Array, stream: IO[bytes]) -> None:
    # Into memory that the array owns: np.load gives a view, which freezing would have to copy.
    if not array.nbytes:
        return
    flat = array.reshape(-1, order="A").view(np.uint8)
    filled = 0
    while filled < flat.size:
        count = stream.readinto(flat.data[filled:])  # type: ignore[attr-defined]
        if not count:
            raise ValueError(f"the file ends after {filled} of {flat.size} bytes of its array")
        filled += count


def read_file(path: Path) -> Array:
    """Read the array in the file at `path`."""
    with path.open("rb") as stream:
        return read(stream)


def map_file(path: Path, mode: Literal["r", "c"]) -> Array:
    """Map the file at `path`: `r` read-only, `c` with private changes that never reach the file."""
    with path.open("rb") as stream:
        version = npy_format.read_magic(stream)
        found = HEADERS[version](stream, HEADER_LIMIT) if version in HEADERS else None
        offset = stream.tell()
    if found is None:  # field names beyond ASCII, whose header NumPy reads in private
        # A plain string: then the map knows the name of its file, by which a change of it is noticed.
        array: Any = npy_format.open_memmap(os.fspath(path), mode=mode, max_header_size=HEADER_LIMIT)
        _check_size(path, array.offset + array.nbytes)
        return array  # type: ignore[no-any-return]
    shape, fortran, dtype = found
    if dtype.hasobject:
        raise ValueError(f"the file holds pickled objects (dtype {dtype}), which are never loaded")
    _check_size(path, offset + dtype.itemsize * math.prod(shape))
    return map_array(path, dtype, mode, offset, shape, "F" if fortran else "C")


def _check_size(path: Path, wanted: int) -> None:
    found = path.stat().st_size
    if found != wanted:
        raise ValueError(f"the file has {found} bytes, and its header promises {wanted}")
