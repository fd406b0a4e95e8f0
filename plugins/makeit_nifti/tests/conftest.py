"""Fixtures of several files: a project with one raw image, and a function whose image has a sidecar."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from makeit import File, make
from plugins.makeit_nifti.tests.sidecars import FUNCTIONAL, IMAGE, Runs


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Work in a fresh project with one raw image; return the runs."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    monkeypatch.chdir(project)
    monkeypatch.delenv("MAKEIT_STRICT", raising=False)
    os.makedirs("raw")
    os.symlink(FUNCTIONAL, "raw/bold.nii")
    return Runs()


@pytest.fixture
def smooth() -> Any:
    """Return a made function of a file, a number and a dtype, with a sidecar beside its image."""

    @make(output=f"nifti:{IMAGE}?sidecar=bids", name="lab.smooth")
    def smooth(bold: File, width: float = 2.0, dtype: str = "int16") -> Any:
        """Smooth an image.

        Not more than that.
        """
        Runs.note(width)
        image: Any = nib.load(bold)
        return nib.Nifti1Image(np.asarray(image.get_fdata() * 0 + width, dtype), image.affine, image.header)

    return smooth
