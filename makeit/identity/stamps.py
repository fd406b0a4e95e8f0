"""The stamp of a file, in a module that costs nothing to import."""

from __future__ import annotations

from typing import NamedTuple


class FileStamp(NamedTuple):
    """What tells one state of a file from another without reading it: bytes and nanoseconds."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
