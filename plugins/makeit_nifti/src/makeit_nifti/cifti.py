"""The container CIFTI-2: `.dscalar.nii`, `.dtseries.nii` and the like, matrices with an axis for each dimension."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

import nibabel
import numpy as np
from nibabel.cifti2.cifti2 import (
    Cifti2Header,
    Cifti2HeaderError,
    Cifti2Image,
    Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ,
)
from nibabel.cifti2.parse_cifti2 import Cifti2Extension
from nibabel.nifti1 import intent_codes

from makeit import PersistError, SpecError
from makeit_nifti import encoding, geometry, stored
from makeit_nifti.admission import array_of, refuse_extra
from makeit_nifti.casting import cast
from makeit_nifti.contents import describe
from makeit_nifti.fingerprint import fingerprint
from makeit_nifti.suffixes import CIFTI_INTENTS, suffix_of

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.model import Call
    from makeit_nifti.file import NiftiFile

FITS = "CIFTI holds bool, integers and float16 to float64"
_HOLDS = "CIFTI holds images of the class Cifti2Image, and arrays with header= or like="
#: The header of an image that was made of axes; what names the file says what it is then.
_NO_INTENT = 0


def accepts(value: Any) -> bool:
    """Tell whether `value` is an image of the class Cifti2Image."""
    return type(value) is Cifti2Image


def holds(dtype: np.dtype[Any]) -> bool:
    """Tell whether there are arrays of `dtype` that come back exactly."""
    return dtype.kind in "biuf" and encoding.disk_dtype(dtype) is not None


def check(file: NiftiFile) -> None:
    """Raise SpecError for a header without the axes of CIFTI, and for an affine."""
    if file.affine is not None:
        raise SpecError(
            f"{file.filename}: CIFTI has axes and no affine of its own; give a Cifti2Header or Cifti2Image as header=",
            spec=file,
        )
    if file.header is not None and not isinstance(file._header(), Cifti2Header):
        raise SpecError(
            f"header={file.header!r} has no axes; give a Cifti2Header or Cifti2Image of nibabel, or like=", spec=file
        )


def inform(file: NiftiFile, call: Call, lineage: Lineage) -> None:
    """Give the persister the image whose axes `like=` asks for; SpecError where there is none."""
    if file.like is None:
        return
    found = _named(file.like, call, lineage)
    if found is None:
        what = "is no image of CIFTI, names none and was made from none"
        raise SpecError(f"like={file.like} {what}; name a file, as in like=template.dscalar.nii", spec=file.like)
    file.header, file.like, file._took_over = found, None, True


def outdated(file: NiftiFile, call: Call, lineage: Lineage) -> str | None:
    """Say that the axes which `like=` took over were changed."""
    before = file.notes.get("axes")
    found = _named(file.like, call, lineage) if before is not None and file.like is not None else None
    return None if found is None or fingerprint(found.header) == before else f"the axes of {file.like} changed"


def _named(wanted: str, call: Call, lineage: Lineage) -> Any:
    if not geometry.is_argument(wanted):
        return _of_file(lineage.project.resolve(wanted))
    if wanted not in call.arguments:
        names = ", ".join(call.arguments) or "none"
        raise SpecError(f"like={wanted}: {call.label} has no argument of that name; it has: {names}", spec=wanted)
    value = call.arguments[wanted]
    if accepts(value):
        return value
    if isinstance(value, str | os.PathLike):
        return _of_file(os.path.expanduser(value))
    return next((found for path in _made(value, lineage) if (found := _of_file(path)) is not None), None)


def _made(value: Any, lineage: Lineage) -> Iterator[str]:
    for records in lineage.generations(lineage.origins(value)):
        for record in records:
            for output in record.outputs:
                if output.format == "cifti":
                    yield str(lineage.project.absolute(output.path))


def _of_file(path: str | os.PathLike[str]) -> Any:
    try:
        found = nibabel.load(path)
    except Exception:  # not an image, or gone: then it has no axes to give
        return None
    return found if accepts(found) else None


def save(file: NiftiFile, data: Any) -> Mapping[str, Any]:
    """Write an array or an image; PersistError for what CIFTI cannot hold."""
    image = data if accepts(data) else None
    if image is not None:
        refuse_extra(image)
    array = array_of(data if image is None else np.asanyarray(image.dataobj), "CIFTI", _HOLDS, 1, 3)
    array = array if file.dtype is None else cast(array, np.dtype(file.dtype))
    if not holds(array.dtype):
        raise PersistError(f"an array of dtype {array.dtype} does not fit: {FITS}. Convert it, or use `npy:`")
    on_disk = encoding.encode(array)
    given = file.header if file.header is not None else image
    if given is None:
        raise PersistError(
            "an array has no axes, without which CIFTI is none; name an argument or a file that has them with like=, "
            "or give a Cifti2Header or Cifti2Image as header=, or return a Cifti2Image"
        )
    header = getattr(given, "header", given)
    _write(file, on_disk, header, getattr(given, "nifti_header", None))
    axes = {"axes": fingerprint(header)} if file._took_over else {}
    return axes | {"class": None if image is None else "Cifti2Image", "dtype": array.dtype.str}


def _write(file: NiftiFile, data: Any, header: Any, nifti_header: Any) -> None:
    shape = header.matrix.get_data_shape()
    if shape != data.shape:
        raise PersistError(f"the axes are those of an array of shape {shape}, and the array has {data.shape}")
    image: Any = Cifti2Image(data, header=_exact(header), nifti_header=nifti_header)  # type: ignore[no-untyped-call]
    image.set_data_dtype(data.dtype)
    # A slope says "do not scale": without one nibabel may choose its own.
    image.nifti_header.set_slope_inter(1, 0)
    if image.nifti_header["intent_code"] == _NO_INTENT:
        kind = str(suffix_of(file.filename)).split(".")[1]
        code = CIFTI_INTENTS[kind]
        image.nifti_header.set_intent(code, name=intent_codes.label[code])
    image.to_filename(file.filename)


class _ExactMatrix(Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ):
    """An affine that is written with all its digits; nibabel writes ten after the point."""

    def _to_xml_element(self) -> Any:
        element = super()._to_xml_element()  # type: ignore[no-untyped-call]
        element.text = "\n".join(" ".join(map(repr, row)) for row in np.asarray(self.matrix, float).tolist())
        return element


def _exact(header: Any) -> Any:
    """Return a copy of a header that XML gives back as it is; PersistError where there is none."""
    twin = deepcopy(header)
    for axis in twin.matrix:
        volume: Any = getattr(axis, "volume", None)
        matrix = volume.transformation_matrix_voxel_indices_ijk_to_xyz if volume is not None else None
        if matrix is not None:
            volume.transformation_matrix_voxel_indices_ijk_to_xyz = _ExactMatrix(matrix.meter_exponent, matrix.matrix)  # type: ignore[no-untyped-call]
    try:
        found = Cifti2Extension.from_bytes(twin.to_xml()).get_content()
    except (Cifti2HeaderError, ExpatError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise PersistError(f"CIFTI cannot hold the axes of this image: {error}") from error
    if describe(found) != describe(header):
        raise PersistError(
            "CIFTI would change the axes of this image: XML has no control characters and no white space at the ends "
            "of a text. Change them, or use `pickle:`"
        )
    return twin


def load(file: NiftiFile) -> Any:
    """Read an array that was saved as one, else an image; without notes it is the image."""
    try:
        image = stored.open_stored(file.filename, ("Cifti2Image",), "CIFTI")
    except (Cifti2HeaderError, ExpatError, UserWarning) as error:
        raise ValueError(f"{file.filename} is no CIFTI file: {error}") from error
    array = stored.read(image)
    if image.header.matrix.get_data_shape() != array.shape:
        raise ValueError(f"{file.filename} has an array of {array.shape}, and the axes of another")
    wanted = file.dtype or file.notes.get("dtype")
    if wanted is not None:
        array = array.astype(np.dtype(wanted), copy=False)
    if "class" in file.notes and file.notes["class"] is None:
        return array
    nifti_header = image.nifti_header.copy()
    if f"{array.dtype.kind}{array.dtype.itemsize}" not in encoding.WIDER:
        nifti_header.set_data_dtype(array.dtype)
    return Cifti2Image(array, header=image.header, nifti_header=nifti_header)  # type: ignore[no-untyped-call]
