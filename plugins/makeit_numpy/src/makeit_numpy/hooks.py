"""What makeit asks about a value: its fingerprint, a read-only form, and a fitting format.

This module is loaded with every made function, so it imports NumPy nowhere: where nobody has
imported NumPy, no value can be an array.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from makeit import hookimpl

if TYPE_CHECKING:
    from makeit import Persister
    from makeit.model import Frozen

#: What is imported before a function runs whose result may be of one of these libraries, where they are loaded.
BEFOREHAND = {
    # By the last of them zipfile reads plain names.
    "numpy": ("makeit_numpy.choice", "makeit_numpy.fingerprint", "makeit_numpy.freezing", "encodings.cp437"),
    "pandas": ("makeit_numpy.pandas_content",),
    "polars": ("makeit_numpy.polars_content",),
}


def _of_numpy(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray | numpy.generic | numpy.dtype | numpy.ufunc)


@hookimpl
def makeit_fingerprint(value: Any) -> str | None:
    """Fingerprint arrays, NumPy scalars and dtypes, and what pandas and polars hold, by content."""
    if _of_numpy(value):
        from makeit_numpy.fingerprint import fingerprint

        return fingerprint(value)
    package = type(value).__module__.partition(".")[0]
    if package == "pandas":
        from makeit_numpy import pandas_content

        return pandas_content.fingerprint(value)
    if package == "polars":
        from makeit_numpy import polars_content

        return polars_content.fingerprint(value)
    return None


@hookimpl
def makeit_protect(value: Any) -> Frozen | None:
    """Make arrays read-only; masked arrays, arrays of objects and unknown subclasses are left alone."""
    if not _of_numpy(value):
        return None
    from makeit_numpy.freezing import freeze

    return freeze(value)


@hookimpl
def makeit_choose_persister(value: Any) -> Persister | None:
    """Keep arrays and NumPy scalars as npy, and a dict of arrays by name as npz."""
    first = next(iter(value.values()), None) if type(value) is dict else value
    if not _of_numpy(first):  # what most calls return, whose processes need none of the formats
        return None
    from makeit_numpy.choice import choose

    return choose(value)
