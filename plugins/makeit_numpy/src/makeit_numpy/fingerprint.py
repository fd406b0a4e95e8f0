"""Fingerprints of arrays, NumPy scalars and dtypes: by class, dtype, shape and content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from makeit.identity.digest import Buffer, digest, digest_chunks
from makeit_numpy.content import Array, content
from makeit_numpy.description import describe_content, describe_layout

#: Classes with their names in a fingerprint; a memory map is the array that it shows.
CLASSES: dict[type, str] = {
    np.ndarray: "ndarray",
    np.memmap: "ndarray",
    np.matrix: "matrix",
    np.recarray: "recarray",
}


def fingerprint(value: Any) -> str | None:
    """Return `scheme/1:digest` of an array, scalar or dtype; None for a subclass that is not known here."""
    if type(value) in CLASSES:
        return fingerprint_array(value)
    if type(value) is np.ma.MaskedArray:
        return _fingerprint_masked(value)
    if isinstance(value, np.generic):
        return _stream("numpy-scalar/1:", "scalar", np.asarray(value))
    if isinstance(value, np.dtype):
        return "dtype/1:" + digest(describe_layout(value).encode())
    return None


def fingerprint_array(array: Array) -> str:
    """Return the fingerprint of an array of a class in `CLASSES`, whatever its memory order."""
    return _stream("array/1:", CLASSES[type(array)], array.view(np.ndarray))


def _stream(scheme: str, kind: str, array: Array, *more: bytes) -> str:
    header = f"{kind};{describe_content(array.dtype)};{array.shape};".encode()
    return scheme + digest_chunks(_chain(header, array, more))


def _chain(header: bytes, array: Array, more: tuple[bytes, ...]) -> Iterator[Buffer]:
    yield header
    yield from content(array)
    yield from more


def _fingerprint_masked(array: np.ma.MaskedArray[Any, Any]) -> str:
    """Fingerprint what a masked array shows: mask, fill value, and the data that are not masked."""
    mask = np.ma.getmaskarray(array)
    shown = array.data.view(np.ndarray).copy()
    _blank(shown, mask)
    parts: tuple[str, ...] = (
        fingerprint_array(mask),
        fingerprint_array(np.asarray(array.fill_value, array.dtype)),
        str(array.hardmask),
    )
    return _stream("masked-array/1:", "MaskedArray", shown, *(part.encode() for part in parts))


def _blank(data: Array, mask: Array) -> None:
    """Set what is masked to zero, in place, field by field."""
    if data.dtype.names is None:
        data[mask] = np.zeros((), data.dtype)
        return
    for name in data.dtype.names:
        _blank(data[name], mask[name])
