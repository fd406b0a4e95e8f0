"""Fingerprints of images and headers: class, affine, header, extensions and data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nibabel.analyze import AnalyzeHeader, AnalyzeImage
from nibabel.freesurfer.mghformat import MGHHeader, MGHImage

from makeit.identity.digest import Buffer, digest_chunks
from makeit.identity.values import fingerprint_nested
from makeit_nifti.identity import class_name, describe_affine, describe_header
from makeit_nifti.voxels import equal_voxels, fingerprint_voxels
from makeit_numpy.fingerprint import fingerprint as fingerprint_array


def fingerprint(value: Any) -> str | None:
    """Return `scheme/1:digest` of an image or header of the NIfTI, Analyze, SPM or MGH classes, else None."""
    name = class_name(value)
    if name is None:
        return None
    if isinstance(value, AnalyzeHeader | MGHHeader):
        return "image-header/1:" + digest_chunks(_chain(name, describe_header(value)))
    if isinstance(value, AnalyzeImage | MGHImage):
        return _fingerprint_image(name, value)
    return None


def _chain(name: str, parts: Iterator[Buffer]) -> Iterator[Buffer]:
    yield name.encode()
    yield from parts


def _fingerprint_image(name: str, image: Any) -> str | None:
    voxels = fingerprint_voxels(image.dataobj)
    if voxels is None:
        return None
    parts = [describe_affine(image.affine), voxels.encode(), _changed_cache(image), _extra(image)]
    return "image/1:" + digest_chunks(_chain(name, iter((*parts, *describe_header(image.header)))))


def _changed_cache(image: Any) -> bytes:
    """Return nothing for a cache that only repeats the data: get_fdata() leaves one that can be changed."""
    cache = image._fdata_cache
    if cache is None or equal_voxels(cache, image.dataobj):
        return b""
    return str(fingerprint_array(cache)).encode()


def _extra(image: Any) -> bytes:
    return fingerprint_nested(image.extra).encode() if image.extra else b""
