"""Which container a file name stands for: the longest suffix decides, whatever format the spec names.

Of one table, so that names, entry points and checks cannot disagree. A container is a module of this package;
`Container` says what each of them has.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import numpy as np

    from makeit.lineage import Lineage
    from makeit.model import Call
    from makeit_nifti.file import NiftiFile

#: The kinds of CIFTI-2 files, by the part of their name before `.nii`, with the intent code that each has.
CIFTI_INTENTS = {
    "dconn": 3001,
    "dtseries": 3002,
    "pconn": 3003,
    "ptseries": 3004,
    "dscalar": 3006,
    "dlabel": 3007,
    "pscalar": 3008,
    "pdconn": 3009,
    "dpconn": 3010,
    "pconnseries": 3011,
    "pconnscalar": 3012,
}

#: Suffix → format, which is also the module of the container.
SUFFIXES: dict[str, str] = {
    ".nii": "nifti",
    ".nii.gz": "nifti",
    ".nii.zst": "nifti",
    ".img": "nifti",
    ".hdr": "nifti",
    ".gii": "gifti",
    ".mgh": "mgh",
    ".mgz": "mgh",
    **{f".{kind}.nii": "cifti" for kind in CIFTI_INTENTS},
}
#: The image classes of nibabel that come back from each container as what they are.
CLASSES: dict[str, tuple[str, ...]] = {
    "nifti": ("Nifti1Image", "Nifti1Pair", "Nifti2Image", "Nifti2Pair"),
    "gifti": ("GiftiImage",),
    "cifti": ("Cifti2Image",),
    "mgh": ("MGHImage",),
}


class Container(Protocol):
    """One kind of file: what it holds, and how that gets in and out."""

    #: What arrays it holds, for messages.
    FITS: str

    def accepts(self, value: Any) -> bool:
        """Tell whether `value` is an image that comes back as one of its class."""

    def holds(self, dtype: np.dtype[Any]) -> bool:
        """Tell whether there are arrays of `dtype` that come back exactly."""

    def check(self, file: NiftiFile) -> None:
        """Raise SpecError for options that can never work with this kind of file."""

    def inform(self, file: NiftiFile, call: Call, lineage: Lineage) -> None:
        """Give the persister, a copy of its own for this call, what the arguments bring along."""

    def outdated(self, file: NiftiFile, call: Call, lineage: Lineage) -> str | None:
        """Say that the arguments bring something else along now than what an array took over; None if they do not."""

    def save(self, file: NiftiFile, data: Any) -> Mapping[str, Any]:
        """Write an array or an image to exactly `file.filename` and return the notes."""

    def load(self, file: NiftiFile) -> Any:
        """Read the array or image back."""


def suffix_of(path: str | os.PathLike[str]) -> str | None:
    """Return the longest suffix of the table that a file name ends in, in lower case."""
    name = os.path.basename(os.fspath(path)).lower()
    return max((suffix for suffix in SUFFIXES if name.endswith(suffix)), key=len, default=None)


def container_of(path: str | os.PathLike[str]) -> Container:
    """Return the container of a file; a name that the table does not know is taken for NIfTI, which then looks."""
    suffix = suffix_of(path)
    module = importlib.import_module(f"makeit_nifti.{SUFFIXES[suffix] if suffix else 'nifti'}")
    return cast(Container, module)


def suffixes_for(kind: str) -> str:
    """Return, for messages, the suffixes of the files that hold images of a class; empty where none do."""
    container = next((name for name, kinds in CLASSES.items() if kind in kinds), None)
    return ", ".join(suffix for suffix, name in SUFFIXES.items() if name == container)


def usual_name(value: Any) -> str | None:
    """Return the name of a file that fits an image, for one that nobody named; None where no container takes it."""
    kind = type(value).__name__
    format = next((name for name, kinds in CLASSES.items() if kind in kinds), None)
    if format is None:
        return None
    suffix = next(suffix for suffix, name in SUFFIXES.items() if name == format)
    if format == "cifti":
        code = int(value.nifti_header["intent_code"])
        suffix = next((f".{kind}.nii" for kind, intent in CIFTI_INTENTS.items() if intent == code), ".dscalar.nii")
    name = f"value{suffix}"
    return name if container_of(name).accepts(value) else None
