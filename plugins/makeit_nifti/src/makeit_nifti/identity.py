"""What an image is apart from its data: class, affine, header and extensions, as bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from makeit.identity.digest import Buffer
from makeit_nifti.contents import describe
from makeit_numpy.content import content
from makeit_numpy.fingerprint import fingerprint

#: Header fields that say how one file was written, not what the image is.
OF_THE_FILE = frozenset({"vox_offset", "scl_slope", "scl_inter", "magic"})

#: The extension that holds the axes of a CIFTI image, which has them as its header, too.
AXES_OF_CIFTI = 32


def class_name(value: Any) -> str | None:
    """Return the full name of the class of `value` if it is one of nibabel's own, else None."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}" if kind.__module__.startswith("nibabel.") else None


def describe_header(header: Any) -> Iterator[Buffer]:
    """Yield what a header of nibabel says, in one byte order, field by field, and its extensions."""
    if not hasattr(header, "structarr"):
        yield describe(vars(header))
        return
    fields = header.structarr
    for name in fields.dtype.names:
        if name not in OF_THE_FILE:
            yield name.encode()
            yield from content(np.asarray(_little(fields[name])))
    yield describe_extensions(header)


def _little(field: Any) -> Any:
    return field.astype(field.dtype.newbyteorder("<"))


def describe_extensions(header: Any) -> bytes:
    """Return the extensions of a header as they are written, each with its length and code."""
    written = io.BytesIO()
    for extension in getattr(header, "extensions", ()):
        if extension.get_code() == AXES_OF_CIFTI:
            continue
        extension.write_to(written, False)
    return written.getvalue()


def describe_affine(affine: Any) -> bytes:
    """Return the fingerprint of an affine, which may be None."""
    return b"none" if affine is None else str(fingerprint(np.asarray(affine))).encode()
