"""Images whose data nobody can write to, and a cheap test that the rest of them is as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from makeit.model import Frozen
from makeit_nifti.container import NAMES
from makeit_nifti.identity import describe_extensions
from makeit_nifti.voxels import equal_voxels
from makeit_numpy.freezing import freeze as freeze_array


def freeze(image: Any) -> Frozen | None:
    """Return an equal image on read-only data, or None for one that has to be verified by content.

    Frozen are the NIfTI classes with their data in memory or in a map. An image that is still backed by
    its file reads it by name, whoever has replaced it; its fingerprint is remembered with the file's stamp.
    """
    if type(image) is not NAMES.get(type(image).__name__) or image.extra:
        return None
    frozen = freeze_array(image.dataobj) if type(image.dataobj) in (np.ndarray, np.memmap) else None
    if frozen is None:
        return None
    twin = type(image)(frozen.value, image.affine, image.header)
    # The affine is an array of the image's own; header and cache have no lock, so they are compared.
    if twin.affine is not None:
        twin.affine.setflags(write=False)
    return Frozen(twin, _is_intact(twin, frozen.intact))


def _is_intact(image: Any, data_is_intact: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return a test that holds no reference to the image."""
    before = _loose_parts(image)

    def intact(value: Any) -> bool:
        cache = value._fdata_cache
        return (
            data_is_intact(value.dataobj)
            and not value.extra
            and _loose_parts(value) == before
            and (cache is None or not cache.flags.writeable or equal_voxels(cache, value.dataobj))
        )

    return intact


def _loose_parts(image: Any) -> tuple[bytes, bytes, bytes]:
    affine = b"" if image.affine is None else image.affine.tobytes()
    return affine, image.header.binaryblock, describe_extensions(image.header)
