"""What a value was before it became an array: the part of it that a NumPy file cannot say."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from makeit import PersistError
from makeit_numpy.content import Array

#: Python types that an array of no dimensions restores by `item()`.
PYTHON_TYPES: tuple[type, ...] = (bool, int, float, complex, str, bytes)
#: Array classes that are restored by a view; a memory map becomes a plain array.
ARRAY_CLASSES: dict[type, str] = {
    np.ndarray: "array",
    np.memmap: "array",
    np.matrix: "matrix",
    np.recarray: "recarray",
}
VIEWS: dict[str, type] = {"matrix": np.matrix, "recarray": np.recarray}
#: Headers beyond this are refused: NumPy parses them as Python source.
HEADER_LIMIT = 1 << 20

FITS = "A NumPy file holds arrays of numbers, strings, dates and records of these, and single such values"


def take_apart(value: Any) -> tuple[Array, str]:
    """Return `value` as a plain array, and the form that `put_together` needs to restore it.

    The form is `array`, `matrix`, `recarray`, `scalar` (a NumPy scalar) or the name of a Python type.
    Raise PersistError for what would not come back equal in type and value.
    """
    if type(value) in ARRAY_CLASSES:
        return _plain(value), ARRAY_CLASSES[type(value)]
    if isinstance(value, np.generic):
        return _exact(value, "scalar")
    if type(value) in PYTHON_TYPES:
        return _exact(value, type(value).__name__)
    raise PersistError(_refusal(value), value=value)


def put_together(array: Array, form: str) -> Any:
    """Restore what `take_apart` was given; raise ValueError where array and form do not fit."""
    if form == "array":
        return array
    if form in VIEWS:
        return array.view(VIEWS[form])
    if array.shape != ():
        raise ValueError(f"the file holds an array of shape {array.shape} where a single {form} was saved")
    return array[()] if form == "scalar" else array.item()


def _plain(array: Array) -> Array:
    """Return `array` as an ndarray; raise PersistError where its dtype would not survive."""
    problem = _dtype_problem(array.dtype, type(array) is np.recarray)
    if problem:
        raise PersistError(f"{problem}. {FITS}; for this one use the format `pickle:`", value=array)
    return np.asarray(array)


def _dtype_problem(dtype: np.dtype[Any], record: bool) -> str:
    """Return why `dtype` does not survive a file, or an empty string."""
    if dtype.hasobject:
        return f"the array holds Python objects (dtype {dtype})"
    if npy_format.drop_metadata(dtype) is not dtype:
        return f"the metadata of dtype {dtype} would be lost"
    try:
        restored = npy_format.descr_to_dtype(npy_format.dtype_to_descr(dtype))
    except (ValueError, TypeError) as error:
        return f"dtype {dtype} cannot be written down: {error}"
    # C's `long long` comes back as `int64`, which is equal; a record does not come back as one.
    if restored != dtype or (issubclass(dtype.type, np.record) and not record):
        return f"dtype {dtype} would come back as {restored}"
    too_long = len(repr(dtype.descr)) > HEADER_LIMIT // 2
    return f"the dtype's description is longer than {HEADER_LIMIT // 2} characters" if too_long else ""


def _exact(value: Any, form: str) -> tuple[Array, str]:
    """Return a single value as an array, after a look whether it can be restored from it."""
    array = np.asarray(value)
    if problem := _dtype_problem(array.dtype, False):
        raise PersistError(f"{problem}. {FITS}; for this one use the format `pickle:`", value=value)
    # NumPy pads strings with NUL characters, so it drops those at the end.
    if array.dtype.kind in "US" and put_together(array, form) != value:
        raise PersistError(
            f"{value!r} ends in NUL characters, which NumPy drops; use `json:` or `pickle:`", value=value
        )
    return array, form


def _refusal(value: Any) -> str:
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, np.ma.MaskedArray):
        return (
            "a NumPy file has no place for the mask of a masked array; "
            "return `(a.data, a.mask)` with an `npz:`, or use `pickle:`"
        )
    if isinstance(value, list | tuple):
        return (
            f"a {type(value).__name__} would come back as an array; return `np.asarray(...)`, "
            "put arrays in an `npz:`, or use `json:` or `pickle:`"
        )
    return f"a value of type {kind} would not come back as it is. {FITS}; for this one use the format `pickle:`"
