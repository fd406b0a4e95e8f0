"""Headers of npy streams: what NumPy reads from them, and what it read from the same bytes before."""

from __future__ import annotations

import io
import math
import os
from typing import IO, Any, Literal

import numpy as np
from attrs import frozen
from numpy.lib import format as npy_format

from makeit_numpy.form import HEADER_LIMIT

#: NumPy has no public reader for headers of version 3.0, which only field names beyond ASCII need.
READERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}

_FIRST = npy_format.magic(1, 0)
# Beside these it says how long the rest is.
_FIXED = len(_FIRST) + 2
_REMEMBERED, _LONGEST = 1 << 10, 1 << 10
# To read one takes longer than to map its array: NumPy has it parsed as Python source.
_known: dict[bytes, Header] = {}


@frozen
class Header:
    """What an npy stream says of its array, and where that begins."""

    shape: tuple[int, ...]
    order: Literal["C", "F"]
    dtype: np.dtype[Any]
    offset: int

    @property
    def end(self) -> int:
        """Where the array ends."""
        return self.offset + self.dtype.itemsize * math.prod(self.shape)

    def refuse_objects(self) -> None:
        """Raise ValueError for an array of Python objects."""
        if self.dtype.hasobject:
            raise ValueError(f"the file holds pickled objects (dtype {self.dtype}), which are never loaded")


def read(stream: IO[bytes]) -> Header | None:
    """Read the header of a stream; None, at its beginning, where NumPy alone can do that.

    Raise ValueError where it is cut short, or none.
    """
    content = stream.read(_FIXED)
    if len(content) < _FIXED or not content.startswith(_FIRST):
        stream.seek(0)
        return _parsed(stream)
    content += stream.read(int.from_bytes(content[len(_FIRST) :], "little"))
    known = _known.get(content)
    if known is not None:
        return known
    found = _parsed(io.BytesIO(content))
    # The names of fields can be assigned to, in the dtype that every array with this header would share.
    if found is not None and found.dtype.base.fields is None and len(content) <= _LONGEST:
        if len(_known) >= _REMEMBERED:
            _known.clear()
        _known[content] = found
    return found


def read_open(descriptor: int) -> Header | None:
    """Read the header of a file that was just opened, as `read` does."""
    content = os.read(descriptor, _LONGEST)
    known = _known.get(content[: _FIXED + int.from_bytes(content[len(_FIRST) : _FIXED], "little")])
    if known is not None:
        return known
    with io.FileIO(descriptor, closefd=False) as stream:
        stream.seek(0)
        return read(stream)


def _parsed(stream: IO[bytes]) -> Header | None:
    version = npy_format.read_magic(stream)
    if version not in READERS:
        stream.seek(0)
        return None
    shape, fortran, dtype = READERS[version](stream, HEADER_LIMIT)
    return Header(shape, "F" if fortran else "C", dtype, stream.tell())
