"""Print what image files hold of every dtype, and of every image in the nibabel wheel: `python -m tests.nifti_tables`.

The status is 1 where a row is wrong: a value that comes back as another, an image that changes, or a refusal after
which something was written.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from attrs import frozen
from nibabel.cifti2 import cifti2_axes

from makeit import MakeitError
from makeit_nifti import MemMappedNiftiFile, NiftiFile
from makeit_nifti.fingerprint import fingerprint
from makeit_nifti.gifti import describe_parts
from makeit_nifti.suffixes import usual_name

RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
DTYPES: tuple[Any, ...] = (
    *("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "g", "c8", "c16"),
    *(">i2", ">i8", ">f4", ">f8", RGB, "U3", "O", "M8[s]", np.dtype([("a", "f4")])),
)
#: Container → suffix, and whether it is mapped.
CONTAINERS = {
    "nifti": (".nii", NiftiFile),
    "nifti .gz": (".nii.gz", NiftiFile),
    "nifti .zst": (".nii.zst", NiftiFile),
    "nifti pair": (".img", NiftiFile),
    "nifti-mmap": (".nii", MemMappedNiftiFile),
    "mgh": (".mgh", NiftiFile),
    "mgz": (".mgz", NiftiFile),
    "gifti": (".gii", NiftiFile),
    "cifti": (".dscalar.nii", NiftiFile),
}
#: What a header says of one file: of its data type and scaling, where data begin, and where CIFTI has its axes.
OF_THE_FILE = frozenset({"sizeof_hdr", "magic", "datatype", "bitpix", "vox_offset", "scl_slope", "scl_inter", "type"})


@frozen
class Row:
    """One row of a table: what it is about, what became of it, and whether that is wrong."""

    about: tuple[str, ...]
    found: str
    wrong: bool = False


def numbers(dtype: Any, extreme: bool) -> Any:
    """Return an array (2, 3, 4) of a dtype, with the extremes of that dtype, or with numbers that fit anywhere."""
    dtype = np.dtype(dtype)
    if dtype.names or dtype.kind in "UOM":
        return np.zeros((2, 3, 4), dtype)
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    if extreme and dtype.kind in "iu":
        array[0, 0, :2] = np.iinfo(dtype).min, np.iinfo(dtype).max
    elif extreme and dtype.kind in "fc":
        array[0, 0, :4] = np.finfo(dtype).max, np.nan, np.inf, -0.0
        array[0, 1, 0] = np.finfo(dtype).tiny
    return array


def options(container: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the options without which an array has no place in a container."""
    if container == "gifti":
        return {}
    return {"header": axes(shape)} if container == "cifti" else {"affine": np.diag([2.0, 3, 4, 1])}


def axes(shape: tuple[int, ...]) -> Any:
    """Return a header of CIFTI for an array of a shape."""
    return nibabel.Cifti2Header.from_axes(
        [cifti2_axes.SeriesAxis(0, 1, length) for length in shape[:1]]
        + [cifti2_axes.ScalarAxis([f"map {number}" for number in range(length)]) for length in shape[1:]]
    )


def image_of(container: str, array: Any) -> Any:
    """Return an image of an array in the class of a container, None where nibabel makes none."""
    affine = np.diag([2.0, 3, 4, 1])
    with contextlib.suppress(Exception):  # nibabel refuses in many ways
        if container == "gifti":
            return nibabel.GiftiImage(darrays=[nibabel.gifti.GiftiDataArray(array)])
        if container == "cifti":
            return nibabel.Cifti2Image(array, header=axes(array.shape))
        if container.startswith("mg"):
            return nibabel.MGHImage(array, affine)
        kind = nibabel.Nifti1Pair if container == "nifti pair" else nibabel.Nifti1Image
        return kind(array, affine, dtype=array.dtype if array.dtype.kind in "iu" else None)
    return None


def data_of(value: Any) -> Any:
    """Return the array in a value."""
    if isinstance(value, nibabel.GiftiImage):
        return value.darrays[0].data
    return np.asanyarray(value.dataobj) if hasattr(value, "dataobj") else value


