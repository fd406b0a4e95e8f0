"""All that could be removed of one project: results, earlier results, and what no record names any more."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Literal, TypeAlias

from attrs import evolve, field

from makeit.attributes import frozen
from makeit.records import FileRecord, Record
from makeit.review.loading import Functions, Gone
from makeit.store.catalogue import Catalogue, Filed
from makeit.store.history import VERSION_RECORD, shelves
from makeit.store.ledger import Pointer
from makeit.store.leftovers import Leftover, Leftovers, Mentioned, bytes_of, is_astray

Kind: TypeAlias = Literal["result", "earlier", "leftover"]


@frozen
class Candidate:
    """Something that can be removed: where it or its record lies, its bytes, and how long it takes to make it again.

    `seconds` are those of its run, less those of results that were made inside of it: they are kept by themselves.
    `used` is when it ran last, or when a person said something of it since; nobody notes when a result is reused.
    `number` counts earlier results of one output, the newest being 0; `gone` says that its function is no more, and
    why; `named` that files outside of the cachedir are among what goes.
    """

    kind: Kind
    label: str
    place: str
    size: int
    seconds: float = 0.0
    used: float = 0.0
    function: str = ""
    call: str = ""
    number: int = 0
    gone: str = ""
    named: bool = False
    why: str = ""

    @property
    def worth(self) -> float:
        """The seconds of work that each of its bytes stands for."""
        return self.seconds / max(self.size, 1)


@frozen
class _Run:
    """When a call ran, and for how long."""

    started: float
    seconds: float


@frozen(eq=False)
class Inventory:
    """Reads the ledger and the history once; `named` counts files outside of the cachedir, too.

    With `orphans` the modules of functions are loaded, to see which functions are no more.
    """

    catalogue: Catalogue
    named: bool = False
    orphans: bool = False
    _mentioned: Mentioned = field(factory=Mentioned, init=False)
    _kept_once: set[str] = field(factory=set, init=False)
    _kept_twice: set[str] = field(factory=set, init=False)
    _astray: list[Leftover] = field(factory=list, init=False)
    _runs: dict[str, _Run] = field(factory=dict, init=False)
    _nested: list[tuple[str, _Run]] = field(factory=list, init=False)

    def results(self) -> list[Candidate]:
        """Return the calls of which something can go."""
        functions = Functions(self.catalogue.project) if self.orphans else None
        found = []
        for filed in self._filed():
            self._note(filed)
            size = self._size(filed.record)
            if size is not None:
                gone = functions.find(filed.record) if functions else None
                cause = gone.cause if isinstance(gone, Gone) else ""
                found.append(evolve(_candidate("result", filed, size), gone=cause, named=self._goes_out(filed.record)))
        inside = self._inside()
        return [evolve(one, seconds=max(0.0, one.seconds - inside.get(one.call, 0.0))) for one in found]

    def earlier(self) -> list[Candidate]:
        """Return the earlier results of named files."""
        found: list[Candidate] = []
        shelf, number = "", 0
        for folder in shelves(self.catalogue.project):
            filed = self.catalogue.read(os.path.join(folder, VERSION_RECORD))
            shelf, number = os.path.dirname(folder), number + 1 if shelf == os.path.dirname(folder) else 0
            if isinstance(filed, Filed):
                self._mentioned.note(filed.record)
                size = sum(file.size for output in filed.record.outputs for file in output.files)
                found.append(evolve(_candidate("earlier", filed, size), number=number))
        return found

    def leftovers(self) -> Iterator[Candidate]:
        """Yield what belongs to no record; asked after `results` and `earlier`, which note what records name."""
        leftovers = Leftovers(self.catalogue.project, self._mentioned)
        for path in leftovers.results():
            yield _leftover(path, "a kept result that no record names", self.catalogue)
        for source in (self._astray, leftovers.sources(), leftovers.digests(), leftovers.temporary(self.catalogue)):
            for path, why in source:
                yield _leftover(path, why, self.catalogue)

    @property
    def shared(self) -> frozenset[str]:
        """The names of kept results that more than one record leads to."""
        return frozenset(self._kept_twice)

    def _filed(self) -> Iterator[Filed]:
        for place in self.catalogue.places():
            found = self.catalogue.read(place)
            if isinstance(found, Filed):
                yield found
            elif isinstance(found, Pointer) and is_astray(place, found, self.catalogue.project):
                self._astray.append((place, "a pointer to a record that is not there"))

    def _note(self, filed: Filed) -> None:
        record = filed.record
        if not self.catalogue.project.is_kept(filed.anchor):
            # A call whose file was renamed leaves a record behind that leads to the same kept result.
            names = {file.path for output in record.outputs for file in output.files if _is_kept(file)}
            self._kept_twice.update(names & self._kept_once)
            self._kept_once.update(names)
        self._mentioned.note(record)
        run = self._runs[record.call] = _Run(record.started, record.seconds)
        if record.parent:
            self._nested.append((record.parent, run))

    def _inside(self) -> dict[str, float]:
        """Return the seconds that calls spent in others whose results are kept."""
        found: dict[str, float] = {}
        for call, run in self._nested:
            above = self._runs.get(call)
            if above and above.started <= run.started <= above.started + above.seconds:
                found[call] = found.get(call, 0.0) + run.seconds
        return found

    def _size(self, record: Record) -> int | None:
        """Return the bytes that go with a record; None where nothing of it may."""
        files = [file for output in record.outputs for file in output.files]
        mine = [file for file in files if self.named or _is_kept(file)]
        there = [file.size for file in mine if _is_there(self.catalogue.project.absolute(file.path), file)]
        # A record that says who wrote a named file stays with it.
        return None if len(mine) < len(files) and not there else sum(there)

    def _goes_out(self, record: Record) -> bool:
        return self.named and any(not _is_kept(file) for output in record.outputs for file in output.files)


def _is_kept(file: FileRecord) -> bool:
    return file.path.startswith("@cachedir/results/")


def _is_there(path: str, file: FileRecord) -> bool:
    """Tell whether something lies at a path that could be what was written there."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_size == file.size)


def _candidate(kind: Kind, filed: Filed, size: int) -> Candidate:
    record = filed.record
    label = record.named if kind == "result" else f"{record.named}, of {record.when}"
    return Candidate(kind, label, filed.place, size, record.seconds, used(record), record.function, record.call)


def _leftover(path: str, why: str, catalogue: Catalogue) -> Candidate:
    try:
        modified = os.lstat(path).st_mtime
    except OSError:
        modified = 0.0
    return Candidate("leftover", catalogue.project.relative(path), path, bytes_of(path), used=modified, gone=why)


def used(record: Record) -> float:
    """Return when a call ran last, or when a person accepted or adopted its result since."""
    return max(record.started, record.change.when) if record.change else record.started
