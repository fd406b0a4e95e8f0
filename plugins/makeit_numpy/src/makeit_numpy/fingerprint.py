"""Fingerprints of arrays, NumPy scalars and dtypes: by class, dtype, shape and content."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from makeit.identity.digest import Buffer, digest, digest_chunks
from makeit.identity.saving import current
from makeit.identity.values import fingerprint_part
from makeit_numpy.content import SLAB, Array, content
from makeit_numpy.description import describe_content, describe_layout
from makeit_numpy.mapping import region_of
from makeit_numpy.recalled import digest_of, is_worth_recalling

#: Classes with their names in a fingerprint; a memory map is the array that it shows.
CLASSES: dict[type, str] = {
    np.ndarray: "ndarray",
    np.memmap: "ndarray",
    np.matrix: "matrix",
    np.recarray: "recarray",
}


SCHEME = "array/1:"


def fingerprint(value: Any) -> str | None:
    """Return `scheme/1:digest` of an array, scalar or dtype; None for a subclass that is not known here."""
    region = region_of(value, describe_content(value.dtype)) if type(value) is np.memmap else None
    if region is not None:
        return fingerprint_part(region.path, region.name, lambda: fingerprint_array(value))
    if type(value) in CLASSES:
        return fingerprint_array(value)
    if type(value) is np.ma.MaskedArray:
        return _fingerprint_masked(value)
    if value is np.ma.masked:
        return "masked-array/1:" + digest(b"masked")
    if isinstance(value, np.ufunc):
        return _fingerprint_ufunc(value)
    if isinstance(value, np.generic):
        return _stream("numpy-scalar/1:", "scalar", np.asarray(value))
    if isinstance(value, np.dtype):
        return "dtype/1:" + digest(describe_layout(value).encode())
    return None


def _fingerprint_ufunc(function: np.ufunc) -> str | None:
    """Fingerprint a universal function by its name; None for one that has no place in NumPy or SciPy."""
    for package in ("numpy", "scipy.special"):
        if getattr(sys.modules.get(package), function.__name__, None) is function:
            return "ufunc/1:" + digest(f"{package}.{function.__name__}".encode())
    return None


def fingerprint_array(array: Array) -> str:
    """Return the fingerprint of an array of a class in `CLASSES`, whatever its memory order."""
    saving = current()
    known = saving.fingerprint(memory(array)) if saving is not None and type(array) is np.ndarray else None
    return known or _stream(SCHEME, CLASSES[type(array)], array.view(np.ndarray))


def memory(array: Array) -> Hashable:
    """Return what tells this array from all others that live at the same time, but for equal views of its memory."""
    address = array.__array_interface__["data"][0]
    return address, describe_content(array.dtype), array.shape, array.strides


def is_read_in_order(array: Array) -> bool:
    """Whether what is fingerprinted of an array are its bytes as they lie in memory, but for nans."""
    return array.flags.c_contiguous and array.dtype.names is None and not array.dtype.hasobject


def header_of(array: Array) -> bytes:
    """Return what comes before the content of a plain array in its fingerprint."""
    return _header(CLASSES[np.ndarray], array)


def _stream(scheme: str, kind: str, array: Array) -> str:
    header = _header(kind, array)
    if is_read_in_order(array) and is_worth_recalling(array):
        return scheme + digest_of(header, array)
    return scheme + digest_chunks(chain([header], content(array)))


def _header(kind: str, array: Array) -> bytes:
    return f"{kind};{describe_content(array.dtype)};{array.shape};".encode()


def _fingerprint_masked(array: np.ma.MaskedArray[Any, Any]) -> str:
    """Fingerprint what a masked array shows: mask, fill value, and the data that are not masked."""
    mask = np.ma.getmaskarray(array)
    parts: tuple[str, ...] = (
        fingerprint_array(mask),
        fingerprint_array(np.asarray(array.fill_value, array.dtype)),
        str(array.hardmask),
    )
    data = array.data.view(np.ndarray)
    more = (part.encode() for part in parts)
    return "masked-array/1:" + digest_chunks(chain([_header("MaskedArray", data)], _shown(data, mask), more))


def _shown(data: Array, mask: Array) -> Iterator[Buffer]:
    """Yield the content of `data` with zeros where it is masked."""
    if data.dtype.names is not None:
        for name in data.dtype.names:
            yield from _shown(data[name], mask[name])
    elif data.ndim == 0 or data.dtype.hasobject:
        yield from content(_blanked(data, mask))
    else:
        rows = max(1, SLAB * len(data) // max(1, data.nbytes))
        for start in range(0, len(data), rows):
            yield from content(_blanked(data[start : start + rows], mask[start : start + rows]))


def _blanked(data: Array, mask: Array) -> Array:
    copy = data.copy()
    np.copyto(copy, np.zeros((), data.dtype), where=mask)
    return copy
