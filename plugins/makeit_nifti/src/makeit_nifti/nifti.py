"""The container NIfTI: `.nii`, `.nii.gz`, `.nii.zst`, and `.img` with `.hdr`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from makeit import SpecError
from makeit_nifti import compression, encoding, geometry, stored
from makeit_nifti.admission import array_of, refuse_extra
from makeit_nifti.casting import cast
from makeit_nifti.container import NAMES, contain, restore

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.model import Call
    from makeit_nifti.file import NiftiFile

MOST_DIMENSIONS = 7
FITS = encoding.FITS
_HOLDS = f"NIfTI holds arrays of 1 to {MOST_DIMENSIONS} dimensions and images of the classes {', '.join(NAMES)}"


def accepts(value: Any) -> bool:
    """Tell whether `value` is an image of one of the NIfTI classes."""
    return type(value) is NAMES.get(type(value).__name__)


def holds(dtype: np.dtype[Any]) -> bool:
    """Tell whether arrays of `dtype` come back exactly."""
    return encoding.disk_dtype(dtype) is not None


def check(file: NiftiFile) -> None:
    """Raise SpecError for a header without voxels, and for a file that only a missing package can write."""
    if file.header is not None and not hasattr(file._header(), "get_data_shape"):
        raise SpecError(f"header={file.header!r} is neither a header nor an image of nibabel", spec=file)
    if str(file.filename).lower().endswith(compression.ZSTD) and compression.zstd() is None:
        raise SpecError(
            f"{file.filename}: a package for .zst files is missing; {compression.INSTALL}, or name it .nii.gz",
            spec=file,
        )


def save(file: NiftiFile, data: Any) -> Mapping[str, Any]:
    """Write an array or an image; PersistError for what NIfTI cannot hold."""
    image = data if accepts(data) else None
    if image is not None:
        refuse_extra(image)
    array = array_of(data if image is None else np.asanyarray(image.dataobj), "NIfTI", _HOLDS, 1, MOST_DIMENSIONS)
    array = array if file.dtype is None else cast(array, np.dtype(file.dtype))
    on_disk = file._encode(array)
    affine, header, source = file._geometry(image, array.shape)
    _write(file, contain(on_disk, affine, header, len(file.files()) == 2))
    return file._taken_over(source, array.shape) | {
        "class": None if image is None else type(image).__name__,
        "dtype": None if on_disk.dtype == array.dtype else array.dtype.str,
        "affine": source,
    }


def _write(file: NiftiFile, image: Any) -> None:
    if str(file.filename).lower().endswith(compression.ZSTD):
        compression.write_zstd(image, file.filename)
    else:
        image.to_filename(file.filename)


def load(file: NiftiFile) -> Any:
    """Read an array or an image of the class that was saved; without notes it is the array."""
    image = stored.open_stored(file.filename)
    array = file._read(image)
    wanted = file.dtype or file.notes.get("dtype")
    if wanted is not None:
        array = array.astype(np.dtype(wanted), copy=False)
    kind = file.notes.get("class")
    return array if kind is None else restore(kind, array, image)


def outdated(file: NiftiFile, call: Call, lineage: Lineage) -> str | None:
    """Say that an array would lie elsewhere now, as the image that its geometry came from was changed."""
    stored = file.notes.get("geometry")
    if stored is None:
        return None
    try:
        return geometry.outdated(stored, file.for_call(call, lineage)._near)
    except SpecError:  # the argument that `like` names is an array without a history this time
        return None


def inform(file: NiftiFile, call: Call, lineage: Lineage) -> None:
    """Give the persister the geometries that the arguments of the call bring along, or the one of `like=`."""
    if file.like is None:
        file._near = geometry.inherited(call, lineage)
    else:
        file._near = (geometry.like(file.like, call, lineage),)
