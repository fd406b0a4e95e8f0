"""A chain of three functions on an image that does not have to fit into memory: `python -m benchmarks.large_chain`.

Each step of each tool is a process of its own: a run, then a reuse in a fresh process and one in the
same. Measured are seconds and two peaks of memory: all that is resident, in which pages of mapped files
count that the system can drop at any time, and what is anonymous, which it cannot.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import joblib
import nibabel as nib
import numpy as np
from attrs import frozen

from benchmarks.findings import shown
from makeit import File, Maker

_ROOT = Path(__file__).parents[1]
_VOLUME = (128, 128, 64)
_BLOCK = 1 << 26
_TOOLS = ("makeit", "joblib")
_STEPS = ("scale", "standardise", "mean", "scale_in_memory")


@frozen
class Measured:
    """One step of one tool: seconds of the first call and of the next in its process, and peaks in bytes."""

    tool: str
    step: str
    phase: str
    seconds: float
    again: float
    anonymous: float
    resident: float


def room(shape: tuple[int, ...]) -> np.ndarray:
    """Return an array to fill, float32 in the order of NIfTI, on a file without a name: it goes when the array goes."""
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.float32, "w+", shape=shape, order="F")


def blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield slices along the third axis so that a block of all scans has about 64 MB."""
    step = max(1, _BLOCK * shape[2] // (4 * int(np.prod(shape))))
    return (slice(start, start + step) for start in range(0, shape[2], step))


def scale(path: File) -> np.ndarray:
    """Return the image in the file at `path` in percent of its first scan's mean: volume by volume."""
    print("scale")
    bold = nib.load(path).dataobj
    scaled, whole = room(bold.shape), float(np.asarray(bold[..., 0]).mean())
    for scan in range(bold.shape[3]):
        scaled[..., scan] = bold[..., scan] * np.float32(100 / whole)
    return scaled


def scale_in_memory(path: File) -> np.ndarray:
    """Return the same as an array in memory."""
    print("scale_in_memory")
    bold = nib.load(path).dataobj
    scaled, whole = np.empty(bold.shape, np.float32, order="F"), float(np.asarray(bold[..., 0]).mean())
    for scan in range(bold.shape[3]):
        scaled[..., scan] = bold[..., scan] * np.float32(100 / whole)
    return scaled


def standardise(scaled: np.ndarray) -> np.ndarray:
    """Return z values over time, slices by slices."""
    print("standardise")
    made = room(scaled.shape)
    for part in blocks(scaled.shape):
        block = np.array(scaled[:, :, part])
        block -= block.mean(axis=-1, keepdims=True)
        block /= block.std(axis=-1, keepdims=True)
        made[:, :, part] = block
    return made


def mean(standard: np.ndarray) -> np.ndarray:
    """Return the mean of the second half over time, slices by slices."""
    print("mean")
    made = np.empty(standard.shape[:3], np.float32)
    half = standard.shape[3] // 2
    for part in blocks(standard.shape):
        made[:, :, part] = standard[:, :, part, half:].mean(axis=-1)
    return made


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_chain", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of the image (default: 2)")
    parser.add_argument("--rounds", type=int, default=1, help="each in a new folder; medians are shown (default: 1)")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to measure (default: here)")
    options = parser.parse_args()
    found: list[Measured] = []
    for turn in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="makeit-benchmark-", dir=options.folder) as name:
            folder = Path(name).resolve()
            size = write_raw(folder / "bold.nii", options.gigabytes)
            for step in _STEPS:
                for phase in ("run", "reuse"):
                    for tool in _TOOLS[:: 1 if turn % 2 == 0 else -1]:
                        found.append(_measured(tool, step, phase, folder))
    print("\n".join(_report(found, size, options.rounds)))


