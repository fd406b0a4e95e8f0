"""Power cuts: recorded saves whose disk may have lost whatever was not forced to it, and the call after each.

A save is run once under strace. From the log follow the states that a disk can be in when the power is cut between
two of its system calls: of each write that was not synced nothing, zeros, half or all may be there, and changes of
names may be missing from a point on, over all or folder by folder. Each state is laid out in a folder, with the
stamps that its files would have, and a fresh process calls the function.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import makeit.store
from makeit.formats.tree import Output
from tests.faults import recording, syscall_log
from tests.faults.apart import processes
from tests.faults.crash_saves import SAVES
from tests.faults.suite import Protection, Suite, Tally

# Where a sync costs nothing, if there is such a place: what reached the disk is up to the model, not to the disk.
_MEMORY = Path("/dev/shm")


def _run(names: tuple[str, ...], count: int, without: str) -> Tally:
    """Try about as many states, each save's share of them; all of them where a save has fewer."""
    saves = [save for save in SAVES if not names or save.name in names]
    if why := syscall_log.missing():
        return Tally(skipped=f"{why}, so no save could be recorded and no crash state tried")
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="makeit-crashes-", dir=memory) as place:
        folder = Path(place).resolve()
        recording.record(folder, saves, without)
        return _checked(folder, without, -(-count // len(saves)))


def _checked(folder: Path, without: str, wanted: int) -> Tally:
    """Try the states of recorded saves in processes that share them."""
    command = [sys.executable, "-m", "tests.faults.crash_checks", str(folder), without, str(wanted)]
    shares = processes(without)
    running = [_started([*command, str(share), str(shares)]) for share in range(shares)]
    tally = Tally()
    for process, (printed, complaint) in [(process, process.communicate()) for process in running]:
        if process.returncode:
            raise RuntimeError(f"the states could not be tried: {complaint}")
        found = json.loads(printed)
        tally.add(Tally(found["tried"], Counter(found["faults"]), found["examples"]))
    return tally


def _started(command: list[str]) -> subprocess.Popen[str]:
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=recording.environment(), cwd=recording.HERE, **pipes)


def _suite(name: str, *names: str, reduced: int = 120, full: int = 30_000) -> Suite:
    goal = "crash states: any subset of unsynced writes and names lost: 0 torn, 0 wrong, 0 lost, no litter"
    return Suite(name, goal, partial(_run, names), reduced, full)


def _without_sync(is_skipped: Callable[[str], bool]) -> None:
    """Make `sync_file` do nothing for some paths, wherever the store uses it."""
    for item in pkgutil.iter_modules(makeit.store.__path__, f"{makeit.store.__name__}."):
        module = importlib.import_module(item.name)
        if original := getattr(module, "sync_file", None):
            vars(module)["sync_file"] = partial(_unless, is_skipped, original)


def _unless(is_skipped: Callable[[str], bool], original: Callable[[str], None], path: str) -> None:
    if not is_skipped(path):
        original(path)


def _without_durable(suffix: str) -> None:
    """Write the small files of this suffix in the ledger without forcing them to the disk."""
    from makeit.store import ledger

    original = vars(ledger)["write_small"]

    def write_small(path: str, content: bytes, *, durable: bool) -> None:
        original(path, content, durable=durable and not path.endswith(suffix))

    vars(ledger)["write_small"] = write_small


def _without_digest() -> None:
    from makeit.store import outputs

    # No result counts as small, so that the stamp vouches for each, as if it had come to rest before its record was
    # written: a slow one has. They are staged as ever.
    vars(outputs)["SMALL"] = 0
    vars(outputs)["_settled"] = lambda file, entry: True


def _without_sync_of_parts() -> None:
    """Treat a small part beside a named file as if it were alone."""
    from makeit import keeping

    original = vars(keeping)["stage"]

    def stage(output: Output, *details: Any, small_ok: bool) -> Any:
        return original(output, *details, small_ok=output.kept)

    vars(keeping)["stage"] = stage


SUITES = (_suite("crashes"),)
_NAMED = _suite("crashes of named files", "npy, replaced", "text in a new folder, first")
_FOLDERS = _suite("crashes of files and folders", "npy, replaced", "folder, replaced")
_SEVERAL = _suite("crashes of several outputs", "several outputs, replaced")
_KEPT = _suite("crashes of a kept result", "kept, one more")
PROTECTIONS = (
    Protection("fsync", partial(_without_sync, lambda path: not os.path.isdir(path)), _NAMED, 60),
    Protection("folder fsync", partial(_without_sync, os.path.isdir), _FOLDERS, 60),
    Protection("fsync of records", partial(_without_durable, ".json"), _NAMED, 60),
    Protection("fsync of notes of intent", partial(_without_durable, ".intent"), _NAMED, 60),
    Protection("fsync of small parts beside named files", _without_sync_of_parts, _SEVERAL, 80),
    Protection("digest of small results", _without_digest, _KEPT, 400),
)
