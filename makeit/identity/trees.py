"""Folders as outputs: one stamp and one digest for all the files in a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from makeit.identity.digest import checksum, digest, digest_file
from makeit.identity.stamps import FileStamp


def walk(path: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield everything below a folder with its path from there, in one order; links are not followed."""
    waiting = [("", path)]
    while waiting:
        head, folder = waiting.pop()
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            yield head + entry.name, entry
            if entry.is_dir(follow_symlinks=False):
                waiting.append((f"{head}{entry.name}/", entry.path))


# A folder that is exchanged for another while it is walked loses its files one after the other.
_ATTEMPTS = 5


def is_folder(path: str) -> bool:
    """Tell whether a folder lies there; OSError where nobody can tell, which `os.path.isdir` takes for no."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def stamp_tree(path: str) -> FileStamp:
    """Return the stamp of a folder: its bytes, its latest times, and in place of an inode what names its files.

    Any write to a file in it moves the latest ctime; files that come, go or take another's place have other inodes.
    FileNotFoundError where the folder goes away.
    """
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            return _stamp_tree(path)
    return _stamp_tree(path)


def _stamp_tree(path: str) -> FileStamp:
    size = modified = changed = 0
    names = []
    for name, entry in walk(path):
        if entry.is_dir(follow_symlinks=False):
            names.append(f"{name}/")
            continue
        found = entry.stat(follow_symlinks=False)
        size += found.st_size
        modified, changed = max(modified, found.st_mtime_ns), max(changed, found.st_ctime_ns)
        names.append(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ino}")
    # Records hold signed integers of 64 bits.
    listing = int(checksum("\n".join(names).encode("utf-8", "surrogateescape"))[:15], 16)
    return FileStamp(size, modified, changed, listing)


def digest_path(path: str) -> str:
    """Return the digest of a file, or of the names and contents in a folder; OSError where one cannot be read."""
    try:
        return digest_file(path)
    except IsADirectoryError:
        return digest_tree(path)
    except PermissionError:  # what Windows says of a folder
        if is_folder(path):
            return digest_tree(path)
        raise


def digest_tree(path: str) -> str:
    """Return the digest of all names and contents in a folder; a link counts as what it says, not where it leads."""
    names = [f"{name}\0{_content(entry)}" for name, entry in walk(path)]
    return digest("\n".join(["folder/1", *names]).encode("utf-8", "surrogateescape"))


def _content(entry: os.DirEntry[str]) -> str:
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    if entry.is_symlink():
        return f"link to {os.readlink(entry.path)}"
    if not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
        return "no file"
    return digest_file(entry.path)
