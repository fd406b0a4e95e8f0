"""Files and folders moved, linked and removed as wholes: what `rename` does for files, for folders, too."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable

from makeit.identity.trees import is_folder

# Of <fcntl.h> and <linux/fs.h>; the same number on macOS (<sys/stdio.h>) under the name RENAME_SWAP.
_AT_FDCWD = -100
_EXCHANGE = 2


def put(private: str, target: str) -> bool:
    """Rename a file or folder into place; the old one, if it cannot be replaced so, is left at `private`: False then.

    A folder is exchanged with what is there in one step where the system can. Where it cannot, there is a moment
    without either: then a kill leaves nothing at the target, and the old one beside it.
    """
    try:
        os.replace(private, target)
    except OSError:
        if not os.path.isdir(private) and not os.path.isdir(target):
            raise
        exchange = _exchange()
        if exchange is None or not exchange(os.fsencode(private), os.fsencode(target)):
            _move_aside(private, target)
        return False
    return True


def _move_aside(private: str, target: str) -> None:
    aside = f"{private}.old"
    os.rename(target, aside)
    try:
        os.rename(private, target)
    except OSError:
        os.rename(aside, target)
        raise


@functools.cache
def _exchange() -> Callable[[bytes, bytes], bool] | None:
    """Return what exchanges two names in one step, or None where the system has nothing of the kind."""
    if os.name != "posix":
        return None
    import ctypes  # for folders alone

    system = ctypes.CDLL(None)
    if hasattr(system, "renamex_np"):  # macOS
        return lambda one, other: system.renamex_np(one, other, _EXCHANGE) == 0
    if hasattr(system, "renameat2"):  # Linux
        return lambda one, other: system.renameat2(_AT_FDCWD, one, _AT_FDCWD, other, _EXCHANGE) == 0
    return None


def link(source: str, target: str) -> None:
    """Make a second name for a file, or for every file in a folder.

    A copy of what a symbolic link leads to, and where the file system has no hard links.
    """
    if is_folder(source):
        import shutil  # with all that compresses, here and below

        shutil.copytree(source, target, symlinks=True, copy_function=_link)
    else:
        _link(source, target)


def _link(source: str, target: str) -> None:
    if os.path.islink(source):
        # A relative link would lead nowhere from another folder, and an object of git-annex is not to get a second
        # name that somebody may write to.
        import shutil

        shutil.copyfile(source, target)
        return
    try:
        os.link(source, target)
    except OSError:
        import shutil

        shutil.copy2(source, target)


def remove(path: str) -> None:
    """Remove a file, or a folder with all that is in it; OSError where that cannot be done."""
    if os.path.isdir(path) and not os.path.islink(path):
        remove_tree(path)
    else:
        os.unlink(path)


def remove_tree(folder: str, *, ignore_errors: bool = False) -> None:
    """Remove a folder with all that is in it, as `shutil.rmtree` does, but let no interrupt be lost."""
    import shutil

    try:
        shutil.rmtree(folder, ignore_errors=ignore_errors)
    except OSError as error:
        # Interrupted just after it closed a folder, it closes that once more, and raises what comes of that instead.
        hidden = error.__context__
        if hidden is not None and not isinstance(hidden, Exception):
            raise hidden from None
        raise
