"""Which NumPy format fits a value for which nobody named one."""

from __future__ import annotations

from typing import Any

import numpy as np

from makeit import Persister, PersistError
from makeit_numpy.file import NumpyFile
from makeit_numpy.form import take_apart
from makeit_numpy.npz import check_keys


def choose(value: Any) -> Persister | None:
    """Return an npy file for an array or NumPy scalar, an npz file for a dict of arrays, or None."""
    try:
        if isinstance(value, np.ndarray | np.generic):
            take_apart(value)
            return NumpyFile("value.npy")
        if _is_dict_of_arrays(value):
            check_keys(value)
            for item in value.values():
                take_apart(item)
            return NumpyFile("value.npz")
    except PersistError:
        # What NumPy cannot hold, another format can.
        return None
    return None


def _is_dict_of_arrays(value: Any) -> bool:
    return type(value) is dict and bool(value) and all(isinstance(item, np.ndarray) for item in value.values())
