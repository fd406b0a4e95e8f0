"""What gets into a file as an array, and what the refusal of anything else says."""

from __future__ import annotations

from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from makeit import PersistError
from makeit_nifti.suffixes import suffixes_for
from makeit_numpy.content import Array


def array_of(value: Any, format: str, fits: str, least: int, most: int) -> Array:
    """Return `value` as a plain array of `least` to `most` dimensions; PersistError where it is none."""
    if type(value) not in (np.ndarray, np.memmap):
        raise PersistError(_refusal(value, format, fits), value=value)
    if not least <= value.ndim <= most:
        raise PersistError(
            f"an array of {value.ndim} dimensions does not fit: {format} holds {least} to {most}. Use `npy:`",
            value=value,
        )
    return np.asarray(value)


def refuse_extra(image: Any) -> None:
    """Refuse an image with something in `extra`, for which no file has a place."""
    if image.extra:
        raise PersistError(
            f"image.extra holds {', '.join(map(repr, image.extra))}, for which a file has no place; save it apart, "
            "and empty it with image.extra.clear(), or use `pickle:`",
            value=image,
        )


def _refusal(value: Any, format: str, fits: str) -> str:
    if isinstance(value, np.ma.MaskedArray):
        return (
            f"{format} has no place for the mask of a masked array, and would store what is masked; "
            "return `a.filled(...)`, or save data and mask in two files, or use `pickle:`"
        )
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    suffixes = suffixes_for(kind.__name__) if kind.__module__.startswith("nibabel.") else ""
    if suffixes:
        return f"an image of type {name} is no {format}; give the file a name that ends in {suffixes}"
    if isinstance(value, SpatialImage):
        # The header of ECAT has no dtype, which from_image() asks for.
        way = "(image.get_fdata(), image.affine)" if kind.__name__ == "EcatImage" else ".from_image(image)"
        return (
            f"an image of type {name} would not come back as one; convert it with `nibabel.Nifti1Image{way}`, which "
            "keeps data and affine, and save it as .nii"
        )
    return (
        f"a value of type {name} would not come back as it is: {fits}. Convert it, or use `npy:`, `json:` or `pickle:`"
    )
