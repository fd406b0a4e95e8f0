"""The states that a disk can be in after a power cut: all of a journal, counted, or some, drawn at random."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from attrs import frozen

from makeit.model import FileStamp
from tests.faults.journal import FileState, Journal, Moment, Pick

_PICKS: tuple[Pick, ...] = ("none", "half", "all")
#: What reached the disk of each write since the last sync; None where not even the size did.
Picks = tuple[Pick, ...] | None
# How often the last moment is drawn, at which all that the call promised has to be there.
_LAST = 0.15


@frozen(eq=False)
class Crash:
    """One state: the power was cut at a moment, these changes of names and these writes are on the disk."""

    journal: Journal
    moment: Moment
    kept: frozenset[int]
    picks: Mapping[int, Picks]

    @property
    def is_last(self) -> bool:
        """Whether the call had come to its end."""
        return self.moment is self.journal.moments[-1]

    def paths(self) -> dict[str, int]:
        """Return all names with their inodes, folders before what is in them."""
        return self.journal.paths(self.journal.entries(self.kept))

    def content(self, inode: int) -> bytes:
        """Return the bytes of a file."""
        return self.moment.files[inode].content(self.picks.get(inode, ()))

    def tree(self) -> dict[str, bytes]:
        """Return all files."""
        return {path: self.content(node) for path, node in self.paths().items() if node not in self.journal.folders}

    def key(self) -> int:
        """Return a number that is equal for states that look the same."""
        folders = self.journal.folders
        paths = {path: None if n in folders else (self.content(n), self.stamp(n)) for path, n in self.paths().items()}
        return hash((self.is_last, frozenset(paths.items())))

    def stamp(self, inode: int) -> FileStamp:
        """Return the stamp that a file has: the worst case, in which its inode is on the disk in its last state.

        That is the state before the first change of names that was lost.
        """
        changes = self.journal.changes[: self.moment.changes]
        lost = [
            change.inodes[inode] - 1
            for n, change in enumerate(changes)
            if n not in self.kept and inode in change.inodes
        ]
        age = min([*lost, self.moment.files[inode].age])
        known = self.journal.stamps.get((inode, age))
        return known or FileStamp(-1, self.journal.times[inode, age], -1, -1)

    def __str__(self) -> str:
        lost = self.moment.changes - len(self.kept)
        paths = {inode: path for path, inode in self.paths().items()}
        torn = [f"{paths[i]}: {'nothing' if p is None else ' '.join(p)}" for i, p in self.picks.items() if i in paths]
        number = self.journal.moments.index(self.moment)
        where = f"cut {number} of {len(self.journal.moments) - 1}, after {self.moment.words}"
        return "; ".join([where, f"{lost} of {self.moment.changes} changes of names lost", *torn])


def count(journal: Journal) -> int:
    """Count the states in which changes of names reach the disk in their order, and writes in any."""
    total = 0
    for moment in journal.moments:
        for kept in _ordered(journal, moment):
            product = 1
            for state in _unsynced(journal, moment, kept).values():
                product *= 1 + len(_PICKS) ** len(state.pending)
            total += product
    return total


def states(journal: Journal, wanted: int, random: Random) -> Iterator[Crash]:
    """Yield as many different states, or fewer where there are not as many: all in order first, the rest at random."""
    seen: set[int] = set()
    if count(journal) <= wanted:
        yield from _different(_all(journal), seen)
    drawn = (_drawn(journal, random) for _ in range(4 * wanted))
    yield from itertools.islice(_different(drawn, seen), max(wanted - len(seen), 0))


def _different(crashes: Iterator[Crash], seen: set[int]) -> Iterator[Crash]:
    for crash in crashes:
        key = crash.key()
        if key not in seen:
            seen.add(key)
            yield crash


def _all(journal: Journal) -> Iterator[Crash]:
    for moment in journal.moments:
        for kept in _ordered(journal, moment):
            unsynced = _unsynced(journal, moment, kept)
            for picks in itertools.product(*map(_choices, unsynced.values())):
                yield Crash(journal, moment, kept, dict(zip(unsynced, picks, strict=True)))


def _drawn(journal: Journal, random: Random) -> Crash:
    moment = journal.moments[-1] if random.random() < _LAST else random.choice(journal.moments)
    if random.random() < 0.5:
        kept = random.choice(list(_ordered(journal, moment)))
    else:
        kept = _by_folder(journal, moment, random)
    unsynced = _unsynced(journal, moment, kept)
    return Crash(journal, moment, kept, _fates(unsynced, random))


def _fates(unsynced: Mapping[int, FileState], random: Random) -> dict[int, Picks]:
    """Draw what became of each file: one fate for all, which chance would hardly give them, one file torn, or any."""
    fates: list[Any] = [*_PICKS, None, "one", "one", "any"]
    fate = random.choice(fates)
    found = {inode: _alike(state, "all") for inode, state in unsynced.items()}
    if fate == "any":
        return {inode: random.choice(_choices(state)) for inode, state in unsynced.items()}
    if fate != "one":
        return {inode: _alike(state, fate) for inode, state in unsynced.items()}
    if found:
        torn = random.choice(list(found))
        found[torn] = random.choice(_choices(unsynced[torn]))
    return found


def _alike(state: FileState, fate: Pick | None) -> Picks:
    return None if fate is None else (fate,) * len(state.pending)


def _choices(state: FileState) -> list[Picks]:
    return [None, *itertools.product(_PICKS, repeat=len(state.pending))]


def _ordered(journal: Journal, moment: Moment) -> Iterator[frozenset[int]]:
    """Yield what can be left of the changes of names where they reach the disk in their order, as in ext4 or XFS."""
    first = max(journal.durable(moment), default=-1) + 1
    for end in range(first, moment.changes + 1):
        yield frozenset(range(end))


def _by_folder(journal: Journal, moment: Moment, random: Random) -> frozenset[int]:
    """Draw what can be left of them where only those in one folder keep their order."""
    durable = journal.durable(moment)
    ends = {folder: random.randint(0, moment.changes) for folder in journal.folders}
    kept: set[int] = set()
    stopped: set[int] = set()
    for number, change in enumerate(journal.changes[: moment.changes]):
        ended = any(ends[folder] <= number or folder in stopped for folder in change.folders)
        if number in durable or not ended:
            kept.add(number)
        else:
            stopped |= change.folders
    return frozenset(kept)


def _unsynced(journal: Journal, moment: Moment, kept: frozenset[int]) -> dict[int, FileState]:
    """Return the files that can be reached and have writes that were not synced."""
    found = set(journal.paths(journal.entries(kept)).values())
    return {inode: moment.files[inode] for inode in sorted(found) if moment.files[inode].pending}
