"""The roots of the projects that share a cachedir: one has the relative names in its records, the others are noted."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from makeit.identity.digest import checksum
from makeit.identity.files import content_of, have_stamps, settled, stamp
from makeit.identity.stamps import FileStamp
from makeit.store.atomic import sweep, write_new, write_small

#: Where relative names start that nobody knows the root of: no file can lie below it.
NOWHERE = os.devnull
#: What a cachedir is called that belongs to the folder it lies in, and needs no note.
OWN = ".makeit"
_HOME = "home"
# Notes that need not be read at each run: which root they name, and the stamps that they had then.
_claimed: dict[str, tuple[str, FileStamp]] = {}


def home(cachedir: str, root: str) -> str:
    """Return the root that relative names in the records of a cachedir start at; `root` where nobody has them yet.

    NOWHERE, if that cannot be read: then no project gets relative names, and none can take another's. Where the note
    is damaged that is so for good; where it is out of reach, `vouch` refuses.
    """
    if os.path.basename(cachedir) == OWN:
        found: str | None = os.path.dirname(cachedir)
    else:
        try:
            found = _read(cachedir, _HOME)
        except (OSError, ValueError):
            return NOWHERE
    return root if found is None or _is_same(found, root) else found


def vouch(cachedir: str, home: str) -> None:
    """Raise OSError where relative names were out of reach when they were looked for, so that no file has a name now.

    What was recorded by other names, nobody would find later.
    """
    if home == NOWHERE and not is_damaged(cachedir):
        raise OSError(f"{_note(cachedir, _HOME)} was out of reach when it was looked for")


def is_damaged(cachedir: str) -> bool:
    """Tell whether it is lost for good where relative names start: then nobody has them."""
    with suppress(OSError):
        try:
            _read(cachedir, _HOME)
        except (ValueError, IsADirectoryError):
            return True
    return False


def enter(cachedir: str, home: str, root: str) -> None:
    """Note the root of a project that is going to write records, by relative names if its `home` is the root.

    OSError where that cannot be done, or another root got the relative names meanwhile.
    """
    vouch(cachedir, home)
    if os.path.basename(cachedir) != OWN and home != NOWHERE:
        _claim(cachedir, home)
    if root != home and not os.path.exists(_note(cachedir, _name(root))):
        write_small(_note(cachedir, _name(root)), _sealed(root), durable=False)


def others(cachedir: str, home: str, root: str) -> list[str]:
    """Return the other roots that records of a cachedir are of, or were before a project was moved."""
    found = [home]
    with suppress(OSError):
        for name in sorted(os.listdir(_note(cachedir, ""))):
            with suppress(OSError, ValueError):
                found.append(_read(cachedir, name) or root)
    return [other for other in dict.fromkeys(found) if other != root]


def _claim(cachedir: str, root: str) -> None:
    place = _note(cachedir, _HOME)
    known = _claimed.get(place)
    if known and known[0] == root and have_stamps([(place, known[1])]):
        return
    sweep(os.path.dirname(place))
    if not os.path.lexists(place):
        # A project that has its cachedir inside takes it along when it is moved.
        inside = cachedir.startswith(root + os.sep)
        with suppress(FileExistsError):
            write_new(place, _sealed(os.path.relpath(root, cachedir) if inside else root))
    before, now = stamp(place), time.time_ns()
    if home(cachedir, root) != root:
        raise OSError(f"relative names in {cachedir} do not start at {root} now, as {place} says")
    # At rest before it was read: whoever changes it gives it another stamp.
    if before and settled(before, now):
        _claimed[place] = root, before


def _note(cachedir: str, name: str) -> str:
    return os.path.join(cachedir, "roots", name)


def _name(root: str) -> str:
    return checksum(os.fsencode(root))[:16]


def _sealed(root: str) -> bytes:
    # No JSON: names of folders need not be UTF-8.
    line = os.fsencode(root) + b"\n"
    return checksum(line).encode() + b" " + line


def _read(cachedir: str, name: str) -> str | None:
    try:
        content, _ = content_of(_note(cachedir, name))
    except FileNotFoundError:
        return None
    digits, _, line = content.partition(b" ")
    if digits != checksum(line).encode() or b"\0" in line:
        raise ValueError(f"the note {_note(cachedir, name)} is damaged")
    return os.path.normpath(os.path.join(cachedir, os.fsdecode(line[:-1])))


def _is_same(one: str, other: str) -> bool:
    """Tell whether two roots are one folder, perhaps by two paths."""
    if one == other:
        return True
    with suppress(OSError):
        return os.path.samefile(one, other)
    return False
