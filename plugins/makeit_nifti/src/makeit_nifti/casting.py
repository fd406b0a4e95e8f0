"""The `dtype=` option: a conversion that was asked for, and refused where it would change values."""

from __future__ import annotations

from typing import Any

import numpy as np

from makeit import PersistError
from makeit_numpy.content import Array


def cast(array: Array, dtype: np.dtype[Any]) -> Array:
    """Return `array` as `dtype`; PersistError where more than floating-point precision would be lost.

    A float may lose digits to a smaller float, as was asked for. What is refused: a fraction, a nan
    or a number out of range in an integer, an integer that a float cannot hold, an imaginary part in
    a real number, and a finite float that becomes infinite.
    """
    if array.dtype == dtype:
        return array
    with np.errstate(all="ignore"):
        real = array.real if array.dtype.kind == "c" and dtype.kind != "c" else array
        found = real.astype(dtype)
        kept = not np.iscomplexobj(array) or np.iscomplexobj(found) or not array.imag.any()
        kept = kept and _same_values(real, found)
    if not kept:
        raise PersistError(_explain(array, dtype), value=array)
    return found


def _same_values(array: Array, found: Array) -> bool:
    if array.dtype.kind in "fc" and found.dtype.kind in "fc":
        return bool((np.isfinite(array) == np.isfinite(found)).all())
    # Out of range, -1 becomes 65535 and back: the sign is the witness. Complex numbers come from reals here.
    back = found.real if found.dtype.kind == "c" else found
    return bool((back.astype(array.dtype) == array).all() and ((back < 0) == (array < 0)).all())


def _explain(array: Array, dtype: np.dtype[Any]) -> str:
    with np.errstate(all="ignore"):
        extent = f" of values from {array.min()} to {array.max()}" if array.size else ""
    return (
        f"an array of dtype {array.dtype}{extent} cannot become dtype={dtype} without changed values. "
        "Round or scale it yourself, choose a dtype that holds it, or leave out dtype="
    )
