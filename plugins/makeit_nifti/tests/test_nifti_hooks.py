"""The hooks: what they answer, and that they import nibabel for nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.testing import data_path

from makeit_nifti import NiftiFile, hooks


class TestHooks:
    def test_they_import_nibabel_for_nobody(self) -> None:
        code = (
            "import sys, makeit_nifti, makeit_nifti.hooks as hooks\n"
            "for value in (1, [], {'a': 1}):\n"
            "    assert hooks.makeit_fingerprint(value) is hooks.makeit_protect(value) is None\n"
            "    assert hooks.makeit_choose_persister(value) is None\n"
            "assert not {'numpy', 'nibabel'} & set(sys.modules)\n"
            "makeit_nifti.NiftiFile, makeit_nifti.MemMappedNiftiFile\n"
            "assert 'nibabel' in sys.modules\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)

    @pytest.mark.parametrize("value", [1, np.ones(2), None, nibabel.Nifti1Image, nibabel.load])
    def test_they_leave_other_values_alone(self, value: Any) -> None:
        assert hooks.makeit_fingerprint(value) is None
        assert hooks.makeit_protect(value) is None
        assert hooks.makeit_choose_persister(value) is None

    @pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
    def test_they_know_images(self, kind: Any) -> None:
        image = kind(np.ones((2, 2, 2), "f4"), np.eye(4))
        assert hooks.makeit_fingerprint(image).startswith("image/1:")
        assert hooks.makeit_fingerprint(image.header).startswith("image-header/1:")
        assert not hooks.makeit_protect(image).value.dataobj.flags.writeable
        chosen = hooks.makeit_choose_persister(image)
        assert type(chosen) is NiftiFile
        assert chosen.filename.name == "value.nii"

    @pytest.mark.parametrize(
        ("image", "name"),
        [
            (nibabel.MGHImage(np.ones((2, 2, 2), "f4"), np.eye(4)), "value.mgh"),
            (nibabel.GiftiImage(), "value.gii"),
            (nibabel.load(os.path.join(data_path, "row_major.dconn.nii")), "value.dconn.nii"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_each_class_has_its_format(self, image: Any, name: str) -> None:
        chosen = hooks.makeit_choose_persister(image)
        assert type(chosen) is NiftiFile
        assert chosen.filename.name == name

    def test_an_image_that_no_container_holds_is_left_to_others(self) -> None:
        image = nibabel.AnalyzeImage(np.ones((2, 2, 2), "f4"), np.eye(4))
        assert hooks.makeit_choose_persister(image) is None

    def test_the_package_names_what_it_lacks(self) -> None:
        import makeit_nifti

        with pytest.raises(AttributeError, match="NiftyFile"):
            _ = makeit_nifti.NiftyFile
