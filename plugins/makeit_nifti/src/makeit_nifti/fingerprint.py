"""Fingerprints of images and headers: class, affine, header, extensions and data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nibabel.cifti2.cifti2 import Cifti2Image
from nibabel.filebasedimages import FileBasedHeader
from nibabel.gifti.gifti import GiftiImage
from nibabel.spatialimages import SpatialImage

from makeit.identity.digest import Buffer, digest_chunks
from makeit.identity.values import fingerprint_nested
from makeit_nifti.contents import Unknown, describe
from makeit_nifti.gifti import describe_parts
from makeit_nifti.identity import class_name, describe_affine, describe_header
from makeit_nifti.voxels import equal_voxels, fingerprint_voxels
from makeit_numpy.fingerprint import fingerprint as fingerprint_array


def fingerprint(value: Any) -> str | None:
    """Return `scheme/1:digest` of an image or header of a class of nibabel, None for anything else.

    None, too, where an image holds something that cannot be seen.
    """
    name = class_name(value)
    if name is None:
        return None
    try:
        if isinstance(value, FileBasedHeader):
            return _digest("image-header/1:", name, describe_header(value))
        if isinstance(value, GiftiImage):
            return _digest("image/1:", name, (*_pairs(describe_parts(value)), _extra(value)))
        if isinstance(value, Cifti2Image):
            header = (*describe_header(value.header), *describe_header(value.nifti_header))
            return _fingerprint_image(name, value, b"no affine", header)
        if isinstance(value, SpatialImage):
            header = (*describe_header(value.header), *_frames(value))
            return _fingerprint_image(name, value, describe_affine(value.affine), header)
    except Unknown:
        return None
    return None


def _digest(scheme: str, name: str, parts: Iterable[Buffer]) -> str:
    return scheme + digest_chunks(_chain(name, parts))


def _chain(name: str, parts: Iterable[Buffer]) -> Iterator[Buffer]:
    yield name.encode()
    yield from parts


def _pairs(parts: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    for name, part in parts:
        yield f"{name};{len(part)};".encode()
        yield part


def _fingerprint_image(name: str, image: Any, affine: bytes, header: Iterable[Buffer]) -> str | None:
    voxels = fingerprint_voxels(image.dataobj)
    if voxels is None:
        return None
    return _digest("image/1:", name, (affine, voxels.encode(), _changed_cache(image), _extra(image), *header))


def _changed_cache(image: Any) -> bytes:
    """Return nothing for a cache that only repeats the data: get_fdata() leaves one that can be changed."""
    cache = image._fdata_cache
    if cache is None or equal_voxels(cache, image.dataobj):
        return b""
    return str(fingerprint_array(cache)).encode()


def _frames(image: Any) -> Iterator[bytes]:
    """Yield what ECAT says of each frame, in headers of their own."""
    frames = getattr(image, "_subheader", None)
    if frames is not None:
        yield describe((frames.subheaders, image._mlist))


def _extra(image: Any) -> bytes:
    return fingerprint_nested(image.extra).encode() if image.extra else b""
