"""A file that kept its name and size in a power cut, but of whose content zeros are left.

`as recorded`: what a cut can leave where nothing is synced; the file has the stamp that was recorded. makeit syncs
named files, and results of more than 64 KiB in the cachedir, before they get their names: for them this state
cannot come about, and it is forced here by writing the stamp of the damaged file into the record. Smaller results in
the cachedir are not synced; their digest is checked when they are loaded.
`changed later`: by hand, or by a disk that fails. joblib does not sync, and looks at no stamp: both are one to it.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
from attrs import evolve, frozen

from makeit import Maker
from makeit.identity.files import stamp
from makeit.records import OutputRecord
from makeit.store.ledger import Entry
from makeit.workbench import Workbench
from tests.faults.nursery import fork, project
from tests.faults.values import array, numbers, small

_SECOND_NS = 1_000_000_000
#: What became zeros, from and to which part of the file: pages reach the disk in any order.
HOLES = {"everything": (0.0, 1.0), "the second half": (0.5, 1.0), "the middle half": (0.25, 0.75)}
_SYNCED = ("as recorded (cannot come about: forced)", "changed later")
_CHECKED = ("as recorded", "changed later")
_EITHER = ("either",)


@frozen
class Case:
    """One way of keeping a result, and which file is damaged."""

    tool: str
    make: Callable[[Maker], Callable[[int], Any]]
    pattern: str
    states: tuple[str, ...] = _SYNCED


def remembered(function: Callable[[int], Any]) -> Callable[[Maker], Callable[[int], Any]]:
    """Return what keeps the results of a function with joblib.Memory."""

    def make(maker: Maker) -> Any:
        assert maker.root is not None
        return joblib.Memory(Path(maker.root, "joblib"), verbose=0).cache(function)

    return make


CASES = (
    Case("makeit, named npy, 800 bytes", lambda maker: maker(small, output="npy:small.npy"), "small.npy"),
    Case("makeit, named npy, 200 kB", lambda maker: maker(array, output="npy:array.npy"), "array.npy"),
    Case("makeit, cachedir, 800 bytes", lambda maker: maker(small), ".makeit/results/**/*.npy", _CHECKED),
    Case("makeit, cachedir, 200 kB", lambda maker: maker(array), ".makeit/results/**/*.npy"),
    Case("joblib, 800 bytes", remembered(small), "joblib/**/output.pkl", _EITHER),
    Case("joblib, 200 kB", remembered(array), "joblib/**/output.pkl", _EITHER),
)


def rows(folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield a row of the table for each case and state: what a call gives after each kind of hole."""
    for number, case in enumerate(CASES):
        for state in case.states:
            answers = [
                _after(case, folder / f"{number}-{state}-{name}", hole, state.startswith("as recorded"))
                for name, hole in HOLES.items()
            ]
            yield case.tool, state, *answers


def _after(case: Case, root: Path, hole: tuple[float, float], as_recorded: bool) -> str:
    _answer(case, root)
    _punch(next(root.glob(case.pattern)), *hole)
    if as_recorded:
        _record(project(root).bench(None))
    return _answer(case, root)


def _punch(path: Path, start: float, end: float) -> None:
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(int(size * start))
        stream.write(bytes(int(size * end) - int(size * start)))
    # At rest for long enough that its stamp vouches for it.
    before = time.time_ns() - _SECOND_NS
    os.utime(path, ns=(before, before))


def _record(bench: Workbench) -> None:
    for place in Path(bench.project.cachedir, "records").rglob("*.json"):
        entry = bench.ledger.read_place(os.fspath(place))
        if isinstance(entry, Entry):
            outputs = tuple(_stamped(bench, output) for output in entry.record.outputs)
            bench.ledger.write_place(os.fspath(place), evolve(entry.record, outputs=outputs))


def _stamped(bench: Workbench, output: OutputRecord) -> OutputRecord:
    files = []
    for file in output.files:
        now = stamp(bench.project.absolute(file.path))
        assert now is not None
        files.append(evolve(file, mtime_ns=now.mtime_ns, ctime_ns=now.ctime_ns, inode=now.inode))
    return evolve(output, files=tuple(files))


def _answer(case: Case, root: Path) -> str:
    """Call in a process of its own, and return in words what that gave."""
    child = fork(lambda pipe: os.write(pipe, _call(case, root).encode()) and None)
    words = child.last_words()
    child.end()
    return words


def _call(case: Case, root: Path) -> str:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = numbers(case.make(project(root))(1))
        except Exception as error:  # what the caller sees
            return type(error).__name__
    loudly = f", with a {said[0].category.__name__}" if said else ""
    return f"{'right' if found == {1.0} else f'WRONG ({sorted(found)})'}{loudly}"
