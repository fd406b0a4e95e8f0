"""NiftiFile: the persister of the format nifti."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from makeit import CacheWarning, Persister, PersistError, SpecError
from makeit_nifti import geometry, sidecar, stored
from makeit_nifti.casting import cast
from makeit_nifti.container import NAMES, contain, restore
from makeit_nifti.encoding import FITS, disk_dtype, encode
from makeit_numpy.content import Array

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.model import Call, Record

PAIRS = {".img": ".hdr", ".hdr": ".img"}
MOST_DIMENSIONS = 7


class NiftiFile(Persister):
    """Keep an array, or an image of nibabel, in a NIfTI file, unscaled and in its own dtype.

    An array comes back as an array, an image as an image of its class, in memory. `header` (a header
    or an image of nibabel) gives TR, units, orientation and extensions, never a dtype; `affine` (4, 4),
    in mm, goes before that of the header. `dtype` is what the data are saved and loaded as. `like` names an
    argument, or an image file, whose geometry the output has; without any of these an array takes over that of
    the image that the arguments came from. `sidecar="bids"` describes the image in a JSON beside it, in which what
    a user writes is kept.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".nii", ".nii.gz", ".img", ".hdr")
    portable: ClassVar[bool] = True
    beside: ClassVar[frozenset[str]] = frozenset({"sidecar"})

    #: The geometries that the arguments of the call bring along, once it is known.
    _near: tuple[geometry.Geometry, ...] = ()

    def __init__(
        self,
        filename: str | Path,
        header: Any = None,
        dtype: str | np.dtype[Any] | type | None = None,
        affine: Array | None = None,
        like: str | None = None,
        sidecar: str | None = None,
    ) -> None:
        super().__init__(filename)
        self.header = header
        self.dtype = dtype
        self.affine = affine
        self.like = like
        self.sidecar = sidecar

    def files(self) -> tuple[Path, ...]:
        """Name the file, and the other one of a pair."""
        path = Path(self.filename)
        other = PAIRS.get(path.suffix.lower())
        return (path, path.with_suffix(other)) if other else (path,)

    def check(self) -> None:
        """Raise SpecError for a suffix, dtype, header or affine that cannot work."""
        if not str(self.filename).lower().endswith(self.suffixes):
            expected = ", ".join(self.suffixes)
            raise SpecError(f"{self.filename} should end in one of {expected}", spec=self)
        sidecar.check(self)
        if self.dtype is not None:
            self._check_dtype()
        if self.header is not None and not hasattr(self._header(), "get_data_shape"):
            raise SpecError(f"header={self.header!r} is neither a header nor an image of nibabel", spec=self)
        if self.affine is not None:
            self._check_affine()
        if self.like is not None and (self.header is not None or self.affine is not None):
            raise SpecError(f"{self.filename}: like={self.like} and header= or affine= exclude each other", spec=self)

    def inputs(self) -> tuple[Path, ...]:
        """Name the file that `like=` names: its content counts."""
        return () if self.like is None or geometry.is_argument(self.like) else (Path(self.like),)

    def for_call(self, call: Call, lineage: Lineage) -> Self:
        """Return a persister that knows the geometries which the arguments of the call bring along."""
        sidecar.check_call(self, call)
        if self.header is not None or self.affine is not None:
            return self
        twin = self.at(self.filename)
        twin._near = (
            geometry.inherited(call, lineage) if self.like is None else (geometry.like(self.like, call, lineage),)
        )
        return twin

    def published(self, call: Call, record: Record, lineage: Lineage) -> None:
        """Bring the sidecar up to date, if one was asked for."""
        if self.sidecar is not None:
            sidecar.keep(self, call, record, lineage)

    def _check_dtype(self) -> None:
        try:
            holds = disk_dtype(np.dtype(self.dtype))
        except TypeError as error:
            raise SpecError(f"dtype={self.dtype!r} is unknown to NumPy: {error}", spec=self) from error
        if holds is None:
            raise SpecError(f"dtype={self.dtype!r} does not fit: {FITS}", spec=self)

    def _check_affine(self) -> None:
        try:
            affine = np.asarray(self.affine, float)
            usable = affine.shape == (4, 4) and np.isfinite(affine).all() and np.linalg.det(affine) != 0
        except (TypeError, ValueError):
            usable = False
        if not usable:
            raise SpecError(f"affine={self.affine!r} is not an invertible (4, 4) matrix", spec=self)

    def _header(self) -> Any:
        return getattr(self.header, "header", self.header)

    def save(self, data: Any) -> Mapping[str, Any]:
        """Write an array or an image to exactly `self.filename`; PersistError for what NIfTI cannot hold."""
        try:
            return self._save(data)
        except PersistError as error:
            error.value = data
            raise

    def _save(self, data: Any) -> Mapping[str, Any]:
        is_image = type(data).__name__ in NAMES and type(data) is NAMES[type(data).__name__]
        array = _array(np.asanyarray(data.dataobj) if is_image else data)
        array = array if self.dtype is None else cast(array, np.dtype(self.dtype))
        on_disk = self._encode(array)
        affine, header, source = self._geometry(data if is_image else None, array.shape)
        contain(on_disk, affine, header, len(self.files()) == 2).to_filename(self.filename)
        return {
            "class": type(data).__name__ if is_image else None,
            "dtype": None if on_disk.dtype == array.dtype else array.dtype.str,
            "affine": source,
        }

    def _encode(self, array: Array) -> Array:
        return encode(array)

    def _geometry(self, image: Any, shape: tuple[int, ...]) -> tuple[Array | None, Any, str]:
        """Return affine, header and whose they are: as the options say, else the image, else the arguments."""
        header = self._header()
        affine = None if self.affine is None else np.asarray(self.affine, float)
        if self.like is not None:
            return self._asked(shape)
        if image is not None:
            given = "option" if affine is not None else "image"
            return image.affine if affine is None else affine, image.header if header is None else header, given
        if affine is not None or header is not None:
            return affine, header, "option"
        found = geometry.choose(self._near, shape)
        if len(found) == 1:
            return found[0].affine, found[0].header_for(shape), found[0].source
        self._warn_identity(found)
        return np.eye(4), None, "identity"

    def _asked(self, shape: tuple[int, ...]) -> tuple[Array, Any, str]:
        for found in self._near:
            if not found.fits(shape):
                raise PersistError(
                    f"like={self.like}: {found.source} has the shape {found.shape}, and the array {shape}; the first "
                    "three dimensions have to be equal"
                )
            return found.affine, found.header_for(shape), found.source
        raise PersistError(f"like={self.like} is for made functions, where there is a call")

    def _warn_identity(self, found: Sequence[geometry.Geometry]) -> None:
        names = " and ".join(candidate.source for candidate in found)
        reason = f"it could be that of {names}" if found else "no argument comes from an image of that shape"
        warnings.warn(
            f"{self.filename.name}: an array has no affine, and {reason}, so identity is written; say whose it is "
            "with like=<argument> or like=<file>, or give affine= or header=",
            CacheWarning,
            stacklevel=4,
        )

    def load(self) -> Any:
        """Read the array or image back; ValueError, OSError or EOFError for a damaged or foreign file."""
        image = stored.open_stored(self.filename)
        array = self._read(image)
        wanted = self.dtype or self.notes.get("dtype")
        if wanted is not None:
            array = array.astype(np.dtype(wanted), copy=False)
        kind = self.notes.get("class")
        return array if kind is None else restore(kind, array, image)

    def _read(self, image: Any) -> Array:
        return stored.read(image)


def _array(value: Any) -> Array:
    """Return `value` as a plain array; PersistError where it is none that NIfTI can hold."""
    if type(value) not in (np.ndarray, np.memmap):
        raise PersistError(_refusal(value), value=value)
    if not 1 <= value.ndim <= MOST_DIMENSIONS:
        raise PersistError(
            f"an array of {value.ndim} dimensions does not fit: NIfTI holds 1 to {MOST_DIMENSIONS}. Use `npy:`",
            value=value,
        )
    return np.asarray(value)


def _refusal(value: Any) -> str:
    if isinstance(value, np.ma.MaskedArray):
        return (
            "NIfTI has no place for the mask of a masked array, and would store what is masked; "
            "return `a.filled(...)`, or save data and mask in two files, or use `pickle:`"
        )
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    return (
        f"a value of type {kind} would not come back as it is: NIfTI holds arrays of 1 to "
        f"{MOST_DIMENSIONS} dimensions and images of the classes {', '.join(NAMES)}. "
        "Convert it, or use `npy:`, `json:` or `pickle:`"
    )
