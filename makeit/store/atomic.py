"""The primitives of the write protocol: private folders, fsync, rename. Only `store` renames files."""

from __future__ import annotations

import gc
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from makeit.identity.files import stamp_of
from makeit.identity.stamps import FileStamp
from makeit.identity.trees import is_folder
from makeit.store.moving import remove_tree
from makeit.store.owner import host, is_alive, owner

_PREFIX = ".makeit-"
# Compiled at the first use, as all that a process may never come to.
_OWNER = r"([0-9a-f]{8})-(\d+)-"
_ATTEMPTS = 20
#: Results up to this size inside the cachedir are not forced to the disk; their digest is checked
#: at every load instead, so that one torn by a crash is a miss.
SMALL = 1 << 16
_CREATING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_WEEK_S = 7 * 24 * 3600
_swept: set[str] = set()
# The private folders and files of this process, and those of them that are in use; the others an interrupt has left.
_made: set[str] = set()
_used: set[str] = set()
_interrupted: set[bool] = set()


def sync_file(path: str) -> None:
    """Force the content of a file, or the entries of a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_path(path: str) -> None:
    """Force a file, or all files and names in a folder, to the disk."""
    if not is_folder(path):
        sync_file(path)
        return
    for folder, _, names in os.walk(path, topdown=False):
        for name in names:
            sync_file(os.path.join(folder, name))
        sync_folder(folder)


def sync_folder(path: str) -> None:
    """Force the entries of a folder to the disk, where the platform can."""
    # Windows cannot open folders, and some network file systems refuse to sync them.
    with suppress(OSError):
        sync_file(path)


def write_small(path: str, content: bytes, *, durable: bool) -> None:
    """Write a small file so that it is wholly old or wholly new; OSError where it cannot be written."""
    temporary = f"{path}.{owner()}-{os.urandom(4).hex()}~"
    try:
        descriptor = _create(temporary)
        try:
            _write_all(descriptor, content)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        sync_folder(os.path.dirname(path))
    sweep(os.path.dirname(path))


def write_new(path: str, content: bytes) -> None:
    """Write a small file where there is none, and force it to the disk; FileExistsError where there is one."""
    draft = f"{path}.{owner()}-{os.urandom(4).hex()}~"
    write_small(draft, content, durable=True)
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        with open(path, "xb") as file:
            file.write(content)
    finally:
        with suppress(OSError):  # then it is swept later
            os.unlink(draft)
    sync_folder(os.path.dirname(path))


def _create(path: str) -> int:
    try:
        return os.open(path, _CREATING, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, _CREATING, 0o666)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def note_interrupt() -> None:
    """Note that a publication was interrupted: what its context managers hold may be in a cycle of references now."""
    _interrupted.add(True)


def let_go() -> None:
    """After an interrupt, let the collector give back locks and folders that nobody can reach any more."""
    if _interrupted:
        _interrupted.clear()
        gc.collect()


@contextmanager
def private_folder(near: str) -> Iterator[str]:
    """Make a folder of mode 0700 in the folder `near`, and remove it with all that is left in it.

    A private folder keeps the target's base name and suffix, holds companions, and cannot be
    tricked by a symlink; files in it get the user's umask.
    """
    let_go()
    folder = os.path.join(near, f"{_PREFIX}{owner()}-{os.urandom(6).hex()}")
    try:
        # Noted before it is made, and until it is gone: an interrupt may come in between.
        _used.add(folder)
        _made.add(folder)
        _make(folder)
        sweep(near)
        yield folder
    finally:
        _used.discard(folder)
        _clear(folder)


@contextmanager
def private_file(near: str, ending: str) -> Iterator[str]:
    """Name a file in the folder `near` that nobody else knows, and remove it unless it was renamed.

    For a result of one file, where nobody but makeit writes: to remove a folder can take milliseconds.
    """
    let_go()
    path = os.path.join(near, f"{_PREFIX}{owner()}-{os.urandom(6).hex()}{ending}")
    try:
        _used.add(path)
        _made.add(path)
        if near not in _swept:
            os.makedirs(near, exist_ok=True)
        sweep(near)
        yield path
    finally:
        _used.discard(path)
        if path in _made:
            _clear(path)


def write_private(path: str, content: bytes) -> FileStamp:
    """Write a private file in one step; return the stamp that it has then."""
    descriptor = _create(path)
    try:
        _write_all(descriptor, content)
        return stamp_of(os.fstat(descriptor))
    finally:
        os.close(descriptor)


def renamed(path: str) -> None:
    """Note that a private file is in its place, so that nothing is left to be removed."""
    _made.discard(path)


def is_private(path: str) -> bool:
    """Tell whether a path leads through a private folder."""
    return f"{os.sep}{_PREFIX}" in path


def _clear(path: str) -> None:
    try:
        os.rmdir(path)
    except FileNotFoundError:
        pass
    except NotADirectoryError:
        with suppress(OSError):
            os.unlink(path)
    except OSError:
        discard(path)
    _made.discard(path)


def discard(folder: str) -> None:
    """Remove a folder with all that is in it, as far as that goes."""
    # Of errors it ignores none of a close, which network file systems and quotas give. It brings all that compresses
    # along, so it is imported late; where that fails, as for a user who may not read the library, a sweep comes later.
    with suppress(OSError, ImportError):
        remove_tree(folder, ignore_errors=True)


def _make(folder: str) -> None:
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            return os.mkdir(folder, 0o700)
        # Not made yet, or removed as an empty one by somebody who prunes results; makedirs itself
        # raises for a folder that is removed while it looks at it.
        with suppress(FileExistsError):
            os.makedirs(os.path.dirname(folder), exist_ok=True)
    os.mkdir(folder, 0o700)


def sweep(folder: str) -> None:
    """Remove what dead processes left in a folder, looked at once per process, and what interrupts left."""
    for left in _made - _used:
        _clear(left)
    if folder in _swept:
        return
    _swept.add(folder)
    for path in abandoned(folder):
        _remove(path)


def abandoned(folder: str) -> list[str]:
    """Return what dead processes left in a folder: private folders and files, and files that were not renamed."""
    with suppress(OSError), os.scandir(folder) as entries:
        return [entry.path for entry in list(entries) if _is_ours(entry.name) and _is_abandoned(entry)]
    return []


def _is_ours(name: str) -> bool:
    return name.startswith(_PREFIX) or (name.endswith("~") and bool(re.match(_OWNER, name.rpartition(".")[2])))


def _is_abandoned(entry: os.DirEntry[str]) -> bool:
    private = entry.name.startswith(_PREFIX)
    found = re.match(_OWNER, entry.name.removeprefix(_PREFIX) if private else entry.name.rpartition(".")[2])
    if found and found[1] == host():
        return not is_alive(int(found[2]))
    # Of another host or container nobody here can tell, but no save takes a week.
    return time.time() - entry.stat(follow_symlinks=False).st_mtime > _WEEK_S


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        discard(path)
    else:
        with suppress(OSError):
            os.unlink(path)
