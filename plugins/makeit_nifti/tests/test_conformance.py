"""The conformance suite of makeit on the formats nifti and nifti-mmap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from makeit.testing import PersisterSuite, same
from makeit_nifti import MemMappedNiftiFile, NiftiFile

AFFINE = np.array([[0.0, -2, 0, 10], [2.5, 0, 0, -20.25], [0, 0, 3, 7], [0, 0, 0, 1]])
MOVED = np.diag([2.0, 2, 2, 1])


def image(data: Any, kind: Any = nibabel.Nifti1Image, affine: Any = AFFINE) -> Any:
    """Return an image that says all that a header can."""
    made = kind(data, affine)
    made.header.set_xyzt_units("mm", "sec")
    made.header["descrip"] = b"made for a test"
    if data.ndim == 4:
        made.header.set_zooms((*made.header.get_zooms()[:3], 2.5))
    return made


INTEGERS = np.arange(60, dtype="i2").reshape(3, 4, 5)
VOLUMES = np.asfortranarray(np.linspace(-1, 1, 120, dtype="f4").reshape(3, 4, 5, 2))
NANS = np.array([[np.nan, -0.0, np.inf], [1, 2, 3]], ">f8")
REJECTS = (np.array(1.5), np.array(["text"]), np.ma.masked_array([1, 2], [True, False]), [1, 2], "text", None)


class Nifti(PersisterSuite):
    """What the suites of this format have in common."""

    rejects = REJECTS

    def equal(self, a: Any, b: Any) -> bool:
        """Compare arrays as arrays, images by data, affine and what their headers say."""
        if type(a) is not type(b) or not hasattr(a, "dataobj"):
            return super().equal(a, b)
        return (
            same(np.asanyarray(a.dataobj), np.asanyarray(b.dataobj))
            and same(a.affine, b.affine)
            and a.header.get_xyzt_units() == b.header.get_xyzt_units()
            and a.header.get_zooms() == b.header.get_zooms()
            and a.header["descrip"] == b.header["descrip"]
        )


class TestNifti(Nifti):
    suffix = ".nii"
    examples = (
        image(INTEGERS),
        image(VOLUMES, affine=MOVED),
        image(VOLUMES.astype("c8")),
        image(INTEGERS.astype("f8"), nibabel.Nifti2Image),
    )

    def persister(self, filename: Path) -> NiftiFile:
        return NiftiFile(filename)


class TestNiftiGz(TestNifti):
    suffix = ".nii.gz"


class TestNiftiPair(TestNifti):
    suffix = ".img"
    examples = (image(INTEGERS, nibabel.Nifti1Pair), image(VOLUMES, nibabel.Nifti1Pair, MOVED))


class TestNiftiArray(Nifti):
    suffix = ".nii"
    examples = (INTEGERS, VOLUMES, NANS, VOLUMES > 0, INTEGERS.astype("u8"), NANS.astype("f2"), NANS + 2j)
    exceptions = {"test_its_spec_makes_the_same_format": "an array has no affine, of which the bare format warns"}  # noqa: RUF012

    def persister(self, filename: Path) -> NiftiFile:
        return NiftiFile(filename, affine=AFFINE)


class TestNiftiMmap(Nifti):
    suffix = ".nii"
    examples = (image(INTEGERS), image(VOLUMES, affine=MOVED), image(NANS.reshape(1, 2, 3)))
    rejects = (*REJECTS, VOLUMES > 0, VOLUMES.astype("f2"))

    def persister(self, filename: Path) -> NiftiFile:
        return MemMappedNiftiFile(filename)

    def equal(self, a: Any, b: Any) -> bool:
        """A map stands for the array of an image."""
        return super().equal(plain(a), plain(b))


class TestNiftiMmapArray(TestNiftiMmap):
    examples = (INTEGERS, VOLUMES, NANS)
    exceptions = TestNiftiArray.exceptions

    def persister(self, filename: Path) -> NiftiFile:
        return MemMappedNiftiFile(filename, affine=AFFINE)


def plain(value: Any) -> Any:
    """Return an array, or an image with one, without the class of a map."""
    if hasattr(value, "dataobj"):
        return type(value)(np.asarray(value.dataobj), value.affine, value.header)
    return np.asarray(value) if isinstance(value, np.ndarray) else value
