"""The short commit lock: one for each output, held while files are renamed, never while user code runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Literal, TypeAlias

from makeit.identity.digest import checksum
from makeit.store.atomic import let_go

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from makeit.store.project import Project

_TIMEOUT_S = 10.0
#: `held`; `busy`, if somebody else kept it too long; `none`, where the file system has no locks to give.
Held: TypeAlias = Literal["held", "busy", "none"]

# What each thread holds: a signal handler that publishes what its own thread is publishing must not wait for itself.
_mine: set[tuple[int, str]] = set()


@contextmanager
def commit_lock(project: Project, paths: Iterable[str]) -> Iterator[Held]:
    """Lock outputs against other commits; yields whether that worked out.

    Where there are no locks the checks before and after decide what is right; the lock only keeps them from being
    needed. Who finds it busy does not publish: the other one may be between its rename and its record.
    Locks are taken in one order, so that two calls never wait for each other.
    """
    # 23 ms to import, and needed only when a named output is written.
    from filelock import FileLock, Timeout

    let_go()
    folder = f"{project.cachedir}/locks"
    names = [f"{folder}/{checksum(project.relative(path).encode())[:16]}.lock" for path in sorted(set(paths))]
    with ExitStack() as stack:
        held: Held = "held"
        try:
            os.makedirs(folder, exist_ok=True)
            for name in names:
                stack.enter_context(_noted(name))
                # Never an existence lock: those outlive kills.
                stack.enter_context(holding(FileLock(name, timeout=_TIMEOUT_S, fallback_to_soft=False)))
        except (Timeout, _Mine):
            held = "busy"
        except (OSError, NotImplementedError, RuntimeError):
            held = "none"
        yield held


@contextmanager
def holding(lock: BaseFileLock) -> Iterator[None]:
    """Take a lock and give it back, also where an interrupt comes at any moment in between."""
    try:
        lock.acquire()
        yield
    finally:
        # What was done under the lock is done; a lock that cannot be given back goes with the process.
        try:
            with suppress(OSError):
                lock.release(force=True)
        except BaseException:  # interrupted before the system was told: then others would wait for this process
            with suppress(OSError):
                lock.release(force=True)
            raise


class _Mine(Exception):
    """This very thread holds the lock already."""


@contextmanager
def _noted(name: str) -> Iterator[None]:
    mine = threading.get_ident(), name
    if mine in _mine:
        raise _Mine(name)
    try:
        _mine.add(mine)
        yield
    finally:
        _mine.discard(mine)
