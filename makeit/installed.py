"""Installed distributions as they lie in the folders of the path, without the 30 ms that importlib.metadata takes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from makeit.identity.digest import FLAGS, read_all

#: Where the headers of a distribution are; of an old one that is a file, in itself.
METADATA = ("METADATA", "PKG-INFO", "")
_SUFFIXES = (".dist-info", ".egg-info")
_ABSENT = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)


class Installed(Protocol):
    """A distribution whose files can be read, as one of `importlib.metadata`."""

    def read_text(self, filename: str) -> str | None:
        """Return what a file of its metadata says, or None where there is none."""
        ...


class Folder(NamedTuple):
    """The folder with the metadata of a distribution; of old ones it is a file, whose name is empty in there."""

    path: str

    def read_text(self, filename: str) -> str | None:
        """Return what a file says, or None where there is none."""
        try:
            descriptor = os.open(f"{self.path}{os.sep}{filename}" if filename else self.path, FLAGS)
        except _ABSENT:
            return None
        try:
            return read_all(descriptor, os.fstat(descriptor).st_size).decode("utf-8")
        except _ABSENT:
            return None
        finally:
            os.close(descriptor)


def installed() -> Iterator[Installed]:
    """Yield the installed distributions, in the order of the path."""
    if asks_finders():
        import importlib.metadata

        yield from importlib.metadata.distributions()
        return
    for place in sys.path:
        yield from in_place(os.fspath(place) or os.curdir)


def asks_finders() -> bool:
    """Tell whether a finder of somebody's own may know distributions that lie elsewhere."""
    return any(hasattr(finder, "find_distributions") and not _is_pythons(finder) for finder in sys.meta_path)


def _is_pythons(finder: object) -> bool:
    return getattr(finder, "__module__", "").startswith(("_frozen_importlib", "importlib"))


def in_place(place: str) -> Iterator[Installed]:
    """Yield the distributions in one folder of the path, or in an archive."""
    try:
        names = os.listdir(place)
    except NotADirectoryError:  # a zip archive
        import importlib.metadata

        yield from importlib.metadata.distributions(path=[place])
        return
    except OSError:
        return
    is_egg = place.endswith(".egg")
    for name in names:
        if name.lower().endswith(_SUFFIXES) or (is_egg and name.lower() == "egg-info"):
            yield Folder(os.path.join(place, name))


def headers(found: Installed) -> list[tuple[str, str]]:
    """Return the headers of a distribution's metadata, names in lower case, as they come."""
    text = next((text for name in METADATA if (text := found.read_text(name))), "")
    lines: list[tuple[str, str]] = []
    for line in text.splitlines():
        if not line:
            break
        if line[0].isspace():  # the header before goes on
            if lines:
                lines[-1] = lines[-1][0], f"{lines[-1][1]} {line.strip()}"
            continue
        name, _, value = line.partition(":")
        lines.append((name.strip().lower(), value.strip()))
    return lines


def announcements(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield group, name and value of each line of entry points; ValueError for a line without a value."""
    group = ""
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            group = line.strip("[]")
        else:
            name, value = line.split("=", 1)
            yield group, name.strip(), value.strip()
