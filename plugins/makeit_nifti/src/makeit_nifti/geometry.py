"""Where an array that is saved as an image gets its affine, zooms and units from."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
from attrs import evolve, frozen
from nibabel.spatialimages import SpatialImage

from makeit import SpecError
from makeit.identity.digest import digest
from makeit.identity.files import settled, stamp
from makeit.identity.values import parts
from makeit.model import FileStamp
from makeit_nifti.container import NIFTI1_LIMIT, in_nifti
from makeit_numpy.content import Array

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.model import Call, Record

FORMATS = ("nifti", "nifti-mmap", "mgh")
#: In place of a fingerprint where nothing was taken over.
IDENTITY = "identity"
_SUFFIXES = (".nii", ".nii.gz", ".nii.zst", ".img", ".hdr", ".mgh", ".mgz")

# Of nibabel without its types, which do not say what the methods take.
_HEADERS: tuple[Any, Any] = (nibabel.Nifti1Header, nibabel.Nifti2Header)

# At a reuse it is the file that counts, not what is in it: it is read once for each of its states.
_REMEMBERED = 4096
_read: dict[str, tuple[FileStamp | None, Geometry | None]] = {}


@frozen(eq=False)
class Geometry:
    """The place of an image in space and time: shape, affine (4, 4) in mm, header; `source` says whose it is."""

    shape: tuple[int, ...]
    affine: Array
    header: Any
    source: str

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Tell whether an image of this shape can lie in the same place: the first three dimensions are equal."""
        return len(shape) >= 3 and self.shape[:3] == shape[:3]

    def agrees(self, other: Geometry) -> bool:
        """Tell whether another image lies in the same place."""
        return np.array_equal(self.affine, other.affine) and _units(self.header) == _units(other.header)

    def header_for(self, shape: tuple[int, ...]) -> Any:
        """Return a header that says where an image lies, how large its voxels are and in which units, no more.

        The repetition time goes along only where the number of volumes is the same.
        """
        source: Any = _HEADERS[0].from_header(self.header, check=False)
        made: Any = _HEADERS[max(shape) > NIFTI1_LIMIT]()
        made.set_data_shape(shape)
        zooms = [1.0] * len(shape)
        count = len(shape) if self.shape == shape else 3
        zooms[:count] = source.get_zooms()[:count]
        made.set_zooms(zooms)
        made.set_xyzt_units(*source.get_xyzt_units())
        made.set_qform(source.get_qform(), int(source["qform_code"]))
        made.set_sform(source.get_sform(), int(source["sform_code"]))
        return made

    def fingerprint(self, shape: tuple[int, ...]) -> str:
        """Return what an array of this shape takes over from this geometry, as `scheme/1:digest`."""
        return f"image-geometry/1:{digest(self.affine.tobytes() + self.header_for(shape).binaryblock)}"


def _units(header: Any) -> tuple[Any, ...]:
    read = getattr(header, "get_xyzt_units", None)
    return tuple(read()) if read else ()


def of_image(image: Any, source: str) -> Geometry | None:
    """Return the geometry of a spatial image of nibabel; None for anything else, or one without an affine."""
    if not isinstance(image, SpatialImage) or image.affine is None:
        return None
    return Geometry(tuple(image.shape), np.array(image.affine, float), in_nifti(image.header.copy()), source)


def of_file(path: str | Path, source: str) -> Geometry | None:
    """Return the geometry of an image file, of which only the header is read; None where it is none."""
    if not str(path).lower().endswith(_SUFFIXES):
        return None
    try:
        now = stamp(path)
        known = _read.get(str(path))
        if known is None or known[0] != now:
            known = now, _of_loaded(path, source)
            if now is not None and settled(now, time.time_ns()) and stamp(path) == now and len(_read) < _REMEMBERED:
                _read[str(path)] = known
    except Exception:  # not an image, or gone: then it has no geometry to give
        return None
    return known[1] and evolve(known[1], source=source)


