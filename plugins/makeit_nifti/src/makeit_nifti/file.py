"""NiftiFile: the persister of the format nifti."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from makeit import CacheWarning, Persister, PersistError, SpecError
from makeit_nifti import geometry, sidecar, stored
from makeit_nifti.encoding import encode
from makeit_nifti.suffixes import SUFFIXES, Container, container_of
from makeit_numpy.content import Array

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.model import Call, Record

PAIRS = {".img": ".hdr", ".hdr": ".img"}


class NiftiFile(Persister):
    """Keep an array, or an image of nibabel, in a file of NIfTI, GIFTI, CIFTI-2 or MGH, unscaled and in its own dtype.

    The suffix of the file decides which. An array comes back as an array, an image as an image of its class, in
    memory. `header` (a header or an image of nibabel) gives TR, units, orientation and extensions, never a dtype;
    `affine` (4, 4), in mm, goes before that of the header. `dtype` is what the data are saved and loaded as. `like`
    names an argument, or an image file, whose geometry the output has; without any of these an array takes over that
    of the image that the arguments came from. In CIFTI `header` and `like` give the axes; GIFTI has no geometry.
    `sidecar="bids"` describes the image in a JSON beside it, in which what a user writes is kept.
    """

    suffixes: ClassVar[tuple[str, ...]] = tuple(SUFFIXES)
    portable: ClassVar[bool] = True
    beside: ClassVar[frozenset[str]] = frozenset({"sidecar"})

    #: The geometries that the arguments of the call bring along, once it is known.
    _near: tuple[geometry.Geometry, ...] = ()
    #: Whether `header` is what `like` asked for.
    _took_over = False

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
        self._container.check(self)
        sidecar.check(self)
        if self.dtype is not None:
            self._check_dtype()
        if self.affine is not None:
            self._check_affine()
        if self.like is not None and (self.header is not None or self.affine is not None):
            raise SpecError(f"{self.filename}: like={self.like} and header= or affine= exclude each other", spec=self)
        # What a result needs once it is there is imported before the function runs: no import may lose it.
        from makeit_nifti import fingerprint, freezing  # noqa: F401

    def inputs(self) -> tuple[Path, ...]:
        """Name the file that `like=` names: its content counts."""
        return () if self.like is None or geometry.is_argument(self.like) else (Path(self.like),)

    def for_call(self, call: Call, lineage: Lineage) -> Self:
        """Return a persister that knows what the arguments of the call bring along: geometries, or axes."""
        sidecar.check_call(self, call)
        if self.header is not None or self.affine is not None:
            return self
        twin = self.at(self.filename)
        self._container.inform(twin, call, lineage)
        return twin

    def published(self, call: Call, record: Record, lineage: Lineage) -> None:
        """Bring the sidecar up to date, if one was asked for."""
        if self.sidecar is not None:
            sidecar.keep(self, call, record, lineage)

    def _check_dtype(self) -> None:
        try:
            holds = self._container.holds(np.dtype(self.dtype))
        except TypeError as error:
            raise SpecError(f"dtype={self.dtype!r} is unknown to NumPy: {error}", spec=self) from error
        if not holds:
            raise SpecError(f"dtype={self.dtype!r} does not fit: {self._container.FITS}", spec=self)

    def _check_affine(self) -> None:
        try:
            affine = np.asarray(self.affine, float)
            usable = affine.shape == (4, 4) and np.isfinite(affine).all() and np.linalg.det(affine) != 0
        except (TypeError, ValueError):
            usable = False
        if not usable:
            raise SpecError(f"affine={self.affine!r} is not an invertible (4, 4) matrix", spec=self)

    @property
    def _container(self) -> Container:
        return container_of(self.filename)

    def _header(self) -> Any:
        return getattr(self.header, "header", self.header)

    def save(self, data: Any) -> Mapping[str, Any]:
        """Write an array or an image to exactly `self.filename`; PersistError for what the file cannot hold."""
        try:
            return self._container.save(self, data)
        except PersistError as error:
            error.value = data
            raise

    def _encode(self, array: Array) -> Array:
        return encode(array)

    def _geometry(self, image: Any, shape: tuple[int, ...]) -> tuple[Array | None, Any, str]:
        """Return affine, header and whose they are: as the options say, else the image, else the arguments."""
        header = self._header()
        # An image that is given as header= may be of a class whose header has no affine.
        affine = getattr(self.header, "affine", None) if self.affine is None else np.asarray(self.affine, float)
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
        return np.eye(4), None, geometry.IDENTITY

    def _taken_over(self, source: str, shape: tuple[int, ...]) -> dict[str, Any]:
        """Return notes of the geometry that an array took over, by which another one is noticed later."""
        if source == geometry.IDENTITY:
            return {"geometry": [list(shape), geometry.IDENTITY]}
        found = [near for near in geometry.choose(self._near, shape) if near.source == source]
        return {"geometry": [list(shape), found[0].fingerprint(shape)]} if found else {}

    def outdated(self, call: Call, lineage: Lineage) -> str | None:
        """Say that an array would get another geometry, or other axes, now than those it took over."""
        return self._container.outdated(self, call, lineage)

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
        return self._container.load(self)

    def _read(self, image: Any) -> Array:
        return stored.read(image)
