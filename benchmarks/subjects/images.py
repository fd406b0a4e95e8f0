"""Functional images: 4-D, float32, of a number of scans."""

from __future__ import annotations

from typing import Any

import nibabel as nib
import numpy as np

VOLUME = (64, 64, 36)


def bold(scans: int) -> nib.Nifti1Image:
    """Return an image of whole numbers about 1000, as a scanner gives them."""
    values = np.random.default_rng(scans).normal(1000, 100, (*VOLUME, scans)).astype("i2").astype("f4")
    image: nib.Nifti1Image = nib.Nifti1Image(values, np.diag([3.0, 3, 3, 1]))  # type: ignore[no-untyped-call]
    return image


def peak(image: Any) -> float:
    """Return something small that needs one volume."""
    return float(np.asarray(image.dataobj[..., 0]).max())


def numbered_image(image: nib.Nifti1Image, number: int) -> nib.Nifti1Image:
    """Return the image, whatever the number: another call each time, and the same work."""
    return image
