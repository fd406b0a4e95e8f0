"""Whether stored results are what was recorded of them: every file read, or only its stamp looked at."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, TypeVar

from attrs import field

from makeit.attributes import frozen
from makeit.identity.annex import FETCH, is_unfetched
from makeit.identity.files import stamp
from makeit.identity.trees import digest_path
from makeit.records import FileRecord, FileStamp, Record
from makeit.store.catalogue import Catalogue, Filed
from makeit.store.history import VERSION_RECORD
from makeit.store.ledger import Damaged, Entry, Pointer
from makeit.store.leftovers import Leftovers, Mentioned, is_astray, is_old

if TYPE_CHECKING:
    from makeit.store.outputs import Outputs

T = TypeVar("T")
R = TypeVar("R")

#: What can be wrong. `touched` is a file of the right size and another stamp, whose content was not asked for;
#: `unrecorded` a kept result without a record, `astray` a pointer to a record that is not there.
State = Literal["missing", "changed", "touched", "unreadable", "damaged", "unrecorded", "astray"]

# Results that wait for their turn to be read; with it the memory is bounded.
_AHEAD = 256
# What of a stamp is compared. An earlier result is a link, which moves its ctime, or a copy.
_STAMPED = ("mtime_ns", "ctime_ns", "inode")
_LINKED = ("mtime_ns",)


@frozen
class Fault:
    """What is wrong with one file, and the call in words that it belongs to."""

    path: str
    state: State
    text: str
    call: str = ""


@frozen
class Looked:
    """What was found at one place of the ledger or the history: how many files, their bytes, what is wrong."""

    place: str
    written_ns: int = 0
    files: int = 0
    bytes: int = 0
    faults: tuple[Fault, ...] = ()
    stamps: tuple[tuple[str, FileStamp | None], ...] = field(default=(), repr=False)


@frozen(eq=False)
class Verifying:
    """Compare the files of records with what is there; `quick` looks at sizes and stamps only."""

    catalogue: Catalogue
    outputs: Outputs
    quick: bool = False
    _mentioned: Mentioned = field(factory=Mentioned, init=False)

    def places(self, places: Iterable[str], workers: int) -> Iterator[Looked]:
        """Yield what was found at places of the ledger, and of the history, in order."""
        return ahead(self._at, places, 1 if self.quick else workers)

    def leftovers(self) -> Iterator[Looked]:
        """Yield kept results that no record names; asked after all places of the ledger."""
        for path in Leftovers(self.outputs.project, self._mentioned).results():
            name = self.outputs.project.relative(path)
            yield Looked(path, faults=(Fault(name, "unrecorded", "a kept result that no record names"),))

    def again(self, looked: Looked) -> Looked:
        """Look once more at a place with faults: record and files may have been replaced meanwhile."""
        found = self.catalogue.at(looked.place)
        if isinstance(found, Filed) and not self._is_earlier(looked.place):
            self._wait(found)
            found = self.catalogue.at(looked.place)
        same = isinstance(found, Filed) and found.entry.mtime_ns == looked.written_ns
        if same and all(_stamp(path) == before for path, before in looked.stamps):
            return looked
        return self._at(looked.place)

    def _wait(self, filed: Filed) -> None:
        """Wait for the publication that is under way, if one is."""
        with suppress(OSError):
            if not self.outputs.ledger.intended(filed.anchor):
                return
        with self.outputs.locked(filed.anchor):
            pass

    def _is_earlier(self, place: str) -> bool:
        return os.path.basename(place) == VERSION_RECORD and place.startswith(f"{self._history}{os.sep}")

    @property
    def _history(self) -> str:
        return os.path.join(self.outputs.project.cachedir, "history")

    def _at(self, place: str) -> Looked:
        found = self.catalogue.read(place)
        name = self.outputs.project.relative(place)
        if isinstance(found, Filed):
            return self._version(found) if self._is_earlier(place) else self._result(found)
        if isinstance(found, Damaged):
            return Looked(place, faults=(Fault(name, "damaged", f"a damaged record: {found.cause}"),))
        if isinstance(found, Pointer) and is_astray(place, found, self.outputs.project):
            text = f"it leads to {found.points_to}, which is not there"
            return Looked(place, faults=(Fault(name, "astray", text),))
        # A version that is being kept or removed has no record for a moment.
        if found is None and self._is_earlier(place) and is_old(os.path.dirname(place)):
            return Looked(place, faults=(Fault(name, "missing", "the record of an earlier result"),))
        return Looked(place)

    def _result(self, filed: Filed) -> Looked:
        project = self.outputs.project
        # Of the others the record lies where the result does, and is looked for there.
        if not project.is_kept(filed.anchor):
            self._mentioned.note_kept(filed.record)
        files = [(file, project.absolute(file.path), file.path) for file in _files(filed.record)]
        return self._look(filed, files, _STAMPED)

    def _version(self, filed: Filed) -> Looked:
        folder = os.path.dirname(filed.place)
        paths = [(file, os.path.join(folder, str(number))) for number, file in enumerate(_files(filed.record))]
        files = [(file, path, self.outputs.project.relative(path)) for file, path in paths]
        return self._look(filed, files, _LINKED)

    def _look(self, filed: Filed, files: list[tuple[FileRecord, str, str]], facts: tuple[str, ...]) -> Looked:
        faults, stamps, size = [], [], 0
        for file, path, name in files:
            now = _stamp(path)
            size += now.size if now else 0
            fault = self._fault(file, path, now, facts)
            if fault:
                state, text = fault
                faults.append(Fault(name, state, self._other(path, filed.record) or text, filed.record.named))
                stamps.append((path, now))
        return Looked(filed.place, filed.entry.mtime_ns, len(files), size, tuple(faults), tuple(stamps))

    def _other(self, path: str, record: Record) -> str | None:
        """Say which other call wrote a file since, where one did."""
        with suppress(OSError):
            owner = self.outputs.ledger.owner(path)
            if isinstance(owner, Entry) and owner.record.call != record.call:
                return f"{owner.record.named} has written it since"
        return None

    def _fault(
        self, file: FileRecord, path: str, now: FileStamp | None, facts: tuple[str, ...]
    ) -> tuple[State, str] | None:
        if now is None:
            return _absent(path)
        if now.size != file.size:
            return "changed", f"it has {now.size:,} bytes, recorded are {file.size:,}"
        if self.quick:
            same = all(getattr(now, fact) == getattr(file, fact) for fact in facts)
            return None if same else ("touched", "its time stamp is another one; without --quick it is read")
        try:
            found = digest_path(path)
        except OSError as error:
            return "unreadable", f"it cannot be read: {error.strerror or error}"
        return None if found == file.digest else ("changed", f"its digest is {found}, recorded is {file.digest}")


def _files(record: Record) -> list[FileRecord]:
    return [file for output in record.outputs for file in output.files]


def _stamp(path: str) -> FileStamp | None:
    with suppress(OSError):
        return stamp(path)
    return None


def _absent(path: str) -> tuple[State, str]:
    if is_unfetched(path):
        return "missing", f"a link of git-annex whose content is not here; {FETCH}"
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return "missing", "a link to a file that is not there" if os.path.islink(path) else "it is missing"
    except OSError as error:
        return "unreadable", f"it cannot be looked at: {error.strerror or error}"
    return "unreadable", "it cannot be looked at"


def ahead(function: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """Apply a function to many items in threads, few of them at a time; yield the results in order."""
    if workers < 2:
        yield from map(function, items)
        return
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers, "makeit") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
