"""What the machine allows: the same work on files and bytes, without a cache around it."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
import xxhash

READ, HASHED, TWO_FILES, TWO_LAST, TWO_AGAIN, SAVED = (
    "floor: stat and read a file",
    "floor: xxh3_128 of the same bytes",
    "floor: two small files by replace",
    "floor: the same, and the two before removed",
    "floor: two small files that are there, by replace",
    "floor: np.save, fsync, replace",
)
# About as long as a record.
_SMALL = b"x" * 700


def stat_and_read(path: str | Path) -> bytes:
    """Look whether a small file is the same, and read it."""
    os.stat(path)
    return read(path)


def read(path: str | os.PathLike[str]) -> bytes:
    """Read a small file."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 1 << 16)
    finally:
        os.close(file)


def two_files(place: str) -> None:
    """Write two small files, each beside its target, and replace the targets."""
    for name in pair(place):
        beside = f"{name}.part"
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(file, _SMALL)
        os.close(file)
        os.replace(beside, name)


def two_files_alone(place: str, before: str) -> None:
    """Write two small files, and remove the two that were written before."""
    two_files(place)
    for name in pair(before):
        os.remove(name)


def pair(place: str) -> tuple[str, str]:
    """Return the names of the two files of a call."""
    return f"{place}.record", f"{place}.result"


def hashed(array: np.ndarray) -> bytes:
    """Hash the bytes of a contiguous array."""
    return xxhash.xxh3_128(array.data.cast("B")).digest()


def saved(path: Path, array: np.ndarray) -> None:
    """Save an array beside its target, wait until the disk has it, and replace the target."""
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        np.save(file, array)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def mapped(path: Path) -> np.ndarray:
    """Map a file of numbers, without looking at what its header says."""
    file = os.open(path, os.O_RDONLY)
    pages = mmap.mmap(file, 0, prot=mmap.PROT_READ)
    os.close(file)
    return np.frombuffer(pages, np.float64, offset=128)


def reused_chain(mapped_file: Path, small_file: Path) -> None:
    """Do to the files what a chain of two cannot do without: look at both, map the one, read the other."""
    os.stat(mapped_file)
    mapped(mapped_file)
    stat_and_read(small_file)
