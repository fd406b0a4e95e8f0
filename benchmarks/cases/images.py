"""NIfTI images of 236 MB, plain and compressed: kept, loaded, and passed on."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from benchmarks.findings import Findings, Series, Table
from benchmarks.scale import Scale
from benchmarks.subjects.images import bold, numbered_image, peak
from benchmarks.timing import interleaved, prepare
from benchmarks.tools import JOBLIB, Function, installed
from benchmarks.tools.makeit import decorate

_FLOOR = "floor: nibabel.save, fsync, replace"
_LOAD, _LOAD_ALL = "floor: nibabel.load", "floor: nibabel.load, and its data read"


def measure(folder: Path, scale: Scale) -> Findings:
    """Time runs that save an image, and the reuse of them, once with one volume looked at and once with all."""
    image = bold(scale.scans)
    megabytes = round(np.prod(image.shape) * 4 / 1e6)
    tables: list[Table] = []
    for suffix in (".nii", ".nii.gz"):
        own = folder / suffix.strip(".").replace(".", "-")
        own.mkdir()
        title = f"{suffix} of {megabytes} MB"
        rounds = min(scale.rounds, 5 if suffix == ".nii" else 3)
        saved, looked, whole = _measure(own, suffix, image, rounds)
        tables += (
            Table(f"{title}: run that saves it", tuple(saved.values()), JOBLIB.name, _FLOOR),
            Table(f"{title}: reuse, and reuse of what looks at one volume", tuple(looked.values()), JOBLIB.name, _LOAD),
            Table(f"{title}: reuse, and its data read", tuple(whole.values()), JOBLIB.name, _LOAD_ALL),
        )
    return Findings(tuple(tables))


def _measure(folder: Path, suffix: str, image: Any, rounds: int) -> tuple[dict[str, Series], ...]:
    pairs = dict(_pairs(folder, suffix))
    file = folder / f"plain{suffix}"
    numbers = itertools.count()
    runs = {name: _counting(first, image, numbers) for name, (first, _) in pairs.items()}
    saved = interleaved({**runs, _FLOOR: partial(_save, image, file)}, rounds)
    chains = {name: partial(_chain, *pair, image) for name, pair in pairs.items()}
    prepare(chains.values())
    looked = interleaved({**chains, _LOAD: partial(_first_volume, file)}, rounds)
    reads = {name: partial(_read, first, image) for name, (first, _) in pairs.items()}
    return saved, looked, interleaved({**reads, _LOAD_ALL: partial(_read, lambda *_: nib.load(file), image)}, rounds)


def _pairs(folder: Path, suffix: str) -> Iterator[tuple[str, tuple[Function, Function]]]:
    """Yield what each contender makes of a function that gives an image, and of one that takes it."""
    for format in ("nifti", "nifti-mmap") if suffix == ".nii" else ("nifti",):
        spec = f"{format}:{format}{suffix}"
        first = decorate(numbered_image, folder, spec, name=format, keep=1, ignore="image")
        yield f"makeit, {format}", (first, decorate(peak, folder, name=f"peak of {format}", keep=1))
    for tool in installed(JOBLIB):
        first = tool.adapter.decorate(numbered_image, folder / tool.module, ignore=["image"])
        yield tool.name, (first, tool.decorate(peak, folder / tool.module))


def _counting(first: Function, image: Any, numbers: itertools.count[int]) -> Callable[[], object]:
    return lambda: first(image, next(numbers))


def _save(image: Any, file: Path) -> None:
    beside = file.with_name(f"part-{file.name}")
    nib.save(image, beside)
    with beside.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(beside, file)


def _chain(first: Function, second: Function, image: Any) -> float:
    found: float = second(first(image, -1))
    return found


def _first_volume(file: Path) -> float:
    return peak(nib.load(file))


def _read(first: Function, image: Any) -> np.ndarray:
    return np.asarray(first(image, -1).dataobj)
