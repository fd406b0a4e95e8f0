"""Which files are trusted so far that what they hold may run: those that nobody else can write."""

from __future__ import annotations

import os
import stat


def distrust(path: str) -> str | None:
    """Say why a file that could run code when loaded is not to be trusted; None if it is.

    It and its folder have to belong to this user or root, and not be writable by everybody.
    """
    if not hasattr(os, "getuid"):
        return None
    for place in (path, os.path.dirname(path)):
        try:
            found = os.stat(place)
        except (FileNotFoundError, NotADirectoryError):
            return None  # removed since it was looked at: loading it will tell
        except OSError as error:
            return f"{place} cannot be looked at: {error}"
        if found.st_uid not in (os.getuid(), 0):
            return f"{place} belongs to another user; check it, then chown it to yourself or delete it"
        sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
        if found.st_mode & stat.S_IWOTH and not sticky:
            return f"{place} can be written by everybody; run chmod o-w on it"
    return None
