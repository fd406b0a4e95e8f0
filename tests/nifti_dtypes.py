"""What becomes of each dtype in each container of makeit-nifti, as an array and as the data of an image."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from attrs import frozen
from nibabel.cifti2 import cifti2_axes

from makeit import MakeitError
from makeit_nifti import MemMappedNiftiFile, NiftiFile

RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
DTYPES: tuple[Any, ...] = (
    *("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "g", "c8", "c16"),
    *(">i2", ">i8", ">f4", ">f8", RGB, "U3", "O", "M8[s]", np.dtype([("a", "f4")])),
)
#: Container → suffix, and whether it is mapped.
CONTAINERS = {
    "nifti": (".nii", NiftiFile),
    "nifti .gz": (".nii.gz", NiftiFile),
    "nifti .zst": (".nii.zst", NiftiFile),
    "nifti pair": (".img", NiftiFile),
    "nifti-mmap": (".nii", MemMappedNiftiFile),
    "mgh": (".mgh", NiftiFile),
    "mgz": (".mgz", NiftiFile),
    "gifti": (".gii", NiftiFile),
    "cifti": (".dscalar.nii", NiftiFile),
}


@frozen
class Row:
    """One row of a table: what it is about, what became of it, and whether that is wrong."""

    about: tuple[str, ...]
    found: str
    wrong: bool = False


def numbers(dtype: Any, extreme: bool) -> Any:
    """Return an array (2, 3, 4) of a dtype, with the extremes of that dtype, or with numbers that fit anywhere."""
    dtype = np.dtype(dtype)
    if dtype.names or dtype.kind in "UOM":
        return np.zeros((2, 3, 4), dtype)
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    if extreme and dtype.kind in "iu":
        array[0, 0, :2] = np.iinfo(dtype).min, np.iinfo(dtype).max
    elif extreme and dtype.kind in "fc":
        array[0, 0, :4] = np.finfo(dtype).max, np.nan, np.inf, -0.0
        array[0, 1, 0] = np.finfo(dtype).tiny
    return array


def options(container: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the options without which an array has no place in a container."""
    if container == "gifti":
        return {}
    return {"header": axes(shape)} if container == "cifti" else {"affine": np.diag([2.0, 3, 4, 1])}


def axes(shape: tuple[int, ...]) -> Any:
    """Return a header of CIFTI for an array of a shape."""
    return nibabel.Cifti2Header.from_axes(
        [cifti2_axes.SeriesAxis(0, 1, length) for length in shape[:1]]
        + [cifti2_axes.ScalarAxis([f"map {number}" for number in range(length)]) for length in shape[1:]]
    )


def image_of(container: str, array: Any) -> Any:
    """Return an image of an array in the class of a container, None where nibabel makes none."""
    affine = np.diag([2.0, 3, 4, 1])
    with contextlib.suppress(Exception):  # nibabel refuses in many ways
        if container == "gifti":
            return nibabel.GiftiImage(darrays=[nibabel.gifti.GiftiDataArray(array)])
        if container == "cifti":
            return nibabel.Cifti2Image(array, header=axes(array.shape))
        if container.startswith("mg"):
            return nibabel.MGHImage(array, affine)
        kind = nibabel.Nifti1Pair if container == "nifti pair" else nibabel.Nifti1Image
        return kind(array, affine, dtype=array.dtype if array.dtype.kind in "iu" else None)
    return None


def data_of(value: Any) -> Any:
    """Return the array in a value."""
    if isinstance(value, nibabel.GiftiImage):
        return value.darrays[0].data
    return np.asanyarray(value.dataobj) if hasattr(value, "dataobj") else value


def same_bits(one: Any, other: Any) -> bool:
    """Tell whether two arrays are equal in dtype, shape and every bit."""
    return bool(one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes())


def same_values(stored: Any, array: Any) -> bool:
    """Tell whether a file holds the numbers of an array, in whatever dtype; for those who read it without makeit."""
    if array.dtype.names:
        return same_bits(stored, array)
    nans = array != array
    return bool((stored.astype(object)[~nans] == array.astype(object)[~nans]).all() and (stored != stored)[nans].all())


def through(kind: Any, path: Path, value: Any, **given: Any) -> Any:
    """Save a value, pass the notes through JSON as a record does, and load it with another persister."""
    persister = kind(path, **given)
    persister.check()
    reader = kind(path)
    reader.notes = json.loads(json.dumps(persister.save(value)))
    return reader.load()


def dtype_rows(folder: Path) -> Iterator[Row]:
    """Yield what becomes of each dtype in each container, as an array and as the data of an image."""
    for name, (suffix, kind) in CONTAINERS.items():
        for dtype in DTYPES:
            for what in ("array", "image"):
                shown = str(np.dtype(dtype)) if np.dtype(dtype).names is None else "RGB" if dtype is RGB else "struct"
                about = (name, (">" if str(dtype).startswith(">") else "") + shown.lstrip("><"), what)
                found = [outcome(name, folder / f"x{suffix}", kind, dtype, what, extreme) for extreme in (False, True)]
                fits, extremes = found
                told = fits[0] if fits == extremes else f"{fits[0]}; extreme values: {extremes[0]}"
                yield Row(about, told, fits[1] or extremes[1])


def outcome(name: str, path: Path, kind: Any, dtype: Any, what: str, extreme: bool) -> tuple[str, bool]:
    """Return what becomes of one value, and whether that is wrong."""
    array = numbers(dtype, extreme)
    value = array if what == "array" else image_of(name, array)
    if value is None:
        return "nibabel makes no such image", False
    for file in path.parent.iterdir():
        file.unlink()
    try:
        back = through(kind, path, value, **({} if what == "image" else options(name, array.shape)))
    except MakeitError as error:
        return f"refused: {error}", any(path.parent.iterdir()) or getattr(error, "value", None) is not value
    wrong = type(back) is not type(value) and not (what == "array" and isinstance(back, np.memmap))
    wrong = wrong or not same_bits(np.asarray(data_of(back)), array)
    stored = data_of(nibabel.load(path, mmap=False))
    wrong = wrong or not same_values(stored, array)
    exact = stored.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
    return "WRONG" if wrong else "exact" if exact else f"as {stored.dtype.newbyteorder('=')}, restored", wrong
