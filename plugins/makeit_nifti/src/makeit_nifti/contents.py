"""What headers and the XML of GIFTI and CIFTI say, as plain nested values that can be compared and fingerprinted."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
from nibabel.nifti1 import xform_codes

from makeit.identity.digest import digest
from makeit_numpy.content import Array
from makeit_numpy.fingerprint import fingerprint as fingerprint_array

#: What some methods of nibabel leave in an object, and what follows from the rest.
_CACHES = frozenset({"labels_as_dict"})
#: What XML leaves out where it is empty.
_OPTIONAL = frozenset({"_metadata", "_meta", "_label_table", "_voxel_indices_ijk", "_vertex_indices"})
_CODES: Mapping[str, Any] = {"dataspace": xform_codes, "xformspace": xform_codes}


def describe(value: Any) -> bytes:
    """Return bytes that are equal for equal contents; Unknown for what has none."""
    return repr(plain(value)).encode("utf-8", "surrogatepass")


class Unknown(TypeError):
    """Something in an object of nibabel that has no plain form."""


def plain(value: Any) -> Any:
    """Return nested tuples of str, bytes, int, float, bool and None that are equal for equal contents.

    Numbers count by value, so that 1 and 1.0, a list and an array of it are equal: XML does not tell them apart.
    Unknown for an object that is neither plain nor of nibabel.
    """
    if value is None or isinstance(value, bytes | bool):
        return value
    if isinstance(value, str):  # that of NumPy, which axes are made of, too
        return str(value)
    if isinstance(value, numbers.Real):
        return _number(value)
    if isinstance(value, np.dtype):
        return "dtype", value.str
    if isinstance(value, np.ndarray):
        return _array(value)
    if _of_nibabel(value):
        return type(value).__name__, tuple(
            (name, _field(name, part)) for name, part in sorted(vars(value).items()) if name not in _CACHES
        )
    if isinstance(value, Mapping):
        return "mapping", tuple(sorted(((plain(key), plain(part)) for key, part in value.items()), key=repr))
    if isinstance(value, Sequence):
        return _sequence(value)
    if isinstance(value, Set):
        return "set", tuple(sorted(map(plain, value), key=repr))
    raise Unknown(f"{type(value).__module__}.{type(value).__qualname__}")


def _of_nibabel(value: Any) -> bool:
    return type(value).__module__.startswith("nibabel.") and hasattr(value, "__dict__")


def _field(name: str, value: Any) -> Any:
    if name in _OPTIONAL and value is not None and not len(value):
        return None
    if name == "applies_to_matrix_dimension" and isinstance(value, numbers.Integral):
        value = (value,)
    codes = _CODES.get(name)
    return codes.code[value] if codes is not None and value in codes.code else plain(value)


def _number(value: Any) -> Any:
    number = float(value) if not isinstance(value, numbers.Integral) else int(value)
    whole = isinstance(number, float) and math.isfinite(number) and number == int(number)
    if whole and not (number == 0 and math.copysign(1, number) < 0):
        return int(number)
    return number


def _array(array: Array) -> Any:
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        found = fingerprint_array(array)
        if found is None:
            raise Unknown(f"{type(array).__name__} of dtype {array.dtype}")
        return "array", found
    kind = array.dtype.str[-2:].replace(array.dtype.str[-1], "8") if array.dtype.kind in "iu" else "f8"
    if kind == "u8" and not (array.size and array.max() > np.iinfo("i8").max):
        kind = "i8"
    if kind == "f8" and _whole(array):
        kind = "i8"
    return "numbers", array.shape, kind, digest(np.ascontiguousarray(array, f"<{kind}").tobytes())


def _whole(array: Array) -> bool:
    with np.errstate(invalid="ignore"):
        whole = (array == np.trunc(array)) & (np.abs(array) < 2**53) & ((array != 0) | ~np.signbit(array))
    return bool(whole.all())


def _sequence(value: Sequence[Any]) -> Any:
    # Lists of a hundred thousand indices, mostly.
    rows = all(type(row) in (list, tuple) and all(map(_is_number, row)) for row in value)
    if value and (rows or all(map(_is_number, value))) and len({len(row) for row in value} if rows else {0}) == 1:
        return _array(np.array(value))
    return tuple(map(plain, value))


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) or isinstance(value, np.integer | np.floating)
