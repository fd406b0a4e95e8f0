"""A NIfTI file on disk: opened, checked for its size, read into memory or mapped."""

from __future__ import annotations

import math
import os
from collections.abc import Container
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.volumeutils import apply_read_scaling

from makeit_nifti.compression import compressed, opened
from makeit_nifti.container import NAMES
from makeit_numpy.content import Array
from makeit_numpy.mapping import map_array
from makeit_numpy.npy import fill


def open_stored(path: Path, classes: Container[str] = NAMES, format: str = "NIfTI") -> Any:
    """Return the image in the file at `path`, its data unread; ValueError where it is no whole file of that format."""
    try:
        image = nibabel.load(path, mmap=False)
    except ImageFileError as error:
        raise ValueError(f"{path} is not a {format} file: {error}") from error
    if type(image).__name__ not in classes:
        raise ValueError(f"{path} is a file of {type(image).__name__}, not {format}")
    _check_size(image)
    return image


def _check_size(image: Any) -> None:
    """Refuse a file that was cut short: nibabel notices only when the missing data are read."""
    path, proxy = _data_file(image), image.dataobj
    needed = proxy.offset + proxy.dtype.itemsize * math.prod(proxy.shape)
    found = os.stat(path).st_size
    if not compressed(path) and found < needed:
        raise ValueError(f"{path} has {found} bytes, where its header promises {needed}")


def _data_file(image: Any) -> str:
    return str(image.file_map["image"].filename)


def _scaled(proxy: Any) -> bool:
    return (proxy.slope, proxy.inter) != (1, 0)


def read(image: Any) -> Array:
    """Read the data into memory that the array owns, in Fortran order, scaled as the header says."""
    path, proxy = _data_file(image), image.dataobj
    array = np.empty(proxy.shape, proxy.dtype, order="F")
    with opened(path) as stream:
        stream.seek(proxy.offset)
        fill(array, stream)
        # The end of a compressed file holds its checksum.
        while stream.read(1 << 20):
            pass
    if not _scaled(proxy):
        return array
    scaled: Array = apply_read_scaling(array, np.asanyarray(proxy.slope), np.asanyarray(proxy.inter))
    return scaled


def map_data(image: Any) -> Array:
    """Map the data read-only; ValueError where they do not lie in the file as they are."""
    path, proxy = _data_file(image), image.dataobj
    if _scaled(proxy) or compressed(path):
        raise ValueError(f"{path} is scaled or compressed and cannot be mapped; load it with the format `nifti:`")
    return map_array(path, proxy.dtype, "r", proxy.offset, proxy.shape, "F")