def same_bits(one: Any, other: Any) -> bool:
    """Tell whether two arrays are equal in dtype, shape and every bit."""
    return bool(one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes())


def same_values(stored: Any, array: Any) -> bool:
    """Tell whether a file holds the numbers of an array, in whatever dtype; for those who read it without makeit."""
    if array.dtype.names:
        return same_bits(stored, array)
    nans = array != array
    return bool((stored.astype(object)[~nans] == array.astype(object)[~nans]).all() and (stored != stored)[nans].all())


def through(kind: Any, path: Path, value: Any, **given: Any) -> Any:
    """Save a value, pass the notes through JSON as a record does, and load it with another persister."""
    persister = kind(path, **given)
    persister.check()
    reader = kind(path)
    reader.notes = json.loads(json.dumps(persister.save(value)))
    return reader.load()


def dtype_rows(folder: Path) -> Iterator[Row]:
    """Yield what becomes of each dtype in each container, as an array and as the data of an image."""
    for name, (suffix, kind) in CONTAINERS.items():
        for dtype in DTYPES:
            for what in ("array", "image"):
                shown = str(np.dtype(dtype)) if np.dtype(dtype).names is None else "RGB" if dtype is RGB else "struct"
                about = (name, (">" if str(dtype).startswith(">") else "") + shown.lstrip("><"), what)
                found = [outcome(name, folder / f"x{suffix}", kind, dtype, what, extreme) for extreme in (False, True)]
                fits, extremes = found
                told = fits[0] if fits == extremes else f"{fits[0]}; extreme values: {extremes[0]}"
                yield Row(about, told, fits[1] or extremes[1])


def outcome(name: str, path: Path, kind: Any, dtype: Any, what: str, extreme: bool) -> tuple[str, bool]:
    """Return what becomes of one value, and whether that is wrong."""
    array = numbers(dtype, extreme)
    value = array if what == "array" else image_of(name, array)
    if value is None:
        return "nibabel makes no such image", False
    for file in path.parent.iterdir():
        file.unlink()
    try:
        back = through(kind, path, value, **({} if what == "image" else options(name, array.shape)))
    except MakeitError as error:
        return f"refused: {error}", any(path.parent.iterdir()) or getattr(error, "value", None) is not value
    wrong = type(back) is not type(value) and not (what == "array" and isinstance(back, np.memmap))
    wrong = wrong or not same_bits(np.asarray(data_of(back)), array)
    stored = data_of(nibabel.load(path, mmap=False))
    wrong = wrong or not same_values(stored, array)
    exact = stored.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
    return "WRONG" if wrong else "exact" if exact else f"as {stored.dtype.newbyteorder('=')}, restored", wrong


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


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let nibabel say what it thinks of the odd files among its test data to nobody."""
    level = logging.getLogger("nibabel.global").level
    logging.getLogger("nibabel.global").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger("nibabel.global").setLevel(level)


def dtype_table() -> list[Row]:
    """Return the rows of the first table."""
    with tempfile.TemporaryDirectory() as folder, quiet():
        return list(dtype_rows(Path(folder)))


def image_table() -> list[Row]:
    """Return the rows of the second table."""
    with tempfile.TemporaryDirectory() as folder, quiet():
        return list(image_rows(Path(folder)))


def show(titles: tuple[str, ...], rows: list[Row]) -> int:
    """Print a table; return how many rows are wrong."""
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    for row in rows:
        print(f"| {' | '.join(row.about)} | {'WRONG: ' * row.wrong}{row.found} |")
    wrong = sum(row.wrong for row in rows)
    print(f"\n{len(rows)} rows, {wrong} wrong\n")
    return wrong


def main() -> int:
    """Print both tables."""
    wrong = show(("container", "dtype", "as", "comes back"), dtype_table())
    wrong += show(("file", "class", "as an argument", "saved, loaded, saved again"), image_table())
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
