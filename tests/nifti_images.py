"""Every image in the nibabel wheel: whether it can be an argument, and what saving it changes."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from makeit import MakeitError
from makeit_nifti import NiftiFile
from makeit_nifti.fingerprint import fingerprint
from makeit_nifti.gifti import describe_parts
from makeit_nifti.suffixes import usual_name
from tests.nifti_dtypes import Row, data_of, same_bits, through

#: What a header says of one file: of its data type and scaling, where data begin, and where CIFTI has its axes.
OF_THE_FILE = frozenset({"sizeof_hdr", "magic", "datatype", "bitpix", "vox_offset", "scl_slope", "scl_inter", "type"})


def files() -> list[Path]:
    """Return every file in the nibabel wheel that may be an image."""
    root = Path(nibabel.__file__).parent
    return sorted(path for path in root.glob("**/data/*") if path.is_file() and path.suffix not in (".py", ".pyc"))


def opened() -> Iterator[tuple[Path, Any]]:
    """Yield every image in the nibabel wheel that nibabel opens."""
    for path in files():
        with contextlib.suppress(Exception):  # no image; and nibabel refuses in many ways
            yield path, reopened(path)


def image_rows(folder: Path) -> Iterator[Row]:
    """Yield for each image of the nibabel wheel whether it can be an argument, and what saving changes."""
    root = Path(nibabel.__file__).parent
    for path, image in opened():
        about = (str(path.relative_to(root)), type(image).__name__)
        readable = can_be_read(image)
        name = usual_name(image)
        seen = fingerprint(image) if readable else None
        again = fingerprint(reopened(path)) if readable else None
        known = "fingerprint" if seen and seen == again else "no data to read" if not readable else "NO FINGERPRINT"
        told, wrong = "", False
        if readable:
            told, wrong = kept(folder, path, image) if name else converted(folder, image)
        yield Row((*about, known), told, wrong or (readable and (seen is None or seen != again)))


def reopened(path: Path) -> Any:
    """Return the image in a file."""
    return nibabel.ecat.load(path) if path.suffix == ".v" else nibabel.load(path)


def can_be_read(image: Any) -> bool:
    """Tell whether an image has its data: many headers in the wheel come without."""
    try:
        return data_of(image) is not None
    except Exception:  # a missing file, a truncated one, or a missing package
        return False


def kept(folder: Path, path: Path, image: Any) -> tuple[str, bool]:
    """Save an image in the format of its class, load it, save that again; return what differs."""
    told = []
    for suffix in suffixes_of(image, path):
        for file in folder.iterdir():
            file.unlink()
        first = through(NiftiFile, folder / f"x{suffix}", image)
        second = through(NiftiFile, folder / f"y{suffix}", first)
        changed = differences(image, first) + [f"again: {what}" for what in differences(first, second)]
        if (folder / f"x{suffix}").read_bytes() != (folder / f"y{suffix}").read_bytes():
            changed.append("other bytes")
        told.append(f"{suffix} {', '.join(changed) or 'equal'}")
    return "; ".join(told), any("equal" not in part for part in told)


def suffixes_of(image: Any, path: Path) -> list[str]:
    """Return the suffixes of all containers that hold images of a class."""
    if isinstance(image, nibabel.Cifti2Image):
        return ["".join(path.suffixes[-2:])]
    if isinstance(image, nibabel.GiftiImage):
        return [".gii"]
    return [".mgh", ".mgz"] if isinstance(image, nibabel.MGHImage) else [".nii", ".nii.gz", ".nii.zst", ".img"]


def converted(folder: Path, image: Any) -> tuple[str, bool]:
    """Save an image that no container takes: it has to be refused, and told how to be converted."""
    try:
        through(NiftiFile, folder / "x.nii", image)
    except MakeitError as error:
        way = re.search(r"`nibabel\.Nifti1Image(\S*\(.*?\))`", str(error))
        nifti = eval(f"nibabel.Nifti1Image{way[1]}", {"nibabel": nibabel, "image": image}) if way else None
        equal = nifti is not None and not differences(nifti, through(NiftiFile, folder / "y.nii", nifti))
        return f"refused; {way and way[0]}: {'equal' if equal else 'CHANGED'}", not equal
    return "NOT REFUSED", True


def differences(one: Any, other: Any) -> list[str]:
    """Return in what two images differ: class, data, affine, fields of the header, extensions."""
    if type(one) is not type(other):
        return [f"class {type(other).__name__}"]
    if isinstance(one, nibabel.GiftiImage):
        before, after = dict(describe_parts(one)), dict(describe_parts(other))
        return [name for name in before if before[name] != after.get(name)]
    found = [] if same_bits(data_of(one), data_of(other)) else ["data"]
    if isinstance(one, nibabel.Cifti2Image):
        found += [] if one.header.to_xml() == other.header.to_xml() else ["axes"]
        headers = one.nifti_header, other.nifti_header
    else:
        found += [] if np.array_equal(as_stored(one), as_stored(other)) else ["affine"]
        headers = one.header, other.header
    found += [name for name in headers[0] if name not in OF_THE_FILE and not same(headers[0][name], headers[1][name])]
    extensions = [[(e.get_code(), e.get_content()) for e in getattr(h, "extensions", ())] for h in headers]
    return found + ([] if extensions[0] == extensions[1] else ["extensions"])


def as_stored(image: Any) -> Any:
    """Return an affine with the digits that the header of its image has."""
    fields = image.header.structarr
    return image.affine.astype(fields["srow_x"].dtype if "srow_x" in fields.dtype.names else float)


def same(one: Any, other: Any) -> bool:
    """Tell whether two fields of headers are equal, nan equal to nan."""
    return bool(np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f"))
