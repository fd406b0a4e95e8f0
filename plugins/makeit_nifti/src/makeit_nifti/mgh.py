"""The container MGH of FreeSurfer: `.mgh` and `.mgz`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from nibabel.freesurfer.mghformat import MGHError, MGHHeader, MGHImage
from nibabel.volumeutils import array_to_file

from makeit import PersistError, SpecError
from makeit_nifti import encoding
from makeit_nifti.admission import array_of, refuse_extra
from makeit_nifti.casting import cast
from makeit_nifti.compression import compressed, opened
from makeit_nifti.nifti import inform as inform
from makeit_nifti.nifti import outdated as outdated
from makeit_numpy.content import Array
from makeit_numpy.npy import fill

if TYPE_CHECKING:
    from makeit_nifti.file import NiftiFile

#: What every reader of MGH knows; uint16, which FreeSurfer added later, is written as int32.
DIRECT = ("u1", "i2", "i4", "f4")
FITS = (
    "MGH holds uint8, int16, int32 and float32, and gives back bool, float16, and other integers and float64 whose "
    "values fit into int32 or float32 exactly"
)
_HOLDS = "MGH holds arrays of 3 or 4 dimensions and images of the class MGHImage"
_MILLISECONDS = {"sec": 1000.0, "msec": 1.0, "usec": 0.001}


def accepts(value: Any) -> bool:
    """Tell whether `value` is an image of the class MGHImage."""
    return type(value) is MGHImage


def holds(dtype: np.dtype[Any]) -> bool:
    """Tell whether there are arrays of `dtype` that come back exactly."""
    return encoding.candidate(dtype, DIRECT) is not None


def check(file: NiftiFile) -> None:
    """Raise SpecError for a header that has no geometry."""
    header = file._header()
    if header is not None and not hasattr(header, "get_best_affine"):
        raise SpecError(f"header={file.header!r} has no affine; give the header or image of a volume", spec=file)


def save(file: NiftiFile, data: Any) -> Mapping[str, Any]:
    """Write an array or an image; PersistError for what MGH cannot hold."""
    image = data if accepts(data) else None
    if image is not None:
        refuse_extra(image)
    array = array_of(data if image is None else np.asanyarray(image.dataobj), "MGH", _HOLDS, 3, 4)
    if not array.size:
        raise PersistError(f"an array of shape {array.shape} does not fit: MGH has no empty dimensions. Use `npy:`")
    array = array if file.dtype is None else cast(array, np.dtype(file.dtype))
    on_disk = encoding.fit(array, DIRECT, FITS)
    affine, header, source = file._geometry(image, array.shape)
    _write(file, on_disk, _header(on_disk, affine, header))
    return file._taken_over(source, array.shape) | {
        "class": None if image is None else type(image).__name__,
        # On disk all is big-endian, and a last dimension of one is not told from none.
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "affine": source,
    }


def _header(data: Array, affine: Array | None, header: Any) -> MGHHeader:
    given: Any = header if isinstance(header, MGHHeader) else None
    made: Any = MGHHeader() if given is None else given.copy()  # type: ignore[no-untyped-call]
    if header is not None and given is None and len(header.get_zooms()) == data.ndim == 4:
        units = header.get_xyzt_units()[1] if hasattr(header, "get_xyzt_units") else "sec"
        made["tr"] = header.get_zooms()[3] * _MILLISECONDS.get(units, 1000.0)
    if affine is None:
        affine = header.get_best_affine()
    if not (made.get_data_shape()[:3] == data.shape[:3] and np.array_equal(made.get_affine(), affine)):
        _set_affine(made, np.asarray(affine, float), data.shape[:3])
    made["dims"] = (*data.shape, 1)[:4]
    made.set_data_dtype(data.dtype)
    return made  # type: ignore[no-any-return]


def _set_affine(header: Any, affine: Array, shape: tuple[int, ...]) -> None:
    sizes = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    if not (np.isfinite(affine).all() and sizes.all()):
        raise PersistError(f"the affine {affine.tolist()} does not fit: MGH keeps voxel sizes, which are above 0")
    header["delta"] = sizes
    header["Mdc"] = (affine[:3, :3] / sizes).T
    header["Pxyz_c"] = (affine @ np.array([*(np.array(shape) / 2), 1]))[:3]


def _write(file: NiftiFile, data: Array, header: Any) -> None:
    # Not through an image, which would put its affine into the header again, and round once more.
    holder = MGHImage.filespec_to_file_map(os.fspath(file.filename))["image"]  # type: ignore[no-untyped-call]
    with holder.get_prepare_fileobj("wb") as stream:
        header.writehdr_to(stream)
        array_to_file(data, stream, header.get_data_dtype(), header.get_data_offset())
        header.writeftr_to(stream)


def load(file: NiftiFile) -> Any:
    """Read an array or an image; without notes it is the array."""
    array, header = _read(file.filename, whole=bool(file.notes))
    array = array.reshape(file.notes.get("shape", array.shape), order="F")
    wanted = file.dtype or file.notes.get("dtype")
    if wanted is not None:
        array = array.astype(np.dtype(wanted), copy=False)
    if file.notes.get("class") is None:
        return array
    with suppress(MGHError):  # an older nibabel does not know uint16
        header.set_data_dtype(array.dtype)
    return MGHImage(array, header.get_affine(), header)  # type: ignore[no-untyped-call]


def _read(path: Path, whole: bool) -> tuple[Array, Any]:
    """Return data and header; ValueError, OSError or EOFError for a damaged file. `whole`: with all of the footer.

    Not by nibabel, which leaves the file open, and takes the rest of a header that was cut off for zeros.
    """
    kind: Any = MGHHeader
    with opened(path) as stream:
        block = stream.read(kind._hdrdtype.itemsize)
        header = _checked(path, block)
        _check_size(path, header.get_footer_offset())
        array = np.empty(header.get_data_shape(), header.get_data_dtype(), order="F")
        stream.read(header.get_data_offset() - len(block))
        fill(array, stream)
        footer = stream.read(kind._ftrdtype.itemsize)
        # The end of a compressed file holds its checksum.
        while stream.read(1 << 20):
            pass
    if whole and len(footer) < kind._ftrdtype.itemsize:
        raise ValueError(f"{path} has a footer of {len(footer)} bytes, and should have {kind._ftrdtype.itemsize}")
    return array, kind(block + footer)


def _checked(path: Path, block: bytes) -> Any:
    kind: Any = MGHHeader
    try:
        header = kind(block, check=False)
        known = len(block) == kind._hdrdtype.itemsize and header["version"] == 1 and (header["dims"] > 0).all()
        header.get_data_dtype()
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path} is not a MGH file: {error}") from error
    if not known:
        raise ValueError(f"{path} is not a MGH file")
    return header


def _check_size(path: Path, needed: int) -> None:
    found = os.stat(path).st_size
    if not compressed(path) and found < needed:
        raise ValueError(f"{path} has {found} bytes, where its header promises {needed}")
