"""Reuses that were right, kept from process to process: a journal for each made function."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from makeit.identity.stamps import FileStamp
from makeit.store.journal import Journal

if TYPE_CHECKING:
    from makeit.store.project import Project

_LARGEST = 16 << 20
# How many notes that later ones replaced are worth to be left out.
_SURPLUS = 1024


class Noted(NamedTuple):
    """A reuse that was right: its arguments and code, the files that have to be as they were, and its result.

    `key` stands for the arguments, `code` for the code, `anchor` is the path that the record is found by; `call` is the
    id of the call and `fingerprint` that of its result, which is plain: nothing is run to read it.
    """

    key: Hashable
    code: str
    place: str
    record: tuple[int, ...]
    path: str
    file: tuple[int, ...]
    anchor: str
    call: str
    fingerprint: str | None
    value: Any

    @property
    def stamps(self) -> tuple[tuple[str, FileStamp], ...]:
        """The record and the file of the result, with their stamps."""
        return (self.place, FileStamp(*self.record)), (self.path, FileStamp(*self.file))


class Reuses:
    """The reuses of one made function, `name`; those that were noted in another `context` are left out."""

    def __init__(self, project: Project, name: str, context: str) -> None:
        self._journal = Journal.own(os.path.join(project.cachedir, "reuses", name))
        self._context = context
        self._surplus = 0

    def read(self) -> dict[Hashable, tuple[Any, ...]]:
        """Return what is noted, by key: the fields of `Noted`."""
        found: dict[Hashable, tuple[Any, ...]] = {}
        total = 0
        for context, noted in self._journal.read(_LARGEST):
            total += len(noted)
            if context == self._context:
                found.update((one[0], one) for one in noted)
        self._surplus = total - len(found)
        return found

    def append(self, noted: Iterable[tuple[Any, ...]], every: Iterable[tuple[Any, ...]]) -> None:
        """Add reuses; where much of the journal was replaced by later ones, write `every` one anew."""
        anew, self._surplus = self._surplus > _SURPLUS, 0
        self._journal.append((self._context, [tuple(one) for one in (every if anew else noted)]), anew=anew)
