"""Fingerprints of images beyond NIfTI (law C12): every change counts, copies, paths and caches do not."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.cifti2 import cifti2_axes
from nibabel.gifti import GiftiCoordSystem, GiftiDataArray, GiftiLabel
from nibabel.testing import data_path

from makeit_nifti.fingerprint import fingerprint

GIFTI = Path(nibabel.__file__).parent / "gifti" / "tests" / "data"


def surface() -> Any:
    """Return a surface with a label, meta data, and data with a place."""
    made = nibabel.GiftiImage(meta=nibabel.gifti.GiftiMetaData(a="b"))
    made.labeltable.labels.append(GiftiLabel(1, 0.1, 0.2, 0.3, 1.0))
    made.labeltable.labels[0].label = "V1"
    points = np.arange(15, dtype="f4").reshape(5, 3)
    made.add_gifti_data_array(GiftiDataArray(points, "NIFTI_INTENT_POINTSET", coordsys=GiftiCoordSystem(1, 3)))
    made.add_gifti_data_array(GiftiDataArray(np.arange(6, dtype="i4").reshape(2, 3), "NIFTI_INTENT_TRIANGLE"))
    return made


def matrix() -> Any:
    """Return an image of CIFTI with series, voxels and vertices."""
    brain = cifti2_axes.BrainModelAxis.from_mask(np.ones((1, 2, 2), bool), "thalamus_left", np.eye(4))
    brain += cifti2_axes.BrainModelAxis.from_surface(np.arange(2, 5), 10, "cortex_left")
    labels = cifti2_axes.LabelAxis(["map"] * 2, [{1: ("V1", (1, 0.5, 0.25, 1))}] * 2, [{"a": "b"}] * 2)
    return nibabel.Cifti2Image(np.arange(14, dtype="f4").reshape(2, 7), header=(labels, brain))


def of_map(image: Any) -> Any:
    """Return the first map with labels."""
    return image.header.matrix[0][0]


def of_brain(image: Any) -> Any:
    """Return the axis of voxels and vertices."""
    return image.header.matrix[1]


SURFACE_CHANGES: list[Callable[[Any], object]] = [
    lambda image: image.darrays[0].data.__setitem__((0, 0), 9),
    lambda image: setattr(image.darrays[0], "data", image.darrays[0].data.astype("f8")),
    lambda image: setattr(image.darrays[0], "data", image.darrays[0].data.reshape(3, 5)),
    lambda image: image.darrays.pop(),
    lambda image: image.darrays.reverse(),
    lambda image: setattr(image.darrays[0], "intent", 0),
    lambda image: setattr(image.darrays[1], "datatype", 2),
    lambda image: image.darrays[0].meta.__setitem__("x", "y"),
    lambda image: setattr(image.darrays[0].coordsys, "dataspace", 2),
    lambda image: setattr(image.darrays[0].coordsys, "xformspace", 2),
    lambda image: image.darrays[0].coordsys.xform.__setitem__((0, 3), 1e-12),
    lambda image: image.meta.__setitem__("a", "c"),
    lambda image: image.meta.__setitem__("c", "b"),
    lambda image: image.meta.clear(),
    lambda image: setattr(image.labeltable.labels[0], "label", "V2"),
    lambda image: setattr(image.labeltable.labels[0], "key", 2),
    lambda image: setattr(image.labeltable.labels[0], "red", 0.1000001),
    lambda image: setattr(image.labeltable.labels[0], "alpha", None),
    lambda image: image.labeltable.labels.append(GiftiLabel(2)),
    lambda image: setattr(image, "version", "1.1"),
]
MATRIX_CHANGES: list[Callable[[Any], object]] = [
    lambda image: image.dataobj.__setitem__((0, 0), 9),
    lambda image: image.get_fdata().__setitem__((0, 0), 9),
    lambda image: image.nifti_header.__setitem__("descrip", b"other"),
    lambda image: image.nifti_header.set_intent(3007),
    lambda image: setattr(image.header, "version", "2.1"),
    lambda image: setattr(image.header.matrix, "metadata", nibabel.cifti2.Cifti2MetaData({"a": "b"})),
    lambda image: image.header.matrix._mims.reverse(),
    lambda image: setattr(of_map(image), "map_name", "other"),
    lambda image: of_map(image).metadata.__setitem__("a", "c"),
    lambda image: setattr(of_map(image).label_table[1], "red", 0.5),
    lambda image: setattr(of_map(image).label_table[1], "label", "V2"),
    lambda image: of_brain(image).volume.transformation_matrix_voxel_indices_ijk_to_xyz.matrix.__setitem__(
        (0, 3), 1e-12
    ),
    lambda image: setattr(of_brain(image).volume, "volume_dimensions", (1, 2, 3)),
    lambda image: next(iter(of_brain(image).brain_models)).voxel_indices_ijk.__setitem__(0, [0, 1, 1]),
    lambda image: list(of_brain(image).brain_models)[1].vertex_indices.__setitem__(0, 7),
    lambda image: setattr(list(of_brain(image).brain_models)[1], "brain_structure", "CIFTI_STRUCTURE_CORTEX_RIGHT"),
    lambda image: setattr(list(of_brain(image).brain_models)[1], "surface_number_of_vertices", 11),
]


class TestGifti:
    @pytest.mark.parametrize("number", range(len(SURFACE_CHANGES)))
    def test_every_change_counts(self, number: int) -> None:
        image = surface()
        SURFACE_CHANGES[number](image)
        assert fingerprint(image) != fingerprint(surface())

    def test_how_a_file_encodes_it_does_not_count(self) -> None:
        image = surface()
        for part in image.darrays:
            part.encoding, part.ind_ord, part.endian = 1, 2, 1
            part.data = np.asfortranarray(part.data)
        image.labeltable.get_labels_as_dict()
        assert fingerprint(image) == fingerprint(surface()) == fingerprint(copy.deepcopy(image))

    @pytest.mark.parametrize("name", ["ascii.gii", "label.gii", "task.func.gii", "rh.aparc.annot.gii"])
    def test_a_copy_under_another_name_is_equal(self, tmp_path: Path, name: str) -> None:
        shutil.copy(GIFTI / name, tmp_path / "x.gii")
        assert fingerprint(nibabel.load(tmp_path / "x.gii")) == fingerprint(nibabel.load(GIFTI / name)) is not None

    def test_what_cannot_be_seen_has_none(self) -> None:
        image = surface()
        image.meta["a"] = object()
        assert fingerprint(image) is None


class TestCifti:
    @pytest.mark.parametrize("number", range(len(MATRIX_CHANGES)))
    def test_every_change_counts(self, number: int) -> None:
        image = matrix()
        MATRIX_CHANGES[number](image)
        assert fingerprint(image) != fingerprint(matrix()) is not None

    def test_data_in_memory_equal_data_in_a_file(self, tmp_path: Path) -> None:
        path = Path(data_path) / "row_major.dconn.nii"
        shutil.copy(path, tmp_path / "x.dconn.nii")
        image = nibabel.load(tmp_path / "x.dconn.nii")
        inside = nibabel.Cifti2Image(np.asanyarray(image.dataobj), image.header, image.nifti_header)
        inside.get_fdata()
        assert fingerprint(inside) == fingerprint(image) == fingerprint(nibabel.load(path)) is not None

    def test_a_header_counts_by_what_it_says(self) -> None:
        other = matrix().header
        of_map_of_header = other.matrix[0][0]
        of_map_of_header.map_name = "other"
        assert fingerprint(matrix().header) == fingerprint(matrix().header) != fingerprint(other)


def opened(name: str, folder: str = data_path) -> Any:
    """Return an image out of the nibabel wheel."""
    path = Path(folder) / name
    return nibabel.ecat.load(path) if name.endswith(".v") else nibabel.load(path)


OTHERS = ["scaled+tlrc.HEAD", "tiny.mnc", "phantom_varscale.PAR", "tinypet.v", "test.mgz", "small.mnc"]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.filterwarnings("ignore")
class TestOthers:
    def test_equal_images_are_equal_with_and_without_a_cache(self, name: str) -> None:
        if name == "small.mnc":
            pytest.importorskip("h5py")
        image = opened(name)
        before = fingerprint(image)
        image.get_fdata()
        assert fingerprint(image) == before == fingerprint(opened(name)) is not None
        assert fingerprint(image.header) == fingerprint(opened(name).header) is not None

    def test_data_and_affine_count(self, name: str) -> None:
        if name == "small.mnc":
            pytest.importorskip("h5py")
        image, before = opened(name), fingerprint(opened(name))
        image.get_fdata()[0, 0, 0] += 1
        assert fingerprint(image) != before
        image = opened(name)
        image.affine[0, 3] += 1
        assert fingerprint(image) != before


# nibabel leaves files of PAR/REC to the garbage collector.
@pytest.mark.filterwarnings("ignore")
def test_fields_of_other_headers_count() -> None:
    afni, par = opened("scaled+tlrc.HEAD"), opened("phantom_varscale.PAR")
    before = fingerprint(afni), fingerprint(par), fingerprint(par.header)
    afni.header.info["HISTORY_NOTE"] = "other"
    par.header.image_defs["echo_time"][0] += 1
    assert before[0] != fingerprint(afni)
    assert before[1] != fingerprint(par)
    assert before[2] != fingerprint(par.header)
