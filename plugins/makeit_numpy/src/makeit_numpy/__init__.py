"""NumPy files for makeit: the formats `npy` and `npz`.

NumPy is imported when `NumpyFile` is first asked for: the hooks of this package are loaded with
every made function, also in programs that never touch an array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from makeit_numpy.file import NumpyFile

__all__ = ["NumpyFile"]


def __getattr__(name: str) -> Any:
    if name != "NumpyFile":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from makeit_numpy.file import NumpyFile

    return NumpyFile
