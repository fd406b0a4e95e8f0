"""What makeit asks about a value: its fingerprint, a read-only form, and a fitting format.

This module is loaded with every made function, so it imports nibabel nowhere: where nobody has
imported nibabel, no value can be an image.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from makeit import hookimpl

if TYPE_CHECKING:
    from makeit import Persister
    from makeit.model import Frozen

#: What is imported before a function runs whose result may be an image, where nibabel is loaded.
_MODULES = "cifti", "file", "fingerprint", "freezing", "gifti", "mgh", "nifti"
BEFOREHAND = {"nibabel": tuple(f"makeit_nifti.{name}" for name in _MODULES)}


def _of_nibabel(value: Any) -> bool:
    return "nibabel" in sys.modules and type(value).__module__.startswith("nibabel.")


@hookimpl
def makeit_fingerprint(value: Any) -> str | None:
    """Fingerprint images and headers by class, affine, header, extensions and data."""
    if not _of_nibabel(value):
        return None
    from makeit_nifti.fingerprint import fingerprint

    return fingerprint(value)


@hookimpl
def makeit_protect(value: Any) -> Frozen | None:
    """Make the data of a NIfTI image read-only; images of other kinds are left alone."""
    if not _of_nibabel(value):
        return None
    from makeit_nifti.freezing import freeze

    return freeze(value)


@hookimpl
def makeit_choose_persister(value: Any) -> Persister | None:
    """Keep images in the format that gives back their class."""
    if not _of_nibabel(value):
        return None
    from makeit_nifti.file import NiftiFile
    from makeit_nifti.suffixes import usual_name

    name = usual_name(value)
    return NiftiFile(name) if name else None
