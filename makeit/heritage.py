"""What one made function leaves to the next process: its small results, and what has to be as it was for a reuse."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from makeit.identity.copies import copied, is_copyable
from makeit.identity.digest import checksum
from makeit.identity.files import have_stamps, settled
from makeit.identity.given import Remembered, Source
from makeit.store.atomic import SMALL
from makeit.store.reuses import Noted, Reuses

if TYPE_CHECKING:
    from makeit.ground import Ground
    from makeit.identity.code.prints import Look
    from makeit.identity.stamps import FileStamp
    from makeit.model import Call, CodePrint, Record

_REMEMBERED = 1 << 14
# How many notes, and for how long, are gathered until they are written down.
_GATHERED = 256
_GATHERING_S = 1.0
# The kernel's own. What others load may change with their code, which another process may have in another version.
_FORMATS = ("json", "pickle", "text")


class Heritage:
    """The results that are noted of one made function.

    A note holds the result itself, so that no file has to be read for a reuse. Nothing depends on it: a call without
    one goes the whole path.
    """

    def __init__(self, ground: Ground) -> None:
        self._bench = ground.bench
        self._is_single = ground.targets.is_single
        self._reuses = Reuses(ground.bench.project, os.path.basename(ground.targets.folder), ground.context)
        self._noted: dict[Hashable, tuple[Any, ...]] | None = None
        self._gathered: list[Hashable] = []
        self._owner, self._since = 0, 0.0
        self._digest: tuple[Look | CodePrint, str] | None = None

    def notes(self) -> dict[Hashable, tuple[Any, ...]]:
        """Return all that is noted, by the key of the arguments; read at the first call."""
        if self._noted is None:
            self._noted = self._reuses.read() if self._is_single else {}
        return self._noted

    def find(self, key: Hashable, code: Look) -> Noted | None:
        """Return the note of a result of this code whose files have settled since."""
        fields = self.notes().get(key)
        if fields is None or fields[1] != self._digest_of(code):
            return None
        noted, now = Noted(*fields), time.time_ns()
        return noted if all(settled(stamp, now) for _, stamp in noted.stamps) else None

    def remembered(self, noted: Noted) -> Remembered:
        """Return what gives the result of a note."""
        name = self._bench.project.relative(noted.anchor)
        source = Source(name, noted.fingerprint, noted.call) if noted.fingerprint else None
        return Remembered(noted.value, source)

    def takes(self, record: Record, value: Any) -> bool:
        """Tell whether a result that was just stored can be noted: a plain value in one small file."""
        return self._fits(record) and is_copyable(value)

    def note(self, key: Hashable, call: Call, record: Record, written: FileStamp, value: Any) -> None:
        """Note the result of a call, a plain value, with its record as it was written."""
        if not self._fits(record):
            return
        file, notes = record.outputs[0].files[0], self.notes()
        place, path = self._bench.ledger.place(call.anchor), self._bench.project.absolute(file.path)
        code, fingerprint = self._digest_of(call.code), record.outputs[0].fingerprint
        stamps = tuple(written), tuple(file.stamp)
        noted = Noted(key, code, place, stamps[0], path, stamps[1], call.anchor, call.id, fingerprint, copied(value))
        if notes.get(key) == noted:
            return
        if len(notes) >= _REMEMBERED:
            notes.clear()
        notes[key] = noted
        self._gather(key)

    def _fits(self, record: Record) -> bool:
        files = record.outputs[0].files if len(record.outputs) == 1 and self._is_single else ()
        return len(files) == 1 and files[0].size <= SMALL and record.outputs[0].format in _FORMATS

    def _gather(self, key: Hashable) -> None:
        if self._owner != os.getpid():  # what a forked child has inherited its parent writes
            self._gathered, self._owner, self._since = [], os.getpid(), time.monotonic()
        self._gathered.append(key)
        _open.add(self)
        if len(self._gathered) > _GATHERED or time.monotonic() - self._since > _GATHERING_S:
            self.keep()

    def keep(self) -> None:
        """Write down what was gathered and has settled, as far as it is as it was."""
        if self._owner != os.getpid():
            return
        gathered, self._gathered, self._since = self._gathered, [], time.monotonic()
        notes, now = self.notes(), time.time_ns()
        ready = []
        for key in gathered:
            noted = Noted(*notes[key]) if key in notes else None
            if noted is None or not have_stamps(noted.stamps):
                notes.pop(key, None)
            elif all(settled(stamp, now) for _, stamp in noted.stamps):
                ready.append(noted)
            else:
                self._gathered.append(key)
        if ready:
            self._reuses.append(ready, notes.values())

    def _digest_of(self, code: Look | CodePrint) -> str:
        known = self._digest
        if known is None or known[0] is not code:
            text = "\n".join(f"{part.name} {part.fingerprint}" for part in code.parts)
            known = self._digest = code, checksum(text.encode("utf-8", "surrogatepass"))
        return known[1]


# Those that have gathered something that may not be written down yet.
_open: weakref.WeakSet[Heritage] = weakref.WeakSet()


@atexit.register
def _keep_all() -> None:
    for heritage in list(_open):
        heritage.keep()
