"""What lies in a project after a process died there: whole files, torn ones, and litter."""

from __future__ import annotations

import fcntl
import json
import os
import pickle
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from tests.faults.values import GRID, PARTS, numbers

_PRIVATE = ".makeit-"


def _image(path: Path) -> Any:
    return nib.load(path)


def _voxels(path: Path) -> Any:
    # The data of a pair by itself: its header may be of another version after a kill between two renames.
    return np.fromfile(path).reshape(GRID)


def _header(path: Path) -> Any:
    with path.open("rb") as stream:
        affine = nib.nifti1.Nifti1PairHeader.from_fileobj(stream).get_best_affine()
    return np.diag(affine)[:3]


def _archive(path: Path) -> Any:
    with np.load(path) as members:
        return dict(members)


def _parts(path: Path) -> Any:
    texts = [part.read_text() for part in sorted(path.iterdir())]
    if len(texts) != PARTS:
        raise ValueError(f"{len(texts)} of {PARTS} parts")
    return texts


_READERS: dict[str, Callable[[Path], Any]] = {
    ".npy": np.load,
    ".npz": _archive,
    ".nii": _image,
    ".gz": _image,
    ".img": _voxels,
    ".hdr": _header,
    ".json": lambda path: json.loads(path.read_text()),
    ".pkl": lambda path: pickle.loads(path.read_bytes()),
    ".parts": _parts,
    ".txt": lambda path: path.read_text(),
}


def results(root: Path) -> Iterator[Path]:
    """Yield every file or folder of a result, named or inside the cachedir; not what is still private."""
    kept = root / ".makeit"
    for top in (root, kept / "results"):
        for folder, folders, files in os.walk(top):
            there = (name for name in (*files, *folders) if not name.startswith(_PRIVATE))
            found = sorted(name for name in there if Path(name).suffix in _READERS)
            yield from (Path(folder, name) for name in found)
            folders[:] = [name for name in folders if name not in (".makeit", *found) and not name.startswith(_PRIVATE)]


def named(root: Path) -> Iterator[Path]:
    """Yield the files of named results."""
    return (path for path in results(root) if ".makeit" not in path.relative_to(root).parts)


def content(path: Path) -> set[float] | str:
    """Return the numbers that a file consists of, or why it cannot be read; the kernel takes no part in this."""
    try:
        return numbers(_READERS[path.suffix](path))
    except Exception as error:  # whatever a reader says of a damaged file
        return f"{type(error).__name__}: {error}"


def torn(root: Path, expected: set[float], before: Collection[Path] = ()) -> Iterator[str]:
    """Describe every file that is not wholly one of the expected numbers, and those of `before` that are gone.

    A file in a folder `number 3` is to hold 3; one in the cachedir any number at all.
    """
    for path in results(root):
        found, name = content(path), path.relative_to(root)
        own = path.parent.name.removeprefix("number ") if path.parent.name.startswith("number ") else None
        if isinstance(found, str) or len(found) != 1:
            yield f"{name} holds {found}"
        elif name.parts[0] != ".makeit" and not found <= ({float(own)} if own else expected):
            yield f"{name} holds {found} instead of one of {expected}"
    yield from (f"{path.relative_to(root)} is gone" for path in set(before) - set(named(root)))


def litter(root: Path) -> list[Path]:
    """List private folders and files, and temporary files."""
    found = []
    for folder, folders, files in os.walk(root):
        found += [Path(folder, name) for name in (*folders, *files) if name.startswith(_PRIVATE)]
        found += [Path(folder, name) for name in files if name.endswith("~")]
        folders[:] = [name for name in folders if not name.startswith(_PRIVATE)]
    return found


def locked(root: Path) -> Iterator[Path]:
    """Yield the lock files of a project that some process holds."""
    for path in sorted((root / ".makeit" / "locks").glob("*.lock")):
        with path.open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield path
