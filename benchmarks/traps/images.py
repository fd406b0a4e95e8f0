"""Traps of images: headers, files behind them, caches in them; alone and through a masker of nilearn."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from benchmarks.traps.trial import Cached, Traps, Trial, quietly

trap = Traps()

SHAPE = (5, 6, 4, 8)


def picture(seed: int, size: float = 2.0, repetition_time: float = 2.0) -> Any:
    """Return a small 4-D image; voxel size in mm, repetition time in s."""
    # Whole numbers: their sum is exact, in whatever order they lie in memory.
    values = np.random.default_rng(seed).integers(0, 1000, SHAPE).astype("f4")
    image: Any = nib.Nifti1Image(values, np.diag([size, size, size, 1]))
    image.header.set_zooms((size, size, size, repetition_time))
    return image


def mean(image: Any) -> float:
    print("ran")
    return float(np.asanyarray(image.dataobj).mean(dtype=float))


def size_and_time(image: Any) -> list[float]:
    print("ran")
    return [float(number) for number in (*np.diag(image.affine), image.header.get_zooms()[3])]


def read_mean(path: Path) -> float:
    print("ran")
    return float(np.asanyarray(nib.load(path).dataobj).mean(dtype=float))


def rewrite(path: Path, image: Any) -> None:
    """Put an image in place of another one, as every careful writer does: a new file takes the name."""
    new = path.with_name(f"new-{path.name}")
    nib.save(image, new)
    os.replace(new, path)


def rewrite_in_place(path: Path, image: Any) -> None:
    """Write an image into the file that is there."""
    nib.save(image, path)


@trap("C12", "a file replaced under an image that was not read yet")
def replaced(t: Trial) -> None:
    behind(t, rewrite, nib.load)


@trap("C12", "a file written over under an image that was not read yet")
def written_over(t: Trial) -> None:
    behind(t, rewrite_in_place, lambda path: nib.load(path, mmap=False))


def behind(t: Trial, write: Callable[[Path, Any], None], opened: Callable[[Path], Any]) -> None:
    """Call with one image object, whose file changes in between."""
    f, path = t.cached(mean), t.folder / "bold.nii"
    nib.save(picture(0), path)
    image = opened(path)
    for seed in (0, 1):
        if seed:
            write(path, picture(seed))
        # A new object tells what is right: the one under test is left unread.
        with t.refusals():
            t.compare(f, quietly(mean, opened(path))[0], (image,))


@trap("C10", "an image file replaced behind its Path")
def path_replaced(t: Trial) -> None:
    f, path = t.cached(read_mean), t.folder / "bold.nii"
    for seed in (0, 1):
        rewrite(path, picture(seed))
        t.runs(f, path)


@trap("C12", "an image whose `get_fdata()` was called in between")
def filled_cache(t: Trial) -> None:
    f, path = t.cached(mean), t.folder / "bold.nii"
    nib.save(picture(0), path)
    image: Any = nib.load(path)
    with t.refusals():
        right = quietly(mean, image)[0]
        t.compare(f, right, (image,))
        image.get_fdata()
        t.compare(f, right, (image,), may_run=False)


@trap("C12", "the same image from another folder", processes=2)
def other_folder(t: Trial) -> None:
    f, path = t.cached(mean), t.folder / f"folder-{t.process}" / "bold.nii"
    path.parent.mkdir()
    nib.save(picture(0), path)
    image = nib.load(path)
    with t.refusals():
        t.compare(f, quietly(mean, image)[0], (image,), may_run=t.first)


@trap("C12", "the same image in memory, and on its file")
def memory_and_file(t: Trial) -> None:
    f, path = t.cached(mean), t.folder / "bold.nii"
    nib.save(picture(0), path)
    right = quietly(mean, picture(0))[0]
    with t.refusals():
        t.compare(f, right, (picture(0),))
        loaded: Any = nib.load(path)
        t.compare(f, right, (nib.Nifti1Image(np.asarray(loaded.dataobj), loaded.affine, loaded.header),))
        t.compare(f, right, (loaded,), may_run=False)


@trap("C12", "an edit of the header alone: affine, repetition time")
def header_edited(t: Trial) -> None:
    f, path = t.cached(size_and_time), t.folder / "bold.nii"
    for size, repetition_time in ((2.0, 2.0), (3.0, 2.0), (3.0, 1.5)):
        changed = picture(0, size, repetition_time)
        nib.save(changed, path)
        for image in (changed, nib.load(path)):
            with t.refusals():
                t.compare(f, quietly(size_and_time, nib.load(path))[0], (image,))


@trap("C12", "the affine of an image object edited in place")
def affine_edited(t: Trial) -> None:
    f, image = t.cached(size_and_time), picture(0)
    for size in (2.0, 4.0):
        image.affine[0, 0] = size
        with t.refusals():
            t.compare(f, quietly(size_and_time, image)[0], (image,))


@trap("C12", "an image sent to another process, its file replaced on the way", processes=2)
def sent(t: Trial) -> None:
    f, path, parcel = t.cached(mean), t.folder / "bold.nii", t.folder / "parcel"
    if t.first:
        nib.save(picture(0), path)
        image = nib.load(path)
        parcel.write_bytes(pickle.dumps(image))
    else:
        rewrite(path, picture(1))
        image = pickle.loads(parcel.read_bytes())
    with t.refusals():
        t.compare(f, quietly(mean, nib.load(path))[0], (image,))


@trap("C12", "an image changed through the array behind it")
def array_changed(t: Trial) -> None:
    f = t.cached(mean)
    values = np.ones(SHAPE, "f4")
    image = nib.Nifti1Image(values, np.eye(4))
    for number in (1, 2):
        values[...] = number
        with t.refusals():
            t.compare(f, float(number), (image,))


@trap("B1", "an image that was returned, changed through its array, unless that is refused")
def result_changed(t: Trial) -> None:
    f, g = t.cached(picture), t.cached(mean)
    with t.refusals():
        right = quietly(mean, picture(0))[0]
        for _ in range(2):
            image = quietly(f.kept, 0)[0]
            t.compare(g, right, (image,))
            with t.refusals(right=True):
                np.asanyarray(image.dataobj)[...] = 0
                t.compare(g, 0.0, (image,))


# The same through nilearn, which caches by the tool that it is given as `memory=`. nilearn logs what it runs.


def masked(t: Trial) -> Cached:
    """Return the signals of a masker of nilearn, without and with the tool as its memory."""
    from nilearn.maskers import NiftiMasker

    memory = t.memory()
    mask = nib.Nifti1Image(np.ones(SHAPE[:3], "u1"), np.diag([2.0, 2, 2, 1]))

    def plain(image: Any) -> np.ndarray:
        signals: np.ndarray = NiftiMasker(mask, standardize=None).fit_transform(image)
        return signals

    def kept(image: Any) -> np.ndarray:
        log = io.StringIO()
        with contextlib.redirect_stdout(log):
            masker = NiftiMasker(mask, standardize=None, memory=memory, memory_level=1, verbose=1)
            signals: np.ndarray = masker.fit_transform(image)
        if "Extracting region signals" in log.getvalue():
            print("ran")
        return signals

    return Cached(plain, kept)


@trap("C12", "masker: a file replaced under an image that was not read yet")
def masker_replaced(t: Trial) -> None:
    f, path = masked(t), t.folder / "bold.nii"
    nib.save(picture(0), path)
    image = nib.load(path)
    for seed in (0, 1):
        if seed:
            rewrite(path, picture(seed))
        with t.refusals():
            t.compare(f, f.plain(nib.load(path)), (image,))


@trap("C10", "masker: a file replaced behind its name")
def masker_path(t: Trial) -> None:
    f, path = masked(t), t.folder / "bold.nii"
    for seed in (0, 1):
        rewrite(path, picture(seed))
        with t.refusals():
            t.compare(f, f.plain(str(path)), (str(path),))


@trap("C12", "masker: an image whose `get_fdata()` was called in between")
def masker_filled_cache(t: Trial) -> None:
    f, path = masked(t), t.folder / "bold.nii"
    nib.save(picture(0), path)
    image: Any = nib.load(path)
    with t.refusals():
        right = f.plain(nib.load(path))
        t.compare(f, right, (image,))
        image.get_fdata()
        t.compare(f, right, (image,), may_run=False)


@trap("C12", "masker: the same image from another folder", processes=2)
def masker_other_folder(t: Trial) -> None:
    f, path = masked(t), t.folder / f"folder-{t.process}" / "bold.nii"
    path.parent.mkdir()
    nib.save(picture(0), path)
    image = nib.load(path)
    with t.refusals():
        t.compare(f, f.plain(image), (nib.load(path),), may_run=t.first)
