"""What goes: results in the cachedir that were replaced, given up, or are more than are to be kept."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress

from makeit.records import Record
from makeit.store.ledger import Entry
from makeit.store.moving import remove
from makeit.store.outputs import Outputs

# A living process may have put a result in its place and not written its record yet.
_HOUR_S = 3600
_collected: set[str] = set()


def discard(outputs: Outputs, record: Record, kept: Record | None = None) -> None:
    """Remove the files that a record keeps inside the cachedir, less those that another record needs."""
    project = outputs.project
    needed = {file.path for output in kept.outputs for file in output.files} if kept else set()
    for output in record.outputs:
        for file in output.files:
            path = project.absolute(file.path)
            if project.is_kept(path) and file.path not in needed:
                _discard(path, project.results)


def _discard(path: str, top: str) -> None:
    """Remove a file, and the folders above it that are empty then, below the folder of each function."""
    with suppress(OSError):
        remove(path)
        folder = os.path.dirname(path)
        while os.path.dirname(folder) != top:
            os.rmdir(folder)
            folder = os.path.dirname(folder)


def disown(outputs: Outputs, anchor: str, record: Record | None, others: Sequence[Record]) -> None:
    """Give up the result of a record: files in the cachedir go, named ones stay.

    A note of intent keeps them known as makeit's own, so that the next run may replace them, and that run from taking
    what `others`, the records of other roots, say of them.
    """
    known: dict[str, tuple[str, ...]] = {}
    for one in [record, *others] if record else others:
        for output in one.outputs:
            for file in output.files:
                if not outputs.project.is_kept(outputs.project.absolute(file.path)):
                    known[file.path] = (*known.get(file.path, ()), *(() if output.adopted else (file.digest,)))
    if others or any(known.values()):
        outputs.ledger.intend(anchor, known)
    if record:
        discard(outputs, record)


def records_by_age(folder: str) -> list[str]:
    """Return the record files in a folder of the ledger, the newest first."""
    with suppress(OSError), os.scandir(folder) as entries:
        found = [(entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name.endswith(".json")]
        return [path for _, path in sorted(found, reverse=True)]
    return []


def prune(outputs: Outputs, folder: str, keep: int, current: str) -> None:
    """Remove all but the newest `keep` results of a function inside the cachedir; `current` stays."""
    for place in [path for path in records_by_age(folder) if path != current][keep - 1 :]:
        _prune_one(outputs, place)


def collect(outputs: Outputs, folder: str) -> None:
    """Remove results in a function's folder that no record knows: their writers were killed; once per process."""
    if folder in _collected:
        return
    _collected.add(folder)
    now = time.time()
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in list(entries):
            place = outputs.ledger.place(outputs.project.kept_anchor(entry.path))
            orphaned = not entry.name.startswith(".") and not os.path.exists(place)
            if orphaned and now - entry.stat().st_mtime > _HOUR_S:
                remove(entry.path)


def _prune_one(outputs: Outputs, place: str) -> None:
    entry = outputs.ledger.read_place(place)
    if isinstance(entry, Entry):
        discard(outputs, entry.record)
        if any(not outputs.project.is_kept(outputs.project.absolute(item.path)) for item in entry.record.outputs):
            return  # it still says who wrote its named files
    with suppress(OSError):
        os.unlink(place)