def write_raw(path: Path, gigabytes: float) -> int:
    """Write a 4-D image volume by volume; return the bytes of its data."""
    scans = max(4, round(gigabytes * 1e9 / (4 * np.prod(_VOLUME))))
    header: Any = nib.Nifti1Header()
    header.set_data_shape((*_VOLUME, scans))
    header.set_data_dtype(np.float32)
    header.set_sform(np.diag([2.0, 2, 2, 1]), "scanner")
    header.set_zooms((2, 2, 2, 1))
    header["magic"], header["vox_offset"] = b"n+1", 352
    numbers = np.random.default_rng(0)
    with path.open("wb") as file:
        header.write_to(file)
        file.write(bytes(352 - file.tell()))
        for _ in range(scans):
            file.write(numbers.normal(1000, 100, _VOLUME).astype("f4").tobytes())
    return 4 * scans * int(np.prod(_VOLUME))


def _measured(tool: str, step: str, phase: str, folder: Path) -> Measured:
    # Scratch files of the functions go to the disk that is measured, not to a temporary folder in memory.
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "TMPDIR": str(folder)}
    call = f"from benchmarks.large_chain import work; work({tool!r}, {step!r}, {str(folder)!r})"
    done = subprocess.run([sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{tool}, {step}, {phase}: {done.stderr}")
    *ran, numbers = done.stdout.splitlines()
    if ran != ([step] if phase == "run" else []):
        raise RuntimeError(f"{tool}, {step}, {phase}: these ran: {ran}")
    return Measured(tool, step, phase, **json.loads(numbers))


def work(tool: str, step: str, folder: str) -> None:
    """Load what the steps before made, then call this one, twice; print one line of JSON."""
    makers = {"makeit": _makeit, "joblib": _joblib}[tool](Path(folder))
    given: Any = str(Path(folder) / "bold.nii")
    for before in _STEPS[: _STEPS.index(step)] if step != "scale_in_memory" else ():
        given = makers[before](given)
    with Anonymous() as anonymous:
        seconds = _timed(makers[step], given)
    again = _timed(makers[step], given)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "again": again, "anonymous": anonymous.peak, "resident": resident}))


def _timed(function: Callable[..., Any], given: Any) -> float:
    started = time.perf_counter()
    function(given)
    return time.perf_counter() - started


def _makeit(folder: Path) -> dict[str, Callable[..., Any]]:
    make = Maker(root=folder)
    formats = {name: f"nifti-mmap:{name}.nii" for name in _STEPS} | {"mean": "nifti:mean.nii"}
    return {name: make(globals()[name], output=spec) for name, spec in formats.items()}


def _joblib(folder: Path) -> dict[str, Callable[..., Any]]:
    memory = joblib.Memory(folder / "joblib", mmap_mode="r", verbose=0)
    return {name: memory.cache(globals()[name]) for name in _STEPS}


def _report(found: Sequence[Measured], size: int, rounds: int) -> Iterator[str]:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("makeit-core", "joblib", "nibabel"))
    yield f"float32 {size / 1e9:.2f} GB, rounds: {rounds}, Python {platform.python_version()}, {versions}\n"
    yield "| step | phase | tool | seconds | × joblib | again, same process | anonymous peak | resident peak |"
    yield "|---|---|---|---:|---:|---:|---:|---:|"
    for step, phase, tool in itertools.product(_STEPS, ("run", "reuse"), _TOOLS):
        mine, peer = _of(found, step, phase, tool), _of(found, step, phase, "joblib")
        cells = (
            *(step, phase, tool, shown(mine.seconds), f"{mine.seconds / peer.seconds:.2f}", shown(mine.again)),
            *(f"{number / 1e6:.0f} MB" for number in (mine.anonymous, mine.resident)),
        )
        yield f"| {' | '.join(cells)} |"


def _of(found: Sequence[Measured], step: str, phase: str, tool: str) -> Measured:
    mine = [each for each in found if (each.step, each.phase, each.tool) == (step, phase, tool)]
    names = ("seconds", "again", "anonymous", "resident")
    return Measured(tool, step, phase, *(statistics.median(getattr(each, name) for each in mine) for name in names))


class Anonymous:
    """The highest number of bytes of anonymous memory while it is open, beyond those at its start."""

    def __enter__(self) -> Anonymous:
        self._start, self.peak, self._open = self._now(), 0, True
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._thread.join()

    def _watch(self) -> None:
        while self._open:
            self.peak = max(self.peak, self._now() - self._start)
            time.sleep(0.002)

    @staticmethod
    def _now() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


if __name__ == "__main__":
    main()
