"""The image that is written: its class, and a header that keeps what was handed over but fits the data."""

from __future__ import annotations

from typing import Any

import nibabel
import numpy as np
from nibabel.freesurfer.mghformat import MGHHeader
from nibabel.volumeutils import native_code

from makeit_numpy.content import Array

#: Image classes by NIfTI version, for one file and for a pair of .hdr and .img.
CLASSES: dict[tuple[int, bool], Any] = {
    (1, False): nibabel.Nifti1Image,
    (1, True): nibabel.Nifti1Pair,
    (2, False): nibabel.Nifti2Image,
    (2, True): nibabel.Nifti2Pair,
}
NAMES: dict[str, Any] = {kind.__name__: kind for kind in CLASSES.values()}
#: The longest dimension that NIfTI-1 can count.
NIFTI1_LIMIT = 32767


def contain(data: Array, affine: Array | None, header: Any, pair: bool) -> Any:
    """Return an image of `data` (1 to 7 dimensions, a dtype that NIfTI names) that is saved unscaled.

    `header` is a header of nibabel or None; all it says counts but its dtype, shape and scaling.
    `affine` (4, 4) in mm is that of the header where it is None.
    """
    kind = CLASSES[_version(data.shape, header), pair]
    made = _header(kind, header, data.dtype)
    if affine is None:
        affine = made.get_best_affine()
    elif header is None:
        made.set_sform(affine, code="aligned")
        made.set_qform(affine, code="unknown")
    elif not _says(made, affine):
        made.set_sform(affine, code=int(made["sform_code"]) or int(made["qform_code"]) or "aligned")
    return kind(data, affine, made)


def _says(header: Any, affine: Array) -> bool:
    """Tell whether a header has this affine, but for the rounding in a file; nibabel overlooks 1 in 100,000."""
    best, rounded = header.get_best_affine(), header["srow_x"].dtype
    close = np.allclose(best, affine)
    return not close or np.array_equal(np.asarray(best, rounded), np.asarray(affine, rounded))


def in_nifti(header: Any) -> Any:
    """Return a header of MGH, which counts in milliseconds and has no word for it, as one of NIfTI; others as is."""
    if not isinstance(header, MGHHeader):
        return header
    given: Any = header
    made: Any = nibabel.Nifti1Header.from_header(given, check=False)  # type: ignore[no-untyped-call]
    zooms = given.get_zooms()
    made.set_zooms((*zooms[:3], *(zoom / 1000 for zoom in zooms[3:])))
    made.set_xyzt_units("mm", "sec")
    made.set_sform(given.get_affine(), code="aligned")
    return made


def _version(shape: tuple[int, ...], header: Any) -> int:
    return 2 if isinstance(header, nibabel.Nifti2Header) or max(shape) > NIFTI1_LIMIT else 1


def _header(kind: Any, header: Any, dtype: np.dtype[Any]) -> Any:
    made = _converted(kind, header)
    order = native_code if dtype.byteorder == "=" else dtype.byteorder
    if order in "<>" and made.endianness != order:
        made = made.as_byteswapped(order)
    made.set_data_dtype(dtype)
    # A slope says "do not scale": without one nibabel may choose its own.
    made.set_slope_inter(1, 0)
    return made


def _converted(kind: Any, header: Any) -> Any:
    # Unchecked: nibabel would log, at each conversion, what a fresh header lacks.
    made = kind.header_class.from_header(in_nifti(header), check=False)
    if isinstance(header, nibabel.Nifti1Header):
        # From one class to another nibabel sets the shape anew, and with it what was said of unused dimensions.
        made["pixdim"] = header["pixdim"]
    return made


def restore(kind: str, data: Array, stored: Any) -> Any:
    """Return an image of the class named `kind` with `data` in memory and the geometry of `stored`."""
    header = _converted(NAMES[kind], stored.header)
    if f"{data.dtype.kind}{data.dtype.itemsize}" not in ("b1", "f2"):
        header.set_data_dtype(data.dtype)
    return NAMES[kind](data, stored.affine, header)
