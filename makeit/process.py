"""Which process this is, as records and the run log name it."""

from __future__ import annotations

import os
import platform
import sys

import msgspec

from makeit.identity.describe import printable
from makeit.version import __version__


class Process(msgspec.Struct, frozen=True):
    """A process: host, user and number, the script or notebook that it runs, and the versions in it."""

    host: str = ""
    pid: int = 0
    user: str = ""
    program: str = ""
    python: str = ""
    makeit: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


_known: dict[int, Process] = {}


def present() -> Process:
    """Return the present process; a forked child is another one."""
    pid = os.getpid()
    found = _known.get(pid)
    if found is None:
        found = Process(host(), pid, printable(user()), printable(_program()), platform.python_version(), __version__)
        _known[pid] = found
    return found


def host() -> str:
    """Name this host."""
    return printable(platform.node())


def user() -> str:
    """Name the user; a container may run under a number that has no name."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _program() -> str:
    """Name the notebook, where Jupyter says which, or the script; of a package that is run, the package."""
    path = os.environ.get("JPY_SESSION_NAME") or next(iter(getattr(sys, "argv", ())), "")
    folder, name = os.path.split(path)
    return os.path.basename(folder) if name == "__main__.py" else name
