"""Image files for makeit: the formats `nifti`, `nifti-mmap`, `gifti`, `cifti` and `mgh`.

nibabel is imported when a persister is first asked for: the hooks of this package are loaded with
every made function, also in programs that never touch an image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from makeit_nifti.file import NiftiFile
    from makeit_nifti.mapped import MemMappedNiftiFile
    from makeit_nifti.memory import MakerMemory

__all__ = ["MakerMemory", "MemMappedNiftiFile", "NiftiFile"]


def __getattr__(name: str) -> Any:
    if name == "NiftiFile":
        from makeit_nifti.file import NiftiFile

        return NiftiFile
    if name == "MemMappedNiftiFile":
        from makeit_nifti.mapped import MemMappedNiftiFile

        return MemMappedNiftiFile
    if name == "MakerMemory":
        # joblib comes with nilearn and scikit-learn, and only those have a use for it.
        from makeit_nifti.memory import MakerMemory

        return MakerMemory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
