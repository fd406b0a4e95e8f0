"""How NIfTI holds each dtype: as it is, as a wider or narrower one, or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from makeit import PersistError
from makeit_numpy.content import Array

#: Dtypes that a NIfTI header can name, without their byte order.
DIRECT = frozenset({"i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16"})
#: Dtypes that it cannot name, and those that hold their values exactly.
WIDER = {"b1": "u1", "f2": "f4"}
#: 64-bit integers are legal NIfTI that other tools often cannot read; these are read by all.
NARROWER = {"i8": "i4", "u8": "u4"}
COLOURS = (
    np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]),
    np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")]),
)

FITS = "NIfTI holds bool, integers, float16 to float64, complex64, complex128 and RGB or RGBA records"


def disk_dtype(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    """Return a dtype that a NIfTI header can name and that holds every value of `dtype`, or None."""
    code = f"{dtype.kind}{dtype.itemsize}"
    if code in DIRECT or dtype in COLOURS:
        return dtype
    return _in_order_of(dtype, WIDER[code]) if code in WIDER else None


def encode(array: Array) -> Array:
    """Return `array` in the dtype it has on disk; 64-bit integers become 32-bit where the values fit."""
    wanted = disk_dtype(array.dtype)
    if wanted is None:
        raise PersistError(
            f"an array of dtype {array.dtype} does not fit: {FITS}. "
            "Convert it, ask for another dtype with `dtype=`, or use `npy:` or `pickle:`",
            value=array,
        )
    narrow = NARROWER.get(f"{array.dtype.kind}{array.dtype.itemsize}")
    if narrow and _within(array, np.iinfo(narrow)):
        wanted = _in_order_of(array.dtype, narrow)
    return array.astype(wanted, copy=False)


def _in_order_of(dtype: np.dtype[Any], code: str) -> np.dtype[Any]:
    return np.dtype(code).newbyteorder(dtype.byteorder)


def _within(array: Array, limits: np.iinfo[Any]) -> bool:
    return not array.size or bool(limits.min <= array.min() and array.max() <= limits.max)


def candidate(dtype: np.dtype[Any], direct: tuple[str, ...]) -> np.dtype[Any] | None:
    """Return the one of `direct` that may hold an array of `dtype` exactly, as far as the dtype tells, or None."""
    code = f"{dtype.kind}{dtype.itemsize}"
    if code in direct:
        return np.dtype(code)
    if code in WIDER:
        return np.dtype(WIDER[code])
    if dtype.kind in "iu":
        return np.dtype(next((wide for wide in direct if np.can_cast(code, wide) and wide[0] == "i"), "i4"))
    return np.dtype("f4") if code == "f8" else None


def fit(array: Array, direct: tuple[str, ...], fits: str) -> Array:
    """Return `array` in the one of `direct` that holds it to the last bit; PersistError where there is none."""
    wanted = candidate(array.dtype, direct)
    if wanted is not None:
        # By their range, because integers that do not fit come back as they were, and are others in the file.
        exact = np.can_cast(array.dtype, wanted) or (array.dtype.kind in "iu" and _within(array, np.iinfo(wanted)))
        with np.errstate(all="ignore"):
            found = array.astype(wanted, copy=False)
        if exact or (array.dtype.kind == "f" and _same_bits(found.astype(array.dtype), array)):
            return found
    extent = f" and values from {array.min()} to {array.max()}" if array.size and array.dtype.kind in "iu" else ""
    raise PersistError(
        f"an array of dtype {array.dtype}{extent} does not fit: {fits}. "
        "Convert it, ask for another dtype with `dtype=`, or use `npy:` or a name that ends in .nii",
        value=array,
    )


def _same_bits(one: Array, other: Array) -> bool:
    code = f"u{one.dtype.itemsize}"
    return bool((np.ascontiguousarray(one).view(code) == np.ascontiguousarray(other).view(code)).all())
