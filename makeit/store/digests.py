"""Digests of input files, and of parts of them, that outlive the process, so that a large raw file is read once."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from makeit.identity.digest import checksum
from makeit.identity.files import settled, stamp
from makeit.store.atomic import is_private, write_small

if TYPE_CHECKING:
    from makeit.identity.stamps import FileStamp
    from makeit.records import FileRecord
    from makeit.store.project import Project

# Below this a file is read faster than its digest is looked up and written.
_WORTH_KEEPING = 1 << 16


class DigestMemo:
    """One small file for each input file or part of one, with the stamp that its digest belongs to.

    The name is the path of the file, and what tells the part. What reads and writes records is imported where a digest
    is looked up: a reuse that is recalled needs none.
    """

    def __init__(self, project: Project) -> None:
        self.project = project

    def recall(self, name: str, stamp: FileStamp) -> str | None:
        """Return the digest that goes by this name, of a file in this state, or None."""
        if stamp.size < _WORTH_KEEPING:
            return None
        place = self._place(name)
        found = remembered(place)
        try:
            written = os.stat(place).st_mtime_ns
        except OSError:
            return None
        if found is None:
            return None
        same = found.path == name and found.stamp == stamp and settled(stamp, written)
        return found.digest if same else None

    def keep(self, name: str, before: FileStamp, found: str) -> bool:
        """Keep a digest; say whether the file had settled, so that the stamp vouches for it."""
        if is_private(name):
            return False  # it will have another name in a moment
        if before.size >= _WORTH_KEEPING:
            from makeit.records import FileRecord
            from makeit.store.sealing import seal

            record = FileRecord(name, before.size, before.mtime_ns, before.ctime_ns, before.inode, found)
            # A cachedir that cannot be written to costs a second reading, no more.
            with suppress(OSError):
                self.project.prepare()
                write_small(self._place(name), seal(record), durable=False)
        written = stamp(self._place(name))
        return written is not None and settled(before, written.mtime_ns)

    def _place(self, name: str) -> str:
        key = checksum(os.fsencode(name))
        return os.path.join(self.project.cachedir, "files", key[:2], f"{key}.json")


def remembered(place: str) -> FileRecord | None:
    """Return what one file of the memo says, of whatever state of its file; None where it cannot be read."""
    from makeit.store.entries import described

    with suppress(OSError), open(place, "rb") as file:
        return described(file.read())
    return None
