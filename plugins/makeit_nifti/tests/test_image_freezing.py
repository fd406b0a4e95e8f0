"""Read-only images: nobody can write to the data, and intact() notices other changes."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Extension
from nibabel.testing import data_path

from makeit_nifti import MemMappedNiftiFile, NiftiFile
from makeit_nifti.fingerprint import fingerprint
from makeit_nifti.freezing import freeze

IMAGES = ["functional.nii", "anatomical.nii", "example4d.nii.gz", "example_nifti2.nii.gz", "standard.nii.gz"]


def stored(path: Path, name: str = "example4d.nii.gz", kind: type[NiftiFile] = NiftiFile) -> Any:
    """Return what a persister gives back for a real image."""
    persister = kind(path)
    persister.notes = persister.save(nibabel.load(os.path.join(data_path, name)))
    return persister.load()


class TestFreeze:
    @pytest.mark.parametrize("kind", [NiftiFile, MemMappedNiftiFile])
    @pytest.mark.parametrize("name", IMAGES)
    def test_a_frozen_image_is_equal_and_read_only(self, tmp_path: Path, name: str, kind: type[NiftiFile]) -> None:
        image = stored(tmp_path / "x.nii", name, kind)
        frozen = freeze(image)
        assert frozen is not None
        assert type(frozen.value) is type(image)
        assert fingerprint(frozen.value) == fingerprint(image)
        assert np.shares_memory(frozen.value.dataobj, image.dataobj)
        assert frozen.intact(frozen.value)
        with pytest.raises(ValueError, match="read-only"):
            frozen.value.dataobj[0] = 1
        with pytest.raises(ValueError, match="WRITEABLE"):
            frozen.value.dataobj.setflags(write=True)

    @pytest.mark.parametrize(
        "change",
        [
            lambda image: image.header.__setitem__("descrip", b"other"),
            lambda image: image.header["pixdim"].__setitem__(4, 9),
            lambda image: image.header.extensions.append(Nifti1Extension("comment", b"x")),
            lambda image: image.header.extensions.pop(),
            lambda image: image.affine.setflags(write=True) or image.affine.__setitem__((0, 3), 9),
            lambda image: image.get_fdata().__setitem__((0, 0, 0), 9),
            lambda image: image.extra.update(note=1),
            lambda image: setattr(image.dataobj, "dtype", "u2"),
        ],
    )
    @pytest.mark.filterwarnings("ignore:Setting the dtype:DeprecationWarning")
    def test_intact_notices_what_changed(self, tmp_path: Path, change: Callable[[Any], object]) -> None:
        frozen = freeze(stored(tmp_path / "x.nii"))
        change(frozen.value)
        assert not frozen.intact(frozen.value)

    def test_the_affine_is_read_only(self, tmp_path: Path) -> None:
        frozen = freeze(stored(tmp_path / "x.nii"))
        with pytest.raises(ValueError, match="read-only"):
            frozen.value.affine[0, 3] = 5

    @pytest.mark.parametrize("name", ["example4d.nii.gz", "functional.nii"])
    def test_reading_leaves_it_intact(self, tmp_path: Path, name: str) -> None:
        frozen = freeze(stored(tmp_path / "x.nii", name))
        frozen.value.get_fdata()
        str(frozen.value)
        assert frozen.intact(frozen.value)

    def test_the_image_frozen_keeps_its_own_header_and_affine(self, tmp_path: Path) -> None:
        image = stored(tmp_path / "x.nii")
        frozen = freeze(image)
        image.header["descrip"] = b"other"
        image.affine[0, 3] = 5
        assert frozen.intact(frozen.value)

    def test_intact_keeps_nothing_alive(self, tmp_path: Path) -> None:
        frozen = freeze(stored(tmp_path / "x.nii"))
        gone = weakref.ref(frozen.value)
        intact = frozen.intact
        del frozen
        gc.collect()
        assert gone() is None
        assert intact is not None

    def test_what_is_backed_by_a_file_by_name_is_left_to_its_content(self) -> None:
        assert freeze(nibabel.load(os.path.join(data_path, "functional.nii"))) is None

    def test_other_images_are_left_to_their_content(self) -> None:
        assert freeze(nibabel.MGHImage(np.zeros((2, 2, 2), "f4"), np.eye(4))) is None
        extra = nibabel.Nifti1Image(np.zeros((2, 2, 2), "f4"), np.eye(4), extra={"note": 1})
        assert freeze(extra) is None
