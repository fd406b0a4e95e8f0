"""Results that came along when a project was moved or copied, while the cachedir with their records stayed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve

from makeit.model import ArgumentRecord, OutputRecord, Record
from makeit.store.ledger import Damaged, Entry, Ledger

if TYPE_CHECKING:
    from makeit.identity.stamps import FileStamp
    from makeit.store.project import Project


class Relocated(Entry):
    """The record of a result in another root, with the names of this one; `before` is what this one has itself."""

    __slots__ = ("before",)

    def __init__(self, record: Record, stamp: FileStamp, before: Record | None = None) -> None:
        super().__init__(record, stamp)
        self.before = before

    def of(self, call: str) -> Relocated:
        """Return the same as the record of a call with this id."""
        return Relocated(evolve(self.record, call=call), self.stamp, self.before)


def relocated(
    project: Project, path: str, find: Callable[[str], Entry | Damaged | None], before: Record | None = None
) -> Iterator[Relocated]:
    """Yield what `find` finds in other roots of the cachedir: right here only where the files are the same."""
    for other in project.elsewhere(path):
        entry = find(other)
        if isinstance(entry, Entry):
            move = _Move(project, other.removesuffix(path[len(project.root) :]))
            yield Relocated(move.record(entry.record), entry.stamp, before)


def brought(project: Project, ledger: Ledger, anchor: str, before: Record | None) -> Iterator[Relocated]:
    """Yield what other roots have on record of an output that lies here, the newest first.

    Nothing where its result was forgotten here, or a run cut off: then the next call is to run.
    """
    if project.is_kept(anchor):
        return  # no other root has it
    with suppress(OSError):
        if os.path.lexists(anchor) and not ledger.intended(anchor):
            found = list(relocated(project, anchor, ledger.read, before))
            yield from sorted(found, key=lambda entry: entry.mtime_ns, reverse=True)


class _Move(NamedTuple):
    """The way of names from another root into that of a project."""

    project: Project
    start: str

    def record(self, record: Record) -> Record:
        """Return a record with the names of files as they are here: its outputs, its code, and what it was given."""
        code = {name: evolve(part, file=part.file and self._name(part.file)) for name, part in record.code.items()}
        arguments = {name: self._argument(argument) for name, argument in record.arguments.items()}
        change = record.change
        if change and change.before:
            change = evolve(change, before=self.record(change.before))
        outputs, defined = tuple(map(self._output, record.outputs)), self._name(record.defined)
        return evolve(record, outputs=outputs, arguments=arguments, change=change, code=code, defined=defined)

    def _argument(self, argument: ArgumentRecord) -> ArgumentRecord:
        # Which results it was stays as it is: those are still on record there.
        return evolve(argument, files=tuple(map(self._name, argument.files)))

    def _output(self, output: OutputRecord) -> OutputRecord:
        files = tuple(evolve(file, path=self._name(file.path)) for file in output.files)
        return evolve(output, path=self._name(output.path), files=files)

    def _name(self, name: str) -> str:
        path = self.project.absolute(name)
        inside = path.startswith(self.start + os.sep) and not path.startswith(self.project.cachedir + os.sep)
        return self.project.relative(self.project.root + path[len(self.start) :]) if inside else name
