"""Suite that saves on small disks with few pages, or few inodes, left: at every fill level."""

from __future__ import annotations

import functools
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from tests.faults.apart import processes, tally_of
from tests.faults.catalogue import until_noticed
from tests.faults.children import called, set_up, warm_up
from tests.faults.scenes import BY_NAME, SAVES, Place, Scene
from tests.faults.suite import Protection, Suite, Tally
from tests.faults.verdicts import inspect, is_temporary, judge, named, recover

_SEED = 4
_PAGE = 4096
_PAGES, _INODES = 256, 200
_LAST_INODES = 24
# For a few tries: what is saved needs less than this.
_FEW_PAGES = 40
#: Shapes that are saved at every page level; the others are at every eighth.
_THOROUGHLY = ("npy", "several", "kept, large", "versions")
_STEP = 8
_PLACES = ("outputs", "cachedir", "both")
_SCENES = tuple(scene for scene in SAVES if not scene.elsewhere)


@frozen
class Case:
    """One save with so much left, of pages or of inodes, on the disk that holds outputs, cachedir, or both."""

    scene: str
    holds: str
    unit: str
    left: int

    def __str__(self) -> str:
        return f"[{self.scene}] {self.left} {self.unit} left for {self.holds}"


@frozen
class Disk:
    """A file system in memory that is full before long, mounted for this process and its children alone."""

    folder: Path

    @classmethod
    def mount(cls, name: str, options: str) -> Disk:
        """Mount one in the working folder."""
        folder = Path.cwd() / name
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
        return cls(folder)

    def clear(self) -> None:
        """Remove all that lies there."""
        for path in self.folder.iterdir():
            shutil.rmtree(path)

    def fill(self, unit: str, left: int) -> Path:
        """Fill it up but for so many pages or inodes; return the folder to remove to have them back."""
        filler = self.folder / "filler"
        filler.mkdir()
        state = os.statvfs(self.folder)
        if unit == "inodes":
            for number in range(state.f_ffree - left):
                (filler / str(number)).touch()
        elif state.f_bfree * state.f_frsize > left * _PAGE:
            with open(filler / "pages", "wb") as file:
                os.posix_fallocate(file.fileno(), 0, state.f_bfree * state.f_frsize - left * _PAGE)
        return filler


def fill(last_pages: bool, count: int, part: int, parts: int) -> Tally:
    """Try one part of `count` cases in this process, which has mounts of its own, and its children."""
    total = Tally()
    disks = {
        "pages": Disk.mount("small", f"size={_PAGES * _PAGE}"),
        "inodes": Disk.mount("crowded", f"nr_inodes={_INODES}"),
    }
    chosen = _chosen(last_pages, count)[part::parts]
    warm_up({BY_NAME[case.scene] for case in chosen})
    for case in until_noticed(chosen, total):
        _try(case, disks[case.unit], total)
    return total


def _try(case: Case, disk: Disk, tally: Tally) -> None:
    scene = BY_NAME[case.scene]
    place = _place(case, disk)
    set_up(scene, place)
    there = named(place)
    filler = disk.fill(case.unit, case.left)
    (met,) = called(scene, place, scene.wanted)
    tally.tried += 1
    judge(met, tally, str(case))
    inspect(scene, place, there, tally, str(case))
    for path in {*place.root.rglob("*"), *place.cachedir.rglob("*")}:
        if is_temporary(path):
            tally.bad("litter", f"{case}: {path} was left at once")
    shutil.rmtree(filler)
    reused = recover(scene, place, tally, str(case))
    if not (reused or met.warnings or met.error):
        tally.bad("error", f"{case}: the result was not kept, and nobody said so")
    place.remove()
    disk.clear()


def _place(case: Case, disk: Disk) -> Place:
    if case.holds == "both":
        return Place(disk.folder / "project", disk.folder / "project/.makeit")
    here = Path(tempfile.mkdtemp(dir=Path.cwd()))
    return Place(disk.folder / "project", here) if case.holds == "outputs" else Place(here, disk.folder / "cachedir")


def _run(last_pages: bool, count: int, without: str) -> Tally:
    """Try `count` cases, shared out among one process for each processor."""
    obstacle = _obstacle()
    if obstacle:
        return Tally(skipped=obstacle)
    parts = min(processes(without), count)
    batches = [(last_pages, count, part, parts) for part in range(parts)]
    return tally_of(fill, without, *batches, ahead=("env", "OPENBLAS_NUM_THREADS=1", *_unshare()))


def _chosen(last_pages: bool, count: int) -> list[Case]:
    """Return all cases, or `count` of those at which something goes wrong mostly; the same in every process."""
    found = _last_pages() if last_pages else _every_case()
    if count >= len(found):
        return found
    return random.Random(_SEED).sample([case for case in found if case.left < _FEW_PAGES], count)


def _every_case() -> list[Case]:
    return [
        Case(scene.name, holds, unit, left)
        for scene in _SCENES
        for holds in _PLACES
        for unit, levels in (("pages", _levels(scene)), ("inodes", range(_LAST_INODES + 1)))
        for left in levels
    ]


def _levels(scene: Scene) -> range:
    return range(_PAGES + 1) if scene.shape in _THOROUGHLY else range(0, _PAGES + 1, _STEP)


def _last_pages() -> list[Case]:
    return [Case(scene.name, "cachedir", "pages", left) for scene in _SCENES for left in range(6)]


def _unshare() -> tuple[str, ...]:
    """Return the command that gives a process mounts of its own; who is not root becomes so for itself alone."""
    return ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--mount", "--map-root-user")


def _obstacle() -> str:
    if not shutil.which("unshare"):
        return "unshare is not installed (apt-get install util-linux)"
    with tempfile.TemporaryDirectory() as folder:
        command = [*_unshare(), "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"a small disk cannot be mounted here: {tried.stderr.strip()}" if tried.returncode else ""


def _leave_private_folders() -> None:
    """Leave private folders, with all that is in them, where a save failed."""
    from makeit.store import staging
    from makeit.store.owner import owner

    @contextmanager
    def private_folder(near: str) -> Iterator[str]:
        folder = f"{near}/.makeit-{owner()}-{os.urandom(6).hex()}"
        os.makedirs(folder)
        yield folder

    staging.private_folder = private_folder


def _leave_temporary_files() -> None:
    """Leave what was written of a record or a note where the disk was full before its end."""
    from makeit.store import ledger
    from makeit.store.owner import owner

    def write_small(path: str, content: bytes, *, durable: bool) -> None:
        temporary = f"{path}.{owner()}-{os.urandom(4).hex()}~"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(temporary).write_bytes(content)
        os.replace(temporary, path)

    ledger.write_small = write_small


_GOAL = "a save on a disk of 1 MB at every fill level"
FILLING = Suite("filling", _GOAL, functools.partial(_run, False), 40, 1_000_000)
#: What fails where the result was saved and there is no room for what is said of it.
_OF_RECORDS = Suite("filling", _GOAL, functools.partial(_run, True), 20, 100)
SUITES: tuple[Suite, ...] = (FILLING,)
PROTECTIONS: tuple[Protection, ...] = (
    Protection("private folders removed after a failure", _leave_private_folders, FILLING, 12),
    Protection("temporary files removed after a failure", _leave_temporary_files, _OF_RECORDS, 12),
)
