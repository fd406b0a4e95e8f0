"""The look at what is installed, folder by folder; what it found is kept until something is installed there."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, TypeAlias

from makeit.distributions import Distribution, read
from makeit.identity.files import settled, stamp_of
from makeit.identity.stamps import FileStamp
from makeit.installed import Installed, asks_finders, in_place, installed
from makeit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from makeit.store.journal import Journal

_LARGEST = 1 << 20
# A path, and the stamp that the file or folder there had.
_Stamp: TypeAlias = tuple[str, tuple[int, ...] | None]
# The stamps of each folder, and the distributions in it, in built-in types.
_Known: TypeAlias = dict[str, tuple[list[_Stamp], list[tuple[Any, ...]]]]


class Scan:
    """What is announced in each folder of the path.

    A folder has another time once something was installed or removed. The files that announcements were read from are
    looked at, too: they can be rewritten in place.
    """

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._context = f"{__version__} {sys.hexversion:x}"
        self._known: _Known | None = None
        #: Whether something was found that no journal has.
        self.is_new = False

    def announced(self) -> Iterator[Distribution]:
        """Yield the distributions that announce something, in the order of the path."""
        if asks_finders():
            yield from _read(installed())
            return
        if self._known is None:
            noted = self._journal.read(_LARGEST) if self._journal else ()
            self._known = next((known for context, known in noted if context == self._context), {})
        for place in sys.path:
            yield from self._in_place(os.path.abspath(place), self._known)

    def forget(self) -> None:
        """Look at everything anew the next time."""
        self._known = {}

    def keep(self, journal: Journal) -> None:
        """Keep what was found for the next process, in the project that is worked in now: it need not be the first."""
        if self.is_new:
            self.is_new = False
            journal.append((self._context, self._known), anew=True)

    def _in_place(self, place: str, known: _Known) -> list[Distribution]:
        stamps, distributions = known.get(place, ([], []))
        if stamps and all(_stamp(path) == stamp for path, stamp in stamps):
            return [Distribution(*fields) for fields in distributions]
        began, stamps = time.time_ns(), [(place, _stamp(place))]
        found = list(_read(in_place(place)))
        stamps += [(path, _stamp(path)) for one in found for path in one.files]
        if all(stamp is None or settled(FileStamp(*stamp), began) for _, stamp in stamps):
            known[place] = stamps, [one.plain for one in found]
            self.is_new = True
        return found


def _read(found: Iterable[Installed]) -> Iterator[Distribution]:
    return (one for one in map(read, found) if one is not None)


def _stamp(path: str) -> tuple[int, ...] | None:
    try:
        return tuple(stamp_of(os.stat(path)))
    except OSError:
        return None
