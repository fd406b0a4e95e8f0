"""One array in one npy stream: written, read, and mapped, never with pickle."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.lib import format as npy_format

from makeit.identity.digest import FLAGS
from makeit_numpy import headers, writing
from makeit_numpy.content import Array
from makeit_numpy.form import HEADER_LIMIT
from makeit_numpy.headers import Header
from makeit_numpy.mapping import map_open

#: NumPy has no public writer for headers of version 3.0, which only field names beyond ASCII need.
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
    header = headers.read(stream)
    if header is not None:
        array = _empty(header)
        fill(array, stream)
    else:
        array = npy_format.read_array(stream, allow_pickle=False, max_header_size=HEADER_LIMIT)
    if stream.read(1):
        raise ValueError("there are bytes after the end of the array")
    return array


def _empty(header: Header) -> Array:
    header.refuse_objects()
    return np.empty(header.shape, header.dtype, order=header.order)


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
    descriptor = os.open(path, FLAGS)
    try:
        header = headers.read_open(descriptor)
        found = os.fstat(descriptor)
        if header is not None:
            header.refuse_objects()
            _check_size(found.st_size, header.end)
            return map_open(descriptor, found, path, header.dtype, mode, header.offset, header.shape, header.order)
    finally:
        os.close(descriptor)
    # A plain string: then the map knows the name of its file, by which a change of it is noticed.
    array: Any = npy_format.open_memmap(os.fspath(path), mode=mode, max_header_size=HEADER_LIMIT)
    _check_size(found.st_size, array.offset + array.nbytes)
    return array  # type: ignore[no-any-return]


def _check_size(found: int, wanted: int) -> None:
    if found != wanted:
        raise ValueError(f"the file has {found} bytes, and its header promises {wanted}")
