"""Lays crash states out in folders and calls the function after each: a process of its own, given recorded saves."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from attrs import asdict, frozen

from makeit import MakeitError, Maker
from tests.faults import recording
from tests.faults.aged import Ageing
from tests.faults.catalogue import remove, until_noticed
from tests.faults.crash_saves import Save, Watch
from tests.faults.crash_states import Crash, count, states
from tests.faults.journal import Journal
from tests.faults.nursery import fork, heard, say
from tests.faults.remains import litter
from tests.faults.suite import Tally

Fault = tuple[str, str]
# Told among the faults of a call that ran.
_RAN: Fault = ("ran", "")


@frozen(eq=False)
class Trial:
    """One state of one save, and the number that the function is called with after it."""

    save: Save
    crash: Crash
    asked: int

    def faults(self, root: Path, maker: Maker, watch: Watch) -> Iterator[Fault]:
        """Yield what is bad about the state itself, and about the call after it; to be run in a fresh process."""
        yield from self._torn()
        ageing = Ageing()
        self._put(root, ageing)
        maker.root, maker.cachedir = root, root / ".makeit"
        with ageing:
            yield from self._called(maker, watch)
        how = f"after calling {self.asked}, which {'ran' if watch.runs else 'was a reuse'}"
        yield from (("litter", f"{path.relative_to(root)} {how}") for path in litter(root))
        if watch.runs:
            yield _RAN

    def again(self, root: Path, maker: Maker, watch: Watch) -> Iterator[Fault]:
        """Yield what is bad about the same call once more, in another fresh process: it has to reuse the result."""
        maker.root, maker.cachedir = root, root / ".makeit"
        yield from self._called(maker, watch)
        if watch.runs:
            yield "lost", f"calling {self.asked} runs again and again"

    def _torn(self) -> Iterator[Fault]:
        """Compare the named outputs on the disk with those before and after the save."""
        moments = self.crash.journal.moments
        old, new = (self.crash.journal.tree(moment) for moment in (moments[0], moments[-1]))
        now = self.crash.tree()
        for name in self.save.results:
            found, before, after = (_below(name, tree) for tree in (now, old, new))
            if found not in (before, after):
                yield "torn", f"{name} is neither old nor new"
            elif self.crash.is_last and found != after:
                yield "lost", f"{name} is not there although the call had returned"

    def _put(self, root: Path, ageing: Ageing) -> None:
        root.mkdir(parents=True)
        linked: dict[int, Path] = {}
        for name, inode in self.crash.paths().items():
            path = root / name
            if inode in self.crash.journal.folders:
                path.mkdir()
            elif inode in linked:
                os.link(linked[inode], path)
            else:
                linked[inode] = path
                path.write_bytes(self.crash.content(inode))
        for inode, path in linked.items():
            ageing.add(path, self.crash.stamp(inode))

    def _called(self, maker: Maker, watch: Watch) -> Iterator[Fault]:
        watch.runs = 0
        try:
            value = self.save.take(self.asked, maker)
        except Exception as error:  # whatever it is, the surroundings are no reason for it
            yield "lost" if isinstance(error, MakeitError) else "error", f"{type(error).__name__}: {error}"
            return
        if not is_same(value, self.save.functions(self.asked)(self.asked)):
            yield "wrong", f"calling {self.asked} gave {value!r:.200}"
        done = self.crash.is_last and self.save.lasts and self.asked == self.save.step
        if done and watch.runs:
            yield "lost", f"calling {self.asked} ran again although the call had returned"


def _below(name: str, tree: dict[str, bytes]) -> dict[str, bytes]:
    """Return what a file or folder holds; nothing where it is not there."""
    return {path: content for path, content in tree.items() if path == name or path.startswith(f"{name}/")}


def is_same(found: Any, expected: Any) -> bool:
    """Tell whether two results are equal in type and content."""
    if isinstance(expected, np.ndarray):
        return isinstance(found, np.ndarray) and found.dtype == expected.dtype and np.array_equal(found, expected)
    if isinstance(expected, dict):
        return list(found) == list(expected) and all(map(is_same, found.values(), expected.values()))
    return type(found) is type(expected) and bool(found == expected)


def trials(save: Save, journal: Journal, wanted: int) -> Iterator[Trial]:
    """Yield trials of one save, the same in every process: each call after each state, where there are few states."""
    every = count(journal) * len(save.asked) <= wanted
    for number, crash in enumerate(states(journal, wanted, Random(save.name))):
        for asked in save.asked if every else [save.asked[number % len(save.asked)]]:
            yield Trial(save, crash, asked)


def tried(trial: Trial, root: Path, maker: Maker, watch: Watch) -> Tally:
    """Try one state, and the call once more where it had run, in processes of their own."""
    tally = Tally(tried=1)
    found = _apart(lambda: trial.faults(root, maker, watch))
    if found == [_RAN]:
        found = _apart(lambda: trial.again(root, maker, watch))
    for kind, example in found:
        if (kind, example) != _RAN:
            tally.bad(kind, f"{trial.save.name}: {example} [{trial.crash}]")
    shutil.rmtree(root, ignore_errors=True)
    return tally


def _apart(work: Callable[[], Iterable[Fault]]) -> list[Fault]:
    def tell(pipe: int) -> None:
        for fault in work():
            say(pipe, *fault)

    child = fork(tell)
    found = list(heard(child.last_words()))
    child.end()
    return found


def main(folder: Path, without: str, wanted: int, share: int, shares: int) -> None:
    """Try a share of all states, and print the tally."""
    remove(without)
    warnings.simplefilter("ignore")
    watch = Watch()
    maker = Maker(plugins=[watch])
    found = list(recording.journals(folder))
    gc.disable()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        recording.warm_up(Path(place, "warm"), [save for save, _ in found], maker)
        tally = Tally()
        every = (trial for save, journal in found for trial in trials(save, journal, wanted))
        for number, trial in until_noticed(enumerate(every), tally):
            if number % shares == share:
                tally.add(tried(trial, Path(place, f"{number}"), maker, watch))
    print(json.dumps(asdict(tally)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
