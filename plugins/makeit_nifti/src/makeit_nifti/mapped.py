"""MemMappedNiftiFile: the persister of the format nifti-mmap."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from makeit import PersistError, SpecError
from makeit_nifti import stored
from makeit_nifti.compression import compressed
from makeit_nifti.encoding import WIDER, encode
from makeit_nifti.file import NiftiFile
from makeit_nifti.suffixes import SUFFIXES, suffix_of
from makeit_numpy.content import Array


class MemMappedNiftiFile(NiftiFile):
    """Keep an array or an image in an uncompressed NIfTI file, and give it back as a read-only map.

    An array comes back as a `numpy.memmap`, an image as one of its class on such a map. The dtype on
    disk is that in memory: 64-bit integers stay as they are, bool and float16 are refused.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".nii", ".img", ".hdr")
    portable: ClassVar[bool] = False

    def check(self) -> None:
        """Raise SpecError for what cannot be mapped: a compressed file, or a dtype that NIfTI cannot name."""
        suffix = suffix_of(self.filename)
        if compressed(self.filename):
            raise SpecError(
                f"{self.filename}: a compressed file cannot be mapped; name it .nii, or use the format `nifti:`",
                spec=self,
            )
        if suffix is not None and suffix not in self.suffixes:
            raise SpecError(
                f"{self.filename}: files that end in {suffix} are not mapped; name it .nii, or use the format "
                f"`{SUFFIXES[suffix]}:`",
                spec=self,
            )
        super().check()
        if self.dtype is not None and _code(np.dtype(self.dtype)) in WIDER:
            raise SpecError(_unmappable(np.dtype(self.dtype)), spec=self)

    def _encode(self, array: Array) -> Array:
        if _code(array.dtype) in WIDER:
            raise PersistError(_unmappable(array.dtype), value=array)
        return array if array.dtype.kind in "iu" else encode(array)

    def _read(self, image: Any) -> Array:
        return stored.map_data(image)


def _code(dtype: np.dtype[Any]) -> str:
    return f"{dtype.kind}{dtype.itemsize}"


def _unmappable(dtype: np.dtype[Any]) -> str:
    return (
        f"dtype {dtype} cannot be mapped, since NIfTI holds it as {np.dtype(WIDER[_code(dtype)])}; "
        f"convert the data to that, or use the format `nifti:`, which converts them back on loading"
    )
