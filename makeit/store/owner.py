"""Who a temporary file is of: the host and the process, by names that no other process has."""

from __future__ import annotations

import functools
import os
from contextlib import suppress

from makeit.identity.digest import checksum


def owner(pid: int | None = None) -> str:
    """Name a process of this host, by default the present one, so that no other process has that name."""
    return f"{host()}-{pid or os.getpid()}"


@functools.cache
def host() -> str:
    """Name this host and process namespace: a pid means nothing in another container."""
    facts = [os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")]
    with suppress(OSError):
        facts.append(str(os.stat("/proc/self/ns/pid").st_ino))
    return checksum("\n".join(facts).encode())[:8]


def is_alive(pid: int) -> bool:
    """Tell whether a process of this host lives; where nobody can tell it does."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
