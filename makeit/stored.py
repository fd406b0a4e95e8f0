"""What is stored of a call as it was found, and a value that was brought back from it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from makeit.formats.persister import Persister
from makeit.model import Call, Reason, Record
from makeit.store.ledger import Entry
from makeit.store.outputs import Examined

if TYPE_CHECKING:
    from makeit.store.project import Project


class Stored(NamedTuple):
    """A record with the state of its files, and the persisters that load them."""

    entry: Entry
    persisters: tuple[Persister, ...]
    examined: Examined
    faults: tuple[Reason, ...]
    #: What a run would take over from the arguments otherwise now.
    outdated: tuple[Reason, ...] = ()

    @property
    def record(self) -> Record:
        """The record of the last run."""
        return self.entry.record


class Loaded(NamedTuple):
    """A value that was brought back; a box, because the value may be None."""

    value: Any


def moved(call: Call, record: Record, project: Project) -> Reason:
    """Say which output of a call has another file now than on record."""
    now = [project.relative(output.path) for output in call.outputs]
    for output, old, new in zip(call.outputs, record.outputs, now, strict=True):
        if not output.kept and old.path != new:
            return Reason("output", f"output{output.where} {old.path} → {new}", output.where, old.path, new)
    return Reason("output", "the outputs have other files now", "outputs")


def is_kept_at(stem: str, file: str) -> bool:
    """Tell whether a file is one of a result in the cachedir whose files are named by this stem."""
    return file.startswith(stem) and file[len(stem) :][:1] in ("", ".", os.sep)


def fits(call: Call, record: Record, project: Project) -> bool:
    """Tell whether a record is of the very files of a call: no others are brought back or loaded."""
    relative = project.relative
    return len(call.outputs) == len(record.outputs) and all(
        all(is_kept_at(relative(output.path), file.path) for file in stored.files)
        if output.persister is None
        else [relative(os.fspath(path)) for path in output.persister.files()] == [file.path for file in stored.files]
        for output, stored in zip(call.outputs, record.outputs, strict=True)
    )
