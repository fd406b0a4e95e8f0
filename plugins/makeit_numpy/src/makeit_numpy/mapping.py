"""Memory maps of files that hold no file descriptor, and what part of which file a map shows."""

from __future__ import annotations

import ctypes
import functools
import math
import mmap
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from attrs import frozen

from makeit.identity.digest import FLAGS
from makeit_numpy.content import Array

#: Smaller maps are as quickly read as looked up.
WORTH_KNOWING = 1 << 20
# Of <sys/mman.h>, which Python does not name; the same on Linux and macOS.
_MAP_FIXED = 0x10


def map_array(
    path: str | Path, dtype: np.dtype[Any], mode: Literal["r", "c"], offset: int, shape: tuple[int, ...], order: Any
) -> Array:
    """Map an array in a file: `r` read-only, `c` with private changes that never reach the file.

    A map of Python's mmap keeps a descriptor of its own, of which a process has 1,024: not so this one. ValueError
    where the file is too short: to read beyond its end kills the process.
    """
    descriptor = os.open(path, FLAGS)
    try:
        return map_open(descriptor, os.fstat(descriptor), path, dtype, mode, offset, shape, order)
    finally:
        os.close(descriptor)


def map_open(
    descriptor: int,
    found: os.stat_result,
    path: str | Path,
    dtype: np.dtype[Any],
    mode: Literal["r", "c"],
    offset: int,
    shape: tuple[int, ...],
    order: Any,
) -> Array:
    """Map an array in an open file, which was found at `path` and in this state, as `map_array` does."""
    size = dtype.itemsize * math.prod(map(int, shape))
    if not size:
        return np.memmap(path, dtype, mode, offset, shape, order)
    start = offset - offset % mmap.ALLOCATIONGRANULARITY
    if found.st_size < offset + size:
        raise ValueError(f"{path} has {found.st_size} bytes, and the array ends at {offset + size}")
    memory = _map(descriptor, offset - start + size, start, mode)
    array: Any = np.ndarray.__new__(np.memmap, shape, dtype, memory, offset - start, order=order)
    # What numpy.memmap itself says of its maps.
    array._mmap, array.offset, array.mode, array.filename = memory, offset, mode, os.path.abspath(path)
    array._shown = stamp_of(found)  # views have none
    return array  # type: ignore[no-any-return]


def _map(descriptor: int, length: int, start: int, mode: Literal["r", "c"]) -> mmap.mmap:
    access = mmap.ACCESS_READ if mode == "r" else mmap.ACCESS_COPY
    if sys.version_info >= (3, 13):
        options: dict[str, Any] = {"trackfd": False}
        return mmap.mmap(descriptor, length, access=access, offset=start, **options)
    overlay = _overlay()
    if overlay is None:
        return mmap.mmap(descriptor, length, access=access, offset=start)
    protection = mmap.PROT_READ if mode == "r" else mmap.PROT_READ | mmap.PROT_WRITE
    # Memory without a file first, which Python will give back; then the file in its place.
    memory = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=protection)
    shared = mmap.MAP_SHARED if mode == "r" else mmap.MAP_PRIVATE
    overlay(_address(memory), length, protection, shared | _MAP_FIXED, descriptor, start)
    return memory


def _address(memory: mmap.mmap) -> int:
    return int(np.frombuffer(memory, np.uint8).__array_interface__["data"][0])


@functools.cache
def _overlay() -> Callable[..., None] | None:
    """Return the system's mmap, raising OSError; None where it is not known to be as described here."""
    if sys.platform not in ("linux", "darwin") or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    call = ctypes.CDLL(None, use_errno=True).mmap
    integers = (ctypes.c_int, ctypes.c_int, ctypes.c_int)
    call.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *integers, ctypes.c_int64)
    call.restype = ctypes.c_void_p

    def overlay(*arguments: int) -> None:
        if call(*arguments) != arguments[0]:
            error = ctypes.get_errno()
            raise OSError(error, f"the file cannot be mapped: {os.strerror(error)}")

    return overlay


#: Which file, and in what state: device, inode, size and time of the last change.
Stamp: TypeAlias = tuple[int, int, int, int]


def stamp_of(found: os.stat_result) -> Stamp:
    """Return the stamp of a file that was looked at; a new name for it leaves this as it is."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def shown_by(array: Array) -> Stamp | None:
    """Return the stamp of the file that a map of `map_array` shows, as it was when it was opened; else None."""
    found: Stamp | None = getattr(array, "_shown", None)
    return found


@frozen
class Region:
    """The part of a file that a map shows: path and name, as `fingerprint_part` takes them."""

    path: str
    name: str


def region_of(array: Array, description: str) -> Region | None:
    """Return which part of which file a read-only map shows; None where that is not certain.

    A map goes on to show a file that another one has replaced, so the system is asked which file it is.
    """
    path = getattr(array, "filename", None)
    if type(array) is not np.memmap or path is None or array.nbytes < WORTH_KNOWING or array.flags.writeable:
        return None
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        return None
    address = int(array.__array_interface__["data"][0])
    try:
        shown = next((one for one in _mapped() if one.start <= address < one.stop), None)
        found = os.stat(path)
    except OSError:
        return None
    if shown is None or address + array.nbytes > shown.stop or shown.writeable:
        return None
    if (shown.inode, shown.device) != (found.st_ino, (os.major(found.st_dev), os.minor(found.st_dev))):
        return None
    order = "C" if array.flags.c_contiguous else "F"
    offset = shown.offset + address - shown.start
    name = f"array/1;{description};{array.shape};{order};{offset};{shown.inode}"
    return Region(os.path.abspath(path), name)


@frozen
class _Mapped:
    start: int
    stop: int
    writeable: bool
    offset: int
    device: tuple[int, int]
    inode: int


def _mapped() -> Iterator[_Mapped]:
    """Yield what the process has mapped, where the system tells (Linux)."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            span, rights, offset, device, inode = line.split(maxsplit=5)[:5]
            start, stop = (int(part, 16) for part in span.split("-"))
            major, minor = (int(part, 16) for part in device.split(":"))
            yield _Mapped(start, stop, "w" in rights, int(offset, 16), (major, minor), int(inode))
