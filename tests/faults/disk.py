"""A model of a file system that writes a journal of what is done to it."""

from __future__ import annotations

from attrs import evolve

from makeit.model import FileStamp
from tests.faults.journal import ROOT, Change, Entries, FileState, Journal, Moment, Resize, Write

Place = tuple[int, str]


class Disk:
    """One folder and all that is below it: names, files by inode, and what is known of their stamps.

    Every change of an inode that moves its ctime makes it older by one, so that an inode and an age have one stamp.
    """

    def __init__(self) -> None:
        self.now_ns = 0
        self._entries: Entries = {}
        self._files: dict[int, FileState] = {ROOT: FileState(b"")}
        self._folders = {ROOT}
        self._stamps: dict[tuple[int, int], FileStamp] = {}
        self._times: dict[tuple[int, int], int] = {}
        self.settle()

    def settle(self) -> None:
        """Take all that happened so far for safe on the disk: the journal begins here."""
        self._files = {inode: FileState(state.whole, (), state.age) for inode, state in self._files.items()}
        self._base = dict(self._entries)
        self._changes: list[Change] = []
        self._syncs: list[tuple[int, int]] = []
        self._moments: list[Moment] = []
        self.pause("the start")

    def pause(self, words: str) -> None:
        """Note the present state as one at which the power may be cut."""
        self._moments.append(Moment(words, len(self._changes), len(self._syncs), dict(self._files)))

    def journal(self) -> Journal:
        """Return all that happened since the disk was settled."""
        return Journal(
            self._base,
            frozenset(self._folders),
            tuple(self._changes),
            tuple(self._syncs),
            tuple(self._moments),
            self._stamps,
            self._times,
        )

    def at(self, place: Place) -> int | None:
        """Return the inode that has this name now."""
        return self._entries.get(place)

    def is_folder(self, inode: int) -> bool:
        """Tell whether an inode is a folder."""
        return inode in self._folders

    def content(self, inode: int) -> bytes:
        """Return what a process reads from a file."""
        return self._files[inode].whole

    def make(self, place: Place, *, folder: bool) -> int:
        """Make an empty file or folder."""
        inode = len(self._files)
        self._files[inode] = FileState(b"")
        self._times[inode, 0] = self.now_ns
        if folder:
            self._folders.add(inode)
        self.change((place, inode))
        return inode

    def change(self, *edits: tuple[Place, int | None]) -> None:
        """Give names to inodes, or take them away, in one step."""
        inodes = {inode for place, new in edits for inode in (new, self._entries.get(place)) if inode is not None}
        folders = {place[0] for place, _ in edits}
        if len(edits) == 1:
            folders |= inodes & self._folders  # made or removed; a folder that only moves stays as it is
        change = Change(edits, frozenset(folders), {inode: self.age(inode) for inode in inodes})
        change.apply(self._entries)
        self._changes.append(change)

    def write(self, inode: int, write: Write | Resize) -> None:
        """Change the content of a file."""
        state = self._files[inode]
        self._files[inode] = evolve(state, pending=(*state.pending, write))
        self.date(inode, self.now_ns)

    def sync(self, inode: int) -> None:
        """Force the content of a file, or the names in a folder, to the disk."""
        if inode in self._folders:
            self._syncs.append((len(self._changes), inode))
        state = self._files[inode]
        self._files[inode] = evolve(state, synced=state.whole, pending=())

    def date(self, inode: int, modified_ns: int) -> None:
        """Set the mtime of an inode."""
        self._times[inode, self.age(inode)] = modified_ns

    def age(self, inode: int) -> int:
        """Make an inode older by one, with the mtime that it had, and return its age."""
        state = self._files[inode]
        age = state.age + 1
        self._files[inode] = evolve(state, age=age)
        self._times[inode, age] = self._times.get((inode, state.age), self.now_ns)
        return age

    def stamp(self, inode: int, found: FileStamp) -> None:
        """Note the stamp that the real inode has at this age."""
        self._stamps[inode, self._files[inode].age] = found
