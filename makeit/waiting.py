"""One caller at a time for one call: what `once` asks for."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

from makeit import notices
from makeit.identity.digest import checksum
from makeit.model import Call
from makeit.store.lock import holding
from makeit.store.owner import owner

if TYPE_CHECKING:
    from makeit.store.project import Project

# A wait ends when the holder dies; these are for locks that are not to be trusted, and for calls that are made
# in a pool of threads inside of a call that holds a turn, which nobody can tell from others.
_PATIENCE_S = 24 * 3600.0
_PATIENCE_INSIDE_S = 600.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 1.0

# Who holds a turn never waits for another: two callers whose calls are nested the other way round would wait for
# each other.
_holds: ContextVar[bool] = ContextVar("makeit_holds_turn", default=False)
_held: set[str] = set()


class Turn:
    """The turn of one caller to run a call; without `once` it is everybody's, at once.

    `with turn:` keeps it until the result is stored; `pauses()` gives the seconds to sleep until it is one's own.
    """

    def __init__(self, project: Project, call: Call, once: bool | float) -> None:
        # A call with an argument that has no fingerprint is equal to no other.
        self.wanted = once is not False and None not in call.fingerprints.values()
        self._folder = f"{project.cachedir}{os.sep}locks"
        self._place = f"{self._folder}{os.sep}{checksum(call.id.encode())[:16]}.once" if self.wanted else ""
        self._label = call.label
        self._patience = _PATIENCE_S if once is True else float(once)
        self._lock = ExitStack()

    def pauses(self) -> Iterator[float]:
        """Yield how long to sleep before the next try; ends when the turn is this caller's, or waiting is no good."""
        started, pause = time.monotonic(), _FIRST_PAUSE_S
        while self.wanted and not self._take() and not _holds.get() and not self._parent_holds():
            patience = min(self._patience, _PATIENCE_INSIDE_S) if _held else self._patience
            left = started + patience - time.monotonic()
            if left <= 0:
                notices.warn(
                    f"{self._label} runs although another caller is running it: it took longer than {patience:g} s"
                )
                return
            if pause == _FIRST_PAUSE_S:
                notices.log(notices.INFO, f"{self._label} waits for another caller that is running it")
            yield min(pause, left)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _take(self) -> bool:
        """Try to lock; True also where no lock is to be had, because then nobody can be waited for."""
        from filelock import FileLock, Timeout

        try:
            os.makedirs(self._folder, exist_ok=True)
            # Not bound to a thread: a coroutine may go on in another. Never an existence lock: it outlives a kill.
            lock = FileLock(self._place, timeout=0, thread_local=False, fallback_to_soft=False)
            self._lock.enter_context(holding(lock))
        except Timeout:
            return False
        except (OSError, NotImplementedError, RuntimeError):
            return True
        self._lock.enter_context(_noted(self._place))
        self._sign(owner())
        return True

    def _sign(self, name: str) -> None:
        with suppress(OSError), open(self._place, "w", encoding="ascii") as file:
            file.write(name)

    def _parent_holds(self) -> bool:
        """Tell whether the process that started this one holds a turn: then it may be waiting for this one."""
        parents = {owner(os.getppid())}
        process = sys.modules.get("multiprocessing.process")
        logical = process.parent_process() if process else None
        if logical is not None:
            parents.add(owner(logical.pid))
        with suppress(OSError), os.scandir(self._folder) as entries:
            return any(_signed(entry.path) in parents for entry in entries if entry.name.endswith(".once"))
        return False

    def __enter__(self) -> Turn:
        return self

    def __exit__(self, *error: object) -> None:
        if not self.wanted:
            return
        with self._lock:
            if self._place in _held:
                self._sign("")


@contextmanager
def _noted(place: str) -> Iterator[None]:
    """Note that this caller holds a turn; not a method, since a cycle of references would outlive an interrupt."""
    tokens: list[Token[bool]] = []
    try:
        # One step of the interpreter: an interrupt cannot come between what is set and what undoes it.
        tokens.extend(map(_holds.set, (True,)))
        _held.add(place)
        yield
    finally:
        try:
            if tokens:
                _holds.reset(tokens[0])
        except ValueError:  # closed in another context than the one that it ran in
            pass
        finally:
            _held.discard(place)


def _signed(place: str) -> str:
    with suppress(OSError, UnicodeDecodeError), open(place, encoding="ascii") as file:
        return file.read(64)
    return ""
