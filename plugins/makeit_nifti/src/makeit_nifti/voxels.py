"""The fingerprint of an image's data: read slice by slice where a file is behind them, and remembered."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from nibabel.arrayproxy import ArrayProxy

from makeit.identity.digest import Buffer, digest_chunks
from makeit.identity.values import fingerprint_part
from makeit_numpy.content import Array, content
from makeit_numpy.description import describe_content
from makeit_numpy.fingerprint import fingerprint

#: Bytes read from a file in one step.
SLAB = 1 << 23


def fingerprint_voxels(dataobj: Any) -> str | None:
    """Return the fingerprint of what `np.asanyarray(dataobj)` gives; None for an array that is not known.

    The data count in Fortran order, in which images lie in memory and on disk. Those of an image that
    is backed by an unchanged file are read once, whatever object shows them, in this process or another.
    """
    if not _is_proxy(dataobj):
        return fingerprint(np.asanyarray(dataobj).T)
    path = _path(dataobj)
    if path is None:
        return _fingerprint_file(dataobj)
    return fingerprint_part(path, _region(dataobj), lambda: _fingerprint_file(dataobj))


def _is_proxy(dataobj: Any) -> bool:
    return bool(getattr(dataobj, "is_proxy", False))


def _path(dataobj: Any) -> str | None:
    """Return the file behind a plain proxy, whose other properties cannot change; None for proxies of other kinds."""
    named = type(dataobj) is ArrayProxy and isinstance(dataobj.file_like, str | os.PathLike)
    return os.path.abspath(dataobj.file_like) if named else None


def _region(dataobj: ArrayProxy) -> str:
    """Name the part of a file that a proxy shows, and how it reads it."""
    order = getattr(dataobj, "order", "F")
    scaling = f"{dataobj.slope!r};{dataobj.inter!r}"
    return f"voxels/1;{dataobj.dtype.str};{dataobj.shape};{order};{dataobj.offset};{scaling}"


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
    path = _path(dataobj)
    return path is not None and not path.lower().endswith((".gz", ".bz2", ".zst", ".mgz"))


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
