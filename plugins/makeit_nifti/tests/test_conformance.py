"""The conformance suite of makeit on the formats nifti, nifti-mmap, gifti, cifti and mgh."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.cifti2 import cifti2_axes
from nibabel.gifti import GiftiCoordSystem, GiftiDataArray, GiftiLabel

from makeit.testing import PersisterSuite, same
from makeit_nifti import MemMappedNiftiFile, NiftiFile
from makeit_nifti.contents import describe
from makeit_nifti.gifti import describe_parts

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


class TestNiftiZst(TestNifti):
    suffix = ".nii.zst"


class TestNiftiPair(TestNifti):
    suffix = ".img"
    examples = (image(INTEGERS, nibabel.Nifti1Pair), image(VOLUMES, nibabel.Nifti1Pair, MOVED))


class TestNiftiArray(Nifti):
    suffix = ".nii"
    examples = (INTEGERS, VOLUMES, NANS, VOLUMES > 0, INTEGERS.astype("u8"), NANS.astype("f2"), NANS + 2j)
    exceptions = {"test_its_spec_makes_the_same_format": "an array has no affine, of which the bare format warns"}  # noqa: RUF012

    def persister(self, filename: Path) -> NiftiFile:
        return NiftiFile(filename, affine=AFFINE)


class TestNiftiZstArray(TestNiftiArray):
    suffix = ".nii.zst"


def volume(data: Any, **fields: Any) -> Any:
    """Return an image of FreeSurfer that says all that a header can."""
    made = nibabel.MGHImage(data, AFFINE)
    for name, value in {"flip_angle": 0.5, "te": 3.0, "ti": 900.0, "fov": 256.0, **fields}.items():
        made.header[name] = value
    return made


class TestMgh(PersisterSuite):
    suffix = ".mgh"
    examples = (volume(INTEGERS), volume(VOLUMES, tr=2000.0), volume(INTEGERS.astype("u1")))
    rejects = (*REJECTS, NANS, VOLUMES.astype("c8"), np.zeros((0, 2, 2), "f4"), np.full((2, 2, 2), 0.1))

    def persister(self, filename: Path) -> NiftiFile:
        return NiftiFile(filename)

    def equal(self, a: Any, b: Any) -> bool:
        """Compare arrays as arrays, images by data, affine and header."""
        if type(a) is not type(b) or not hasattr(a, "dataobj"):
            return super().equal(a, b)
        return (
            same(np.asanyarray(a.dataobj), np.asanyarray(b.dataobj))
            and same(a.affine, b.affine)
            and all(same(a.header[name], b.header[name]) for name in a.header)
        )


class TestMgz(TestMgh):
    suffix = ".mgz"


class TestMghArray(TestMgh):
    examples = (INTEGERS, VOLUMES, VOLUMES > 0, INTEGERS.astype("u8"), VOLUMES.astype(">f8"), VOLUMES[..., :1])
    exceptions = TestNiftiArray.exceptions

    def persister(self, filename: Path) -> NiftiFile:
        return NiftiFile(filename, affine=AFFINE)


def surface() -> Any:
    """Return a surface with its coordinates, triangles, labels and meta data."""
    made = nibabel.GiftiImage(meta=nibabel.gifti.GiftiMetaData(Name="left & <right>", Unicode="ü", Empty=""))
    for key, name in enumerate(("???", "V1")):
        made.labeltable.labels.append(GiftiLabel(key, 0.1, 1 / 3, 1.0, 0.5))
        made.labeltable.labels[-1].label = name
    space = GiftiCoordSystem("NIFTI_XFORM_SCANNER_ANAT", "NIFTI_XFORM_TALAIRACH", np.eye(4) / 3)
    points = np.linspace(-1, 1, 15, dtype="f4").reshape(5, 3)
    made.add_gifti_data_array(GiftiDataArray(points, "NIFTI_INTENT_POINTSET", coordsys=space, meta={"a": "b"}))
    made.add_gifti_data_array(GiftiDataArray(np.arange(6, dtype="i4").reshape(2, 3), "NIFTI_INTENT_TRIANGLE"))
    made.add_gifti_data_array(GiftiDataArray(np.arange(5, dtype="u1"), "NIFTI_INTENT_LABEL"))
    return made


class TestGifti(PersisterSuite):
    suffix = ".gii"
    examples = (
        surface(),
        nibabel.GiftiImage(),
        nibabel.GiftiImage(darrays=[GiftiDataArray(NANS.astype(">f4"), ordering="F", encoding="ASCII")]),
    )
    rejects = (*REJECTS, NANS.astype("c8"), np.array([0.1]), np.array([2**31]), image(INTEGERS))

    def persister(self, filename: Path) -> NiftiFile:
        return NiftiFile(filename)

    def equal(self, a: Any, b: Any) -> bool:
        """Compare arrays as arrays, images part by part."""
        if type(a) is not type(b) or not isinstance(a, nibabel.GiftiImage):
            return super().equal(a, b)
        return dict(describe_parts(a)) == dict(describe_parts(b))


class TestGiftiArray(TestGifti):
    examples = (INTEGERS, VOLUMES, NANS.astype(">f4"), VOLUMES > 0, INTEGERS.astype("u8"), NANS, NANS.astype("f2"))


BRAIN = cifti2_axes.BrainModelAxis.from_mask(np.ones((1, 2, 2), bool), "thalamus_left", np.diag([1 / 3, 2, 2, 1]))
VERTICES = BRAIN + cifti2_axes.BrainModelAxis.from_surface(np.arange(2, 5), 10, "cortex_left")
SERIES = cifti2_axes.SeriesAxis(0.1, 0.72, 4)
LABELS = cifti2_axes.LabelAxis(["map"], [{0: ("???", (0, 0, 0, 0)), 3: ("V1", (1, 1 / 3, 0.25, 1))}], [{"a": "b"}])
PARCELS = cifti2_axes.ParcelsAxis.from_brain_models([("one", VERTICES[:4]), ("two", VERTICES[4:])])


def matrix(data: Any, *axes: Any) -> Any:
    """Return an image of CIFTI that says what it is."""
    made = nibabel.Cifti2Image(data, header=axes)
    made.nifti_header.set_intent("NIFTI_INTENT_CONNECTIVITY_UNKNOWN")
    made.nifti_header["descrip"] = b"made for a test"
    return made


class TestCifti(PersisterSuite):
    suffix = ".dtseries.nii"
    examples = (
        matrix(np.linspace(-1, 1, 28, dtype="f4").reshape(4, 7), SERIES, VERTICES),
        matrix(np.array([[0, 3, 0, 3, 3, 0, 0]]), LABELS, VERTICES),
        matrix(np.array([[0.1, np.nan], [-0.0, np.inf]]), PARCELS, PARCELS),
    )
    rejects = (*REJECTS, INTEGERS, image(INTEGERS))

    def persister(self, filename: Path) -> NiftiFile:
        return NiftiFile(filename)

    def equal(self, a: Any, b: Any) -> bool:
        """Compare arrays as arrays, images by data and axes."""
        if type(a) is not type(b) or not hasattr(a, "dataobj"):
            return super().equal(a, b)
        return (
            same(np.asanyarray(a.dataobj), np.asanyarray(b.dataobj))
            and describe(a.header) == describe(b.header)
            and a.nifti_header["descrip"] == b.nifti_header["descrip"]
            and a.nifti_header.get_intent() == b.nifti_header.get_intent()
        )


class TestCiftiArray(TestCifti):
    suffix = ".dscalar.nii"
    examples = (np.arange(28, dtype=">i2").reshape(4, 7), np.ones((4, 7)) > 0, np.linspace(-1, 1, 28).reshape(4, 7))
    rejects = (*REJECTS, INTEGERS, np.zeros((7, 4)), np.zeros((4, 7), "c8"))
    exceptions = {"test_its_spec_makes_the_same_format": "an array has no axes, which the bare format asks for"}  # noqa: RUF012

    def persister(self, filename: Path) -> NiftiFile:
        return NiftiFile(filename, header=nibabel.Cifti2Header.from_axes((SERIES, VERTICES)))


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