def _of_loaded(path: str | Path, source: str) -> Geometry | None:
    with warnings.catch_warnings():
        # nibabel leaves files of MGH to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        return of_image(nibabel.load(path), source)


def of_value(name: str, value: Any, lineage: Lineage) -> Iterator[Geometry]:
    """Yield the geometries of the nearest images that an argument is, names, or was made from."""
    direct = [found for part in parts(value) if (found := _of_part(name, part)) is not None]
    yield from direct
    if direct:
        return
    for records in lineage.generations(lineage.origins(value)):
        near = list(_of_records(name, records, lineage))
        if near:
            yield from near
            return


def _of_part(name: str, value: Any) -> Geometry | None:
    if isinstance(value, str | os.PathLike):
        return of_file(os.path.expanduser(value), name)
    return of_image(value, name)


def _of_records(name: str, records: Iterable[Record], lineage: Lineage) -> Iterator[Geometry]:
    for record in records:
        for output in record.outputs:
            if output.format in FORMATS:
                found = of_file(lineage.project.absolute(output.path), f"{name} ({output.path})")
                if found is not None:
                    yield found
        yield from _of_raw(name, record, lineage)


def _of_raw(name: str, record: Record, lineage: Lineage) -> Iterator[Geometry]:
    for argument in record.arguments.values():
        for path in argument.files:
            found = of_file(lineage.project.absolute(path), f"{name} ({path})")
            if found is not None:
                yield found


def like(wanted: str, call: Call, lineage: Lineage) -> Geometry:
    """Return the geometry that `like=` asks for: of an argument, or of a file; SpecError where it has none."""
    if is_argument(wanted):
        if wanted not in call.arguments:
            names = ", ".join(call.arguments) or "none"
            raise SpecError(
                f"like={wanted}: {call.label} has no argument of that name; it has: {names}. A file has a suffix, "
                "as in like=template.nii",
                spec=wanted,
            )
        found = list(of_value(wanted, call.arguments[wanted], lineage))
        if not found or not all(found[0].agrees(other) for other in found):
            why = "comes from several images" if found else "is no image, names none and comes from none"
            raise SpecError(f"like={wanted}: the argument {why}; name a file, as in like=template.nii", spec=wanted)
        return found[0]
    given = of_file(lineage.project.resolve(wanted), wanted)
    if given is None:
        raise SpecError(f"like={wanted}: {lineage.project.resolve(wanted)} is no image file", spec=wanted)
    return given


def is_argument(wanted: str) -> bool:
    """Tell whether `like=` names an argument; anything with a suffix or a folder is a file."""
    return wanted.isidentifier()


def inherited(call: Call, lineage: Lineage) -> tuple[Geometry, ...]:
    """Return the geometries that the arguments of a call bring along."""
    return tuple(found for name, value in call.arguments.items() for found in of_value(name, value, lineage))


def outdated(stored: Sequence[Any], near: Iterable[Geometry]) -> str | None:
    """Say why an array would get another geometry now than the one it was stored with; None where it would not.

    `stored` is the shape of the array, and the fingerprint of what it took over. Arguments that come from no image
    any more, as they were read from a file by hand this time, leave what is stored as it is.
    """
    shape, before = tuple(stored[0]), stored[1]
    now = choose(near, shape)
    if not now or any(found.fingerprint(shape) == before for found in now) or (before == IDENTITY and len(now) > 1):
        return None
    names = " and ".join(found.source for found in now)
    if before == IDENTITY:
        return f"it was saved with identity as its affine, and {names} has the affine of an image"
    return f"the affine, zooms or units of {names} changed"


def choose(found: Iterable[Geometry], shape: tuple[int, ...]) -> list[Geometry]:
    """Return the different geometries that fit an array of this shape."""
    different: list[Geometry] = []
    for candidate in found:
        if candidate.fits(shape) and not any(candidate.agrees(other) for other in different):
            different.append(candidate)
    return different
