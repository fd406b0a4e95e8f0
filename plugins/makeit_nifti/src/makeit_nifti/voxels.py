"""The fingerprint of an image's data: read slice by slice where a file is behind them, and remembered."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from nibabel.arrayproxy import ArrayProxy

from makeit.identity.digest import Buffer, digest_chunks
from makeit.identity.files import settled, stamp
from makeit.model import FileStamp
from makeit_numpy.content import Array, content
from makeit_numpy.description import describe_content
from makeit_numpy.fingerprint import fingerprint

#: Bytes read from a file in one step.
SLAB = 1 << 23

_remembered: WeakKeyDictionary[Any, tuple[FileStamp, str]] = WeakKeyDictionary()


def fingerprint_voxels(dataobj: Any) -> str | None:
    """Return the fingerprint of what `np.asanyarray(dataobj)` gives; None for an array that is not known.

    The data count in Fortran order, in which images lie in memory and on disk. Those of an image that
    is backed by an unchanged file are read once.
    """
    if not _is_proxy(dataobj):
        return fingerprint(np.asanyarray(dataobj).T)
    now = _stamp(dataobj)
    known = _remembered.get(dataobj) if now else None
    if known and known[0] == now:
        return known[1]
    found = _fingerprint_file(dataobj)
    # A file that was written a moment ago may change again within one tick of its clock.
    if now and settled(now, time.time_ns()) and _stamp(dataobj) == now:
        _remembered[dataobj] = now, found
    return found


def _is_proxy(dataobj: Any) -> bool:
    return bool(getattr(dataobj, "is_proxy", False))


def _stamp(dataobj: Any) -> FileStamp | None:
    """Return the stamp of the file behind a plain proxy, whose other properties cannot change."""
    named = type(dataobj) is ArrayProxy and isinstance(dataobj.file_like, str)
    return stamp(dataobj.file_like) if named else None


def _fingerprint_file(dataobj: Any) -> str:
    slabs = _slabs(dataobj)
    first = next(slabs)
    header = f"ndarray;{describe_content(first.dtype)};{dataobj.shape[::-1]};".encode()
    return "array/1:" + digest_chunks(_chain(header, first, slabs))


def _chain(header: bytes, first: Array, slabs: Iterator[Array]) -> Iterator[Buffer]:
    yield header
    yield from content(first.T)
    for slab in slabs:
        yield from content(slab.T)


def _slabs(dataobj: Any) -> Iterator[Array]:
    """Yield the data in pieces along the last axis; a compressed file is unpacked as a whole."""
    whole = len(dataobj.shape) < 2 or not _sliceable(dataobj)
    size = 0 if whole else dataobj.dtype.itemsize * math.prod(dataobj.shape)
    if size <= SLAB:
        yield np.asarray(dataobj)
        return
    step = max(1, SLAB * dataobj.shape[-1] // size)
    for start in range(0, dataobj.shape[-1], step):
        yield np.asarray(dataobj[..., start : start + step])


def _sliceable(dataobj: Any) -> bool:
    if not _is_proxy(dataobj):
        return True
    # Each slice of a compressed file unpacks it again from its beginning.
    return _stamp(dataobj) is not None and not dataobj.file_like.endswith((".gz", ".bz2", ".zst"))


def equal_voxels(cache: Array, dataobj: Any) -> bool:
    """Whether the array that `get_fdata()` handed out still holds the data, nan equal to nan."""
    if cache.shape != tuple(dataobj.shape):
        return False
    start = 0
    for slab in _slabs(dataobj):
        stop = start + slab.shape[-1]
        if not _equal(cache[..., start:stop], slab):
            return False
        start = stop
    return True


def _equal(cached: Array, slab: Array) -> bool:
    # get_fdata() drops an imaginary part.
    shown = (slab.real if slab.dtype.kind == "c" else slab).astype(cached.dtype, copy=False)
    equal = cached == shown
    # The look for nan costs more than the comparison, and is mostly not needed.
    return bool(equal.all()) or bool((equal | (np.isnan(cached) & np.isnan(shown))).all())
