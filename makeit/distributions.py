"""Installed distributions that announce something to makeit: found in one look, imported when used."""

from __future__ import annotations

import functools
import importlib
import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Any

from makeit.errors import PluginError
from makeit.installed import METADATA, Folder, Installed, announcements, headers
from makeit.version import __version__

KERNEL = "makeit-core"
HOOKS, FORMATS, SUFFIXES = "makeit", "makeit.persisters", "makeit.suffixes"
_ENTRY_POINTS = "entry_points.txt"
# Compiled at the first use.
_VALUE = r"(?P<module>[\w.]+)\s*(:\s*(?P<names>[\w.]+)\s*)?(\[.*\]\s*)?"
_MAJOR, _MINOR = map(int, __version__.split(".")[:2])
# What a plugin made for this series asks for. Anything else is read with packaging, which takes 11 ms to import.
_USUAL = {"", f">={_MAJOR}.{_MINOR}", f">={_MAJOR}.{_MINOR}.0", f"<{_MAJOR}.{_MINOR + 1}", f"<{_MAJOR + 1}"}


class Announced:
    """An entry point of a distribution, not imported yet."""

    __slots__ = ("distribution", "group", "name", "value")

    def __init__(self, group: str, name: str, value: str, distribution: Distribution) -> None:
        self.group, self.name, self.value = group, name, value
        self.distribution = distribution

    def load(self) -> Any:
        """Import what is announced; PluginError names it, its distribution with version, and the cause."""
        noun = "plugin" if self.group == HOOKS else "format"
        what = f"the {noun} {self.name!r} of {self.distribution.origin}"
        try:
            mismatch = self.distribution.mismatch
            if mismatch is None:
                return _named(self.value)
        # Importing somebody else's module can fail in any way, and some modules end the process.
        except (Exception, SystemExit) as error:
            raise PluginError(f"{what} cannot be loaded: {type(error).__name__}: {error}", name=self.name) from error
        raise PluginError(f"{what} {mismatch}", name=self.name)


class Distribution:
    """An installed distribution with what it announces, in the order of its entry points."""

    def __init__(
        self,
        name: str,
        version: str,
        requires: Sequence[str],
        announced: Sequence[tuple[str, str, str]],
        files: Sequence[str] = (),
    ) -> None:
        self.name, self.version, self._requires = name, version, requires
        self._mismatch: str | None = None
        self.announced = tuple(Announced(*point, self) for point in announced)
        #: The files that all this was read from, as far as they are files.
        self.files = files

    @property
    def plain(self) -> tuple[Any, ...]:
        """What to make it of once more, in built-in types."""
        announced = [(point.group, point.name, point.value) for point in self.announced]
        return self.name, self.version, list(self._requires), announced, list(self.files)

    @property
    def origin(self) -> str:
        """The name and version, for messages and records."""
        return f"{self.name} {self.version}"

    @property
    def mismatch(self) -> str | None:
        """What the distribution says against this version of the kernel, or None."""
        # No cached_property: in Python 3.11 it has a lock, which a forked child would inherit.
        if self._mismatch is None:
            self._mismatch = self._compared() or ""
        return self._mismatch or None

    def _compared(self) -> str | None:
        for requirement in self._requires:
            if "makeit" not in requirement.lower():
                continue
            # Not with `re`: to compile the patterns would take longer than all the rest.
            name = "".join(takewhile(lambda letter: letter.isalnum() or letter in "_.-", requirement))
            if normalized(name) == KERNEL and not _is_met(requirement, len(name)):
                needed = requirement.partition(";")[0].replace(" ", "")
                return (
                    f"needs {needed}, but {KERNEL} {__version__} is installed; "
                    "install versions of the two that fit each other"
                )
        return None


def _is_met(requirement: str, end: int) -> bool:
    versions = "".join(letter for letter in requirement[end:] if not (letter.isspace() or letter in "()"))
    if _USUAL.issuperset(versions.split(",")):
        return True
    from packaging.requirements import Requirement

    needed = Requirement(requirement)
    applies = needed.marker is None or needed.marker.evaluate({"extra": ""})
    return not applies or needed.specifier.contains(__version__, prereleases=True)


def _named(value: str) -> Any:
    """Import what an entry point names: `package.module:name.attribute`."""
    module, colon, name = value.partition(":")
    names = name.split(".") if colon else []
    if all(map(str.isidentifier, (*module.split("."), *names))):  # as most are written: no white space, no extras
        return functools.reduce(getattr, names, importlib.import_module(module))
    found = re.fullmatch(_VALUE, value)
    if found is None:
        raise ValueError(f"{value!r} names no object; it is written module:name")
    names = found["names"].split(".") if found["names"] else []
    return functools.reduce(getattr, names, importlib.import_module(found["module"]))


def _headers(found: Installed) -> tuple[str, str, list[str]]:
    try:
        given = headers(found)
        first = dict(reversed(given))
        return normalized(first["name"]), first["version"], [text for name, text in given if name == "requires-dist"]
    except Exception:  # what an interrupted installation leaves has no METADATA, or half of it
        return "?", "?", []


def announcing(found: Iterable[Distribution], disabled: frozenset[str] = frozenset()) -> tuple[Distribution, ...]:
    """Return the distributions that are not switched off; of two with one name the first on the path counts."""
    kept: dict[object, Distribution] = {}
    for one in found:
        if not is_disabled(one.name, disabled):
            kept.setdefault(one if one.name == "?" else one.name, one)
    return tuple(kept.values())


def read(found: Installed) -> Distribution | None:
    """Return what a distribution announces to makeit, or None.

    Each is read on its own, so that a damaged one hides no other, and only where its entry points speak of makeit.
    """
    try:
        text = found.read_text(_ENTRY_POINTS) or ""
        if f"[{HOOKS}" not in text:
            return None
        announced = [point for point in announcements(text) if point[0] in (HOOKS, FORMATS, SUFFIXES)]
        path = found.path if isinstance(found, Folder) else None
        files = [os.path.join(path, name) for name in (_ENTRY_POINTS, *METADATA)] if path else ()
        return Distribution(*_headers(found), announced, files)
    except Exception:  # entry points that cannot be read announce nothing
        return None


def stamps() -> tuple[tuple[str, int], ...]:
    """Return the times of the folders on the path, which change when something is installed there."""
    found = []
    for folder in sys.path:
        with suppress(OSError):
            found.append((folder, os.stat(folder or ".").st_mtime_ns))
    return tuple(found)


def normalized(name: str) -> str:
    """Return a distribution's name in the form in which two spellings are equal."""
    plain = name.lower().replace("_", "-").replace(".", "-")
    while "--" in plain:
        plain = plain.replace("--", "-")
    return plain


def is_disabled(name: str, disabled: frozenset[str]) -> bool:
    """Tell whether a distribution is switched off; the kernel's own never is."""
    return name != KERNEL and ("*" in disabled or name in disabled)
