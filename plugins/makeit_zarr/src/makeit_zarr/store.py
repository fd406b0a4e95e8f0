"""The folder of a result, read chunk by chunk as long as it is the folder that was opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from zarr.storage import LocalStore


class ReplacedError(OSError):
    """The folder of an open array was replaced or damaged since it was opened."""


class ResultStore(LocalStore):
    """A read-only folder that is known by its inode.

    Zarr reads by name, and takes a chunk that is missing for one that is empty: after a newer result took the place
    of the folder, an array that was opened before would give the new chunks, or zeros. Here both raise. `complete`
    says that every chunk has to be there.
    """

    def __init__(self, root: Path | str, *, read_only: bool = True, complete: bool = False) -> None:
        super().__init__(root, read_only=True)
        self._inode = os.stat(root).st_ino
        self._complete = complete

    def with_read_only(self, read_only: bool = False) -> ResultStore:
        """Return this store where reading is asked for; ValueError for writing: results are not written to."""
        if not read_only:
            raise ValueError(f"{self.root} is a result and read-only; copy it to change it")
        return self

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        """Read one object of the store; ReplacedError where it is not the one that was opened."""
        return self._checked(key, await super().get(key, prototype, byte_range))

    def get_sync(self, key: str, **options: Any) -> Any:
        """Read one object without a loop, as `get` does."""
        return self._checked(key, super().get_sync(key, **options))

    def _checked(self, key: str, found: Any) -> Any:
        if not self.is_current():
            raise ReplacedError(
                f"{self.root} was replaced by a newer result since this array was opened; call the function again"
            )
        if found is None and self._complete and "c" in key.split("/"):
            raise ReplacedError(f"the chunk {key} of {self.root} is missing; delete the folder and run the function")
        return found

    def is_current(self) -> bool:
        """Tell whether the folder still is the one that was opened."""
        try:
            return os.stat(self.root).st_ino == self._inode
        except OSError:
            return False

    def listing(self) -> frozenset[tuple[str, int, int, int]]:
        """Return names, sizes, times and inodes of all files: what changes when anybody writes there."""
        found = set()
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(folder, name)
                stat = os.stat(path)
                found.add((path, stat.st_size, stat.st_mtime_ns, stat.st_ino))
        return frozenset(found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResultStore) and (self.root, self._inode) == (other.root, other._inode)

    __hash__ = None  # type: ignore[assignment]
