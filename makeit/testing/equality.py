"""What the kit takes for equal: the same type, dtype and value, nan equal to nan."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal in type and content, all the way down.

    nan equals nan, 0.0 and -0.0 differ, the order in a dict does not count. TypeError for values whose `==`
    gives no answer, like frames; then a suite needs an `equal` of its own.
    """
    if type(one) is not type(other):
        return False
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(one, numpy.ndarray | numpy.generic):
        return _same_arrays(numpy, one, other)
    if isinstance(one, float | complex):
        return _same_numbers(one, other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping):
        return len(one) == len(other) and all(key in other and same(one[key], other[key]) for key in one)
    return _answer(one, other)


def _same_numbers(one: Any, other: Any) -> bool:
    if isinstance(one, complex):
        return _same_numbers(one.real, other.real) and _same_numbers(one.imag, other.imag)
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return bool(one == other) and math.copysign(1, one) == math.copysign(1, other)


def _answer(one: Any, other: Any) -> bool:
    if one is other:
        return True
    names = _fields(one)
    if names:
        return names == _fields(other) and all(same(getattr(one, name), getattr(other, name)) for name in names)
    try:
        return bool(one == other)
    except ValueError as error:
        raise TypeError(
            f"two values of type {type(one).__name__} cannot be compared with == ({error}); give the suite "
            "`def equal(self, a, b)`, which returns True where they are equal in type and content"
        ) from error


def _fields(value: Any) -> list[str]:
    """Return the names of the fields that a value consists of; none for one with an equality of its own."""
    declared = getattr(value, "__dataclass_fields__", None) or [
        field.name for field in getattr(type(value), "__attrs_attrs__", ())
    ]
    if declared:
        return list(declared)
    return list(getattr(value, "__dict__", ())) if "__eq__" not in _defined(type(value)) else []


def _defined(kind: type) -> set[str]:
    return {name for parent in kind.__mro__ if parent is not object for name in vars(parent)}


def _same_arrays(numpy: Any, one: Any, other: Any) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if isinstance(one, numpy.ma.MaskedArray):
        mask = numpy.ma.getmaskarray(one)
        same_masks = bool((mask == numpy.ma.getmaskarray(other)).all())
        return same_masks and _same_arrays(numpy, one.data[~mask], other.data[~mask])
    if one.dtype.names:
        return all(_same_arrays(numpy, one[name], other[name]) for name in one.dtype.names)
    if one.dtype.hasobject:
        return same(one.tolist(), other.tolist())
    one, other = numpy.asarray(one), numpy.asarray(other)
    if one.dtype.kind == "c":
        return _same_arrays(numpy, one.real, other.real) and _same_arrays(numpy, one.imag, other.imag)
    equal = one == other
    if one.dtype.kind == "f":
        equal = (equal & (numpy.signbit(one) == numpy.signbit(other))) | (numpy.isnan(one) & numpy.isnan(other))
    elif one.dtype.kind in "mM":
        equal = equal | (numpy.isnat(one) & numpy.isnat(other))
    return bool(numpy.all(equal))
