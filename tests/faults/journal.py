"""What a disk may hold after a power cut: a file system's changes in order, and which of them were forced to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from makeit.model import FileStamp

ROOT = 0
Pick = Literal["none", "half", "all"]
ALL: Pick = "all"
#: The names of a file system: (folder, name) to inode.
Entries = dict[tuple[int, str], int]


@frozen
class Write:
    """Bytes written to a file; which of them reach the disk before the file is synced nobody can say."""

    offset: int
    content: bytes

    def onto(self, old: bytes, pick: Pick) -> bytes:
        """Return what the file holds when none, the first half or all of it is there, at its full size."""
        end = self.offset + len(self.content)
        new = bytearray(old.ljust(end, b"\0"))
        count = {"none": 0, "half": len(self.content) // 2, "all": len(self.content)}[pick]
        new[self.offset : self.offset + count] = self.content[:count]
        return bytes(new)


@frozen
class Resize:
    """A file cut off, or made longer."""

    size: int

    def onto(self, old: bytes, pick: Pick) -> bytes:
        """Return what the file holds when this reached the disk, or did not."""
        return old if pick == "none" else old[: self.size].ljust(self.size, b"\0")


@frozen
class FileState:
    """A file at one moment: what was synced, what was written since, and how often its inode changed."""

    synced: bytes
    pending: tuple[Write | Resize, ...] = ()
    age: int = 0

    def content(self, picks: tuple[Pick, ...] | None = None) -> bytes:
        """Return the bytes that are on the disk; without `picks` those of the last sync alone."""
        found = self.synced
        for write, pick in zip(self.pending, picks or (), strict=False):
            found = write.onto(found, pick)
        return found

    @property
    def whole(self) -> bytes:
        """What every process sees in the file."""
        return self.content(tuple(ALL for _ in self.pending))


@frozen
class Change:
    """One change of names, which reaches the disk wholly or not at all.

    `folders` are those it alters, and those it makes or removes: it is on the disk for sure once one of them was
    synced. `inodes` are the files that it concerns, with the age that it gives them.
    """

    edits: tuple[tuple[tuple[int, str], int | None], ...]
    folders: frozenset[int]
    inodes: Mapping[int, int]

    def apply(self, entries: Entries) -> None:
        """Make the change; what an earlier change that was lost should have made is left alone."""
        for place, inode in self.edits:
            if inode is None:
                entries.pop(place, None)
            else:
                entries[place] = inode


@frozen
class Moment:
    """The state between two calls: how many changes and syncs of folders there were, and all files."""

    words: str
    changes: int
    syncs: int
    files: Mapping[int, FileState]


@frozen(eq=False)
class Journal:
    """Everything that a recorded process did to one folder, from a state that was wholly on the disk."""

    base: Entries
    folders: frozenset[int]
    changes: tuple[Change, ...]
    syncs: tuple[tuple[int, int], ...]
    moments: tuple[Moment, ...]
    stamps: Mapping[tuple[int, int], FileStamp]
    times: Mapping[tuple[int, int], int]

    def durable(self, moment: Moment) -> frozenset[int]:
        """Return the changes that a cut at this moment cannot take: those synced, and what they build on.

        Changes in one folder reach the disk in their order, those in different folders in any.
        """
        found: set[int] = set()
        needed: set[int] = set()
        for number in reversed(range(moment.changes)):
            folders = self.changes[number].folders
            synced = any(number < before and folder in folders for before, folder in self.syncs[: moment.syncs])
            if synced or folders & needed:
                found.add(number)
                needed |= folders
        return frozenset(found)

    def entries(self, kept: frozenset[int]) -> Entries:
        """Return all names after a cut that kept these changes."""
        entries = dict(self.base)
        for number in sorted(kept):
            self.changes[number].apply(entries)
        return entries

    def paths(self, entries: Entries) -> dict[str, int]:
        """Return what can be reached from the root, folders before what is in them."""
        below: dict[int, list[tuple[str, int]]] = {}
        for (folder, name), inode in sorted(entries.items()):
            below.setdefault(folder, []).append((name, inode))
        found: dict[str, int] = {}
        waiting = [("", ROOT)]
        while waiting:
            head, folder = waiting.pop()
            for name, inode in below.get(folder, ()):
                found[head + name] = inode
                if inode in self.folders:
                    waiting.append((f"{head}{name}/", inode))
        return found

    def tree(self, moment: Moment) -> dict[str, bytes]:
        """Return all files as processes saw them at a moment."""
        paths = self.paths(self.entries(frozenset(range(moment.changes))))
        return {path: moment.files[inode].whole for path, inode in paths.items() if inode not in self.folders}
