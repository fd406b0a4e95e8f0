"""The container GIFTI: `.gii`, surfaces and what lies on them.

All arrays are written as compressed base64, whose checksum tells damage. What XML would change is found by reading it
back before anything is written.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from typing import cast as typed
from xml.parsers.expat import ExpatError
from zlib import error as ZlibError

import numpy as np
from nibabel.gifti.gifti import GiftiCoordSystem, GiftiDataArray, GiftiImage
from nibabel.gifti.parse_gifti_fast import GiftiImageParser

from makeit import PersistError, SpecError
from makeit_nifti import encoding
from makeit_nifti.admission import array_of, refuse_extra
from makeit_nifti.casting import cast
from makeit_nifti.contents import describe
from makeit_numpy.fingerprint import fingerprint as fingerprint_array

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.model import Call
    from makeit_nifti.file import NiftiFile

DIRECT = ("u1", "i4", "f4")
MOST_DIMENSIONS = 6
FITS = (
    "GIFTI holds uint8, int32 and float32, and gives back bool, float16, and other integers and float64 whose values "
    "fit into int32 or float32 exactly"
)
_HOLDS = f"GIFTI holds an array of 1 to {MOST_DIMENSIONS} dimensions, or an image of the class GiftiImage"
_COMPRESSED = 3  # GIFTI_ENCODING_B64GZ


def accepts(value: Any) -> bool:
    """Tell whether `value` is an image of the class GiftiImage."""
    return type(value) is GiftiImage


def holds(dtype: np.dtype[Any]) -> bool:
    """Tell whether there are arrays of `dtype` that come back exactly."""
    return encoding.candidate(dtype, DIRECT) is not None


def check(file: NiftiFile) -> None:
    """Raise SpecError for options that belong to volumes."""
    for name in ("header", "affine", "like"):
        if getattr(file, name) is not None:
            raise SpecError(
                f"{file.filename}: GIFTI has no geometry of voxels, so {name}= says nothing; leave it out, and return "
                "a nibabel.GiftiImage where more than an array is to be kept",
                spec=file,
            )


def inform(file: NiftiFile, call: Call, lineage: Lineage) -> None:
    """Take nothing over: an array in GIFTI has no place of its own."""


def outdated(file: NiftiFile, call: Call, lineage: Lineage) -> None:
    """Say nothing: nothing was taken over."""


def describe_parts(image: Any) -> Iterator[tuple[str, bytes]]:
    """Yield what a GiftiImage holds, part by part with its name; how one file encodes it is no part of it."""
    yield "version", describe(image.version)
    yield "meta", describe(image.meta)
    yield "labeltable", describe([{**vars(label), "label": getattr(label, "label", "")} for label in _labels(image)])
    yield "number of data arrays", str(len(image.darrays)).encode()
    for number, part in enumerate(image.darrays):
        yield f"intent of data array {number}", describe(part.intent)
        yield f"datatype of data array {number}", describe(part.datatype)
        yield f"coordsys of data array {number}", describe(part.coordsys)
        yield f"meta of data array {number}", describe(part.meta)
        data = None if part.data is None else fingerprint_array(np.asanyarray(part.data))
        yield f"data of data array {number}", describe(data)


def _labels(image: Any) -> list[Any]:
    return typed(list[Any], image.labeltable.labels)


def save(file: NiftiFile, data: Any) -> Mapping[str, Any]:
    """Write an array or an image; PersistError for what GIFTI cannot hold."""
    if accepts(data):
        written = _written(data)
        dtypes = _refuse_changes(data, written)
        file.filename.write_bytes(written)
        return {"class": "GiftiImage", "dtype": None, "dtypes": dtypes}
    array = array_of(data, "GIFTI", _HOLDS, 1, MOST_DIMENSIONS)
    array = array if file.dtype is None else cast(array, np.dtype(file.dtype))
    on_disk = encoding.fit(array, DIRECT, FITS)
    native = on_disk.astype(on_disk.dtype.newbyteorder("="), copy=False)
    file.filename.write_bytes(_written(GiftiImage(darrays=[GiftiDataArray(native)])))  # type: ignore[no-untyped-call]
    return {"class": None, "dtype": array.dtype.str}


def _written(image: Any) -> bytes:
    """Return the XML of an image; of a copy, because nibabel changes what it writes."""
    refuse_extra(image)
    try:
        twin = copy(image)
        twin.labeltable = copy(image.labeltable)
        twin.labeltable.labels = [_with_text(label) for label in _labels(image)]
        twin.darrays = [_compressed(part) for part in image.darrays]
        return typed(bytes, twin.to_xml())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PersistError(f"GIFTI cannot hold this image: {error}. {FITS}; {_HOLDS}") from error


def _with_text(label: Any) -> Any:
    twin = copy(label)
    twin.label = getattr(label, "label", "")
    return twin


def _compressed(part: Any) -> Any:
    twin = copy(part)
    twin.encoding, twin.ext_fname, twin.ext_offset = _COMPRESSED, "", 0
    if part.data is not None:
        # Kept from when the array was made; nibabel writes it whatever the data are now.
        twin.dims = list(part.data.shape)
    if type(part.coordsys) is GiftiCoordSystem:
        twin.coordsys = _ExactCoordSystem(part.coordsys.dataspace, part.coordsys.xformspace, part.coordsys.xform)  # type: ignore[no-untyped-call]
    return twin


class _ExactCoordSystem(GiftiCoordSystem):
    """A coordinate system that is written with all its digits; nibabel writes six."""

    def _to_xml_element(self) -> Any:
        element = super()._to_xml_element()  # type: ignore[no-untyped-call]
        matrix = element.find("MatrixData")
        if matrix is not None:
            xform = np.asarray(self.xform, float)
            rows = xform if xform.ndim > 1 else xform[:, None]
            matrix.text = "\n".join(" ".join(map(repr, row)) for row in rows.tolist())
        return element


def _refuse_changes(image: Any, written: bytes) -> list[str | None]:
    """Raise PersistError where XML would not give back what the image holds; return the dtypes of its data."""
    try:
        found = _parsed(written, "the image")
    except ValueError as error:
        raise PersistError(f"GIFTI cannot hold this image: {error}") from error
    dtypes = [None if part.data is None else part.data.dtype.str for part in image.darrays]
    _restore(found, dtypes)
    before, after = dict(describe_parts(image)), dict(describe_parts(found))
    for name, part in before.items():
        if after.get(name) != part:
            raise PersistError(
                f"GIFTI would change the {name}: XML has no control characters and no white space at the ends of a "
                f"text, and data have the dtype that `datatype` names. {FITS}. Change it, or use `pickle:`"
            )
    return dtypes


def _parsed(written: bytes, name: str) -> Any:
    parser: Any = GiftiImageParser(mmap=False)  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            # The number of arrays is not that which the file promises.
            warnings.simplefilter("error")
            parser.parse(string=written)
    except (
        ExpatError,
        ZlibError,
        AssertionError,
        AttributeError,
        KeyError,
        IndexError,
        TypeError,
        UserWarning,
    ) as error:
        raise ValueError(f"{name} is no whole GIFTI file: {error or type(error).__name__}") from error
    if parser.img is None:
        raise ValueError(f"{name} is no GIFTI file")
    return parser.img


def load(file: NiftiFile) -> Any:
    """Read an array that was saved as one, else an image; without notes it is the image."""
    path = Path(file.filename)
    image = _parsed(path.read_bytes(), str(path))
    notes = file.notes
    if "class" in notes and notes["class"] is None:
        array = image.darrays[0].data
        return array.astype(np.dtype(file.dtype or notes["dtype"]), copy=False)
    _restore(image, notes.get("dtypes", ()))
    return image


def _restore(image: Any, dtypes: Iterable[str | None]) -> None:
    """Give data back the dtypes, and the byte order, that they had in memory."""
    for part, dtype in zip(image.darrays, dtypes, strict=False):
        if dtype is not None and part.data is not None:
            part.data = part.data.astype(np.dtype(dtype), copy=False)
