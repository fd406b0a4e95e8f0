"""The short commit lock: one for each output, held while files are renamed, never while user code runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from makeit.identity.digest import checksum

if TYPE_CHECKING:
    from makeit.store.project import Project

_TIMEOUT_S = 10.0


@contextmanager
def commit_lock(project: Project, paths: Iterable[str]) -> Iterator[bool]:
    """Lock outputs against other commits; yields False where that took too long or cannot be done.

    The checks before and after decide what is right; the lock only keeps them from being needed.
    Locks are taken in one order, so that two calls never wait for each other.
    """
    # 23 ms to import, and needed only when a named output is written. Never an existence lock: those outlive kills.
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        try:
            os.makedirs(f"{project.cachedir}/locks", exist_ok=True)
            for path in sorted(set(paths)):
                name = f"{project.cachedir}/locks/{checksum(project.relative(path).encode())[:16]}.lock"
                held.enter_context(FileLock(name, timeout=_TIMEOUT_S, fallback_to_soft=False))
            complete = True
        except (Timeout, OSError, NotImplementedError):
            complete = False
        yield complete
