"""E3: an image edited by hand and adopted comes back as the kind of value that the function returns."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from makeit import ForeignFileError, make

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)


def mask() -> Any:
    return nib.Nifti1Image(np.ones((3, 4, 5), np.uint8), AFFINE)


def total(image: Any) -> int:
    return int(np.asanyarray(image.dataobj).sum())


def edit(dtype: type = np.uint8) -> None:
    values = np.ones((3, 4, 5), dtype)
    values[0] = 0
    nib.save(nib.Nifti1Image(values, AFFINE), "mask.nii")
    time.sleep(0.05)


@pytest.mark.parametrize("format_", ["nifti", "nifti-mmap"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_E3_an_edited_image_is_adopted_as_an_image(format_: str, dtype: type) -> None:
    made, after = make(func=mask, output=f"{format_}:mask.nii"), make(func=total)
    assert after(made()) == 60
    edit(dtype)
    with pytest.raises(ForeignFileError):
        made()
    assert made.adopt().reuse
    for _ in range(2):
        assert type(made()) is nib.Nifti1Image
        assert made().get_data_dtype() == dtype
        assert after(made()) == 40
    edit(np.int16)
    assert made.adopt().reuse
    assert type(made()) is nib.Nifti1Image


def test_E3_the_dtype_of_what_it_was_is_not_forced_upon_it() -> None:
    made = make(func=lambda: np.ones((3, 4, 5), np.int64), name="labels", output="nifti:mask.nii")
    with pytest.warns(UserWarning, match="identity"):
        made()
    nib.save(nib.Nifti1Image(np.full((3, 4, 5), 1.5, "f4"), AFFINE), "mask.nii")
    assert made.adopt().reuse
    assert made()[0, 0, 0] == 1.5


def test_E3_one_that_makeit_never_wrote_is_adopted_as_an_array() -> None:
    edit()
    made = make(func=mask, output="nifti:mask.nii", foreign="adopt")
    assert type(made()) is np.ndarray
