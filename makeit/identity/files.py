"""Stamps and digests of files: when a stat is enough, and a memo for when it is not."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from makeit.errors import ArgumentError
from makeit.identity.digest import FLAGS, digest, digest_file, read_all
from makeit.identity.stamps import FileStamp
from makeit.identity.trees import stamp_tree

if TYPE_CHECKING:
    from pathlib import Path

# A change within one tick of the clock leaves the stamp as it was. Kernels tick in 4 ms, some file
# systems in 1 or 2 seconds; these limits leave room for both.
FINE_TICK_NS = 20_000_000
COARSE_TICK_NS = 2_100_000_000


_start: ContextVar[str | None] = ContextVar("makeit_start", default=None)


class StartingHere:
    """Within it relative paths start at the folder that was the working one when it was made, whichever that is now.

    A function may change the working folder while it runs; what its arguments name does not change by that.
    """

    __slots__ = ("_before", "_folder")

    def __init__(self) -> None:
        self._folder = _working_folder()

    def has_changed(self) -> bool:
        """Tell whether another folder is the working one now; one that was deleted has become no other."""
        return _working_folder() not in (None, self._folder)

    def __enter__(self) -> None:
        self._before = _start.set(self._folder)

    def __exit__(self, *error: object) -> None:
        _start.reset(self._before)


def _working_folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        return None


def absolute(path: str | os.PathLike[str]) -> str:
    """Return the absolute path of a file that an argument names."""
    folder = _start.get()
    return os.path.abspath(path if folder is None else os.path.join(folder, path))


def stamp(path: str | Path) -> FileStamp | None:
    """Return the stamp of a file, or of a folder and all in it, following links; None where there is nothing."""
    try:
        found = os.stat(path)
        if stat.S_ISDIR(found.st_mode):
            return stamp_tree(os.fspath(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stamp_of(found)


def stamp_of(found: os.stat_result) -> FileStamp:
    """Return the stamp of a file that was looked at."""
    return FileStamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def settled(found: FileStamp, later_ns: int) -> bool:
    """Tell whether a file was at rest long enough before a later stamp of the same clock.

    The later one of its two times counts: whoever dates a file back, makeit too, moves its ctime.
    """
    latest = max(found.mtime_ns, found.ctime_ns)
    coarse = found.mtime_ns % 1_000_000_000 == 0 and found.ctime_ns % 1_000_000_000 == 0
    return later_ns - latest >= (COARSE_TICK_NS if coarse else FINE_TICK_NS)


def have_stamps(stamps: Iterable[tuple[str, FileStamp]]) -> bool:
    """Tell whether files have these stamps now; no folders, and none that is out of reach."""
    try:
        for path, (size, mtime_ns, ctime_ns, inode) in stamps:
            now = os.stat(path)
            if now.st_mtime_ns != mtime_ns or now.st_ctime_ns != ctime_ns or now.st_ino != inode or now.st_size != size:
                return False
    except OSError:
        return False
    return True


def content_of(path: str) -> tuple[bytes, FileStamp]:
    """Return what a small file holds, and the stamp that it had before it was read; FileNotFoundError."""
    try:
        descriptor = os.open(path, FLAGS)
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from error
    try:
        found = os.fstat(descriptor)
        # What is no file, as a folder or a pipe, reads as empty.
        content = read_all(descriptor, found.st_size) if stat.S_ISREG(found.st_mode) else b""
        return content, stamp_of(found)
    finally:
        os.close(descriptor)


class NamedFile:
    """A file that counts by name and content, whatever type of path named it."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Memo(Protocol):
    """Where digests of files outlive the process; see `store.digests`."""

    def recall(self, name: str, stamp: FileStamp) -> str | None:
        """Return the digest that goes by this name, of a file in this state, or None."""
        ...

    def keep(self, name: str, stamp: FileStamp, digest: str) -> bool:
        """Keep a digest; say whether the file had settled, so that the stamp vouches for it."""
        ...


class FileDigests:
    """Digests of files by content, read once for each state of a file."""

    def __init__(self, memo: Memo | None = None) -> None:
        self._memo = memo
        self._known: dict[str, tuple[FileStamp, str]] = {}

    def digest(self, path: str) -> str:
        """Return the digest of a file, or of a folder's names and files; OSError where it cannot be read."""
        if os.path.isdir(path):
            return self._folder(path)
        return self._file(path)

    def part(self, path: str, name: str, read: Callable[[], str]) -> str:
        """Return the fingerprint of a part of a file; `read` is called once for each state of the file.

        `name` tells the part from others of the same file. FileNotFoundError where there is no file, and ArgumentError
        where it changes while it is read.
        """
        before = stamp(path)
        if before is None:
            raise FileNotFoundError(path)
        key = f"{path}\0{name}" if name else path
        known = self._known.get(key)
        if known and known[0] == before:
            return known[1]
        found = self._memo.recall(key, before) if self._memo else None
        if found is None:
            found, proven = self._read(path, key, before, read)
            if not proven:
                return found
        self._known[key] = before, found
        return found

    def _file(self, path: str) -> str:
        return self.part(path, "", lambda: digest_file(path))

    def _read(self, path: str, key: str, before: FileStamp, read: Callable[[], str]) -> tuple[str, bool]:
        """Return what was read, and whether the stamp vouches for it from now on."""
        found = read()
        if stamp(path) != before:
            raise ArgumentError(
                f"the file {path} changed while it was being read; wait until it is complete and call again",
                name=path,
            )
        if self._memo and self._memo.keep(key, before, found):
            return found, True
        return found, settled(before, time.time_ns())

    def _folder(self, path: str) -> str:
        entries = []
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted(files):
                full = os.path.join(folder, name)
                content = self._file(full) if os.path.exists(full) else os.readlink(full)
                entries.append(f"{os.path.relpath(full, path)}\0{content}")
            entries += [f"{os.path.relpath(os.path.join(folder, name), path)}/" for name in folders]
        return digest("\n".join(sorted(entries)).encode("utf-8", "surrogateescape"))
