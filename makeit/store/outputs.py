"""What is known of the files at output paths: current, missing, changed, or somebody else's."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import evolve

from makeit.formats.persister import Persister
from makeit.identity.annex import FETCH, is_unfetched
from makeit.identity.files import settled, stamp
from makeit.identity.trees import digest_path
from makeit.model import ArgumentRecord, FileRecord, FileStamp, OutputRecord, Reason, Record
from makeit.records import Origin
from makeit.store.atomic import SMALL
from makeit.store.ledger import Damaged, Entry, Ledger
from makeit.store.lock import Held, commit_lock
from makeit.store.relocation import Relocated, relocated

if TYPE_CHECKING:
    from makeit.store.project import Project

#: What is said of a target that no file may take the place of, whatever the options say.
SPECIAL = "is a device, a pipe or a socket"


class Examined(NamedTuple):
    """The state of all files of a record: what is wrong, their stamps, and those to be renewed."""

    faults: tuple[Reason, ...]
    stamps: dict[str, FileStamp]
    renewed: dict[str, FileStamp]


class Claim(NamedTuple):
    """What was found at an output path before the run; `foreign` says why it may not be overwritten.

    `known` are the digests of what makeit wrote there, `written` whether it ever wrote there. `unclear` says why
    nobody can tell at the moment whose file it is: the function may run, but what is there stays.
    """

    path: str
    name: str
    stamp: FileStamp | None
    foreign: str | None = None
    known: tuple[str, ...] = ()
    written: bool = False
    unclear: str | None = None

    @property
    def is_folder(self) -> bool:
        """Whether a folder lies there now."""
        return os.path.isdir(self.path)


class Outputs:
    """Look at the files of a project's outputs, reading as few of them as is safe."""

    def __init__(self, project: Project, ledger: Ledger) -> None:
        self.project = project
        self.ledger = ledger
        self._paths: dict[str, str] = {}
        self._digests: dict[str, tuple[FileStamp, str]] = {}

    def examine(self, entry: Entry, persisters: Sequence[Persister]) -> Examined:
        """Compare every file of a record with what is there now."""
        faults: list[Reason] = []
        stamps: dict[str, FileStamp] = {}
        renewed: dict[str, FileStamp] = {}
        for output, persister in zip(entry.record.outputs, persisters, strict=True):
            for file in output.files:
                now = self.found(entry, file, executes=persister.executes)
                if isinstance(now, Reason):
                    faults.append(now)
                    continue
                stamps[self._path(file.path)] = now
                if now != file.stamp or (file.size > SMALL and not _settled(file, entry)):
                    renewed[file.path] = now
        return Examined(tuple(faults), stamps, renewed)

    def found(self, entry: Entry, file: FileRecord, *, executes: bool) -> FileStamp | Reason:
        """Compare one file of a record with what is there now; return its stamp, or what is wrong with it.

        Where loading the file may run code, `executes`, its stamp alone proves nothing.
        """
        path = self._path(file.path)
        try:
            now = stamp(path)
            same = now is not None and (self._vouched(file, path, now, entry, executes) or self._equal(file, path, now))
        except OSError as error:  # out of reach: the run's own publication will tell, as a warning
            return Reason("missing", f"output {file.path} cannot be looked at: {error}", file.path)
        if now is None:
            return Reason("missing", f"output {file.path} is missing", file.path)
        if same:
            return now
        kind: Any = "missing" if self.project.is_kept(path) else "foreign"
        return Reason(kind, f"output {file.path} was changed by hand", file.path)

    def _path(self, name: str) -> str:
        path = self._paths.get(name)
        if path is None:
            path = self._paths[name] = self.project.absolute(name)
        return path

    def unchanged(self, examined: Examined) -> bool:
        """Tell whether all files still have the stamps they had before they were loaded."""
        try:
            return all(stamp(path) == before for path, before in examined.stamps.items())
        except OSError:
            return False  # out of reach: nobody knows

    def renew(
        self,
        anchor: str,
        entry: Entry,
        examined: Examined,
        origins: Mapping[str, tuple[Origin, ...]],
    ) -> None:
        """Write the new stamps of files that were touched, copied or moved, but have equal content.

        `origins` are the results that arguments are now, by name, where equal ones were recorded.
        """
        with commit_lock(self.project, [anchor]) as held:
            if held != "held" or not self.is_present(anchor, entry):
                return  # somebody published meanwhile: their record has better stamps than these
            outputs = tuple(_renewed(output, examined.renewed) for output in entry.record.outputs)
            files = [file for output in outputs for file in output.files]
            durable = any(not self.project.is_kept(self._path(file.path)) or file.size > SMALL for file in files)
            arguments = {name: _descended(found, origins.get(name)) for name, found in entry.record.arguments.items()}
            self.ledger.write(anchor, evolve(entry.record, outputs=outputs, arguments=arguments), durable=durable)

    def is_present(self, anchor: str, entry: Entry) -> bool:
        """Tell whether what was read of an output's record is still what lies in the ledger."""
        now = self.ledger.read(anchor)
        before = entry.before if isinstance(entry, Relocated) else entry.record
        return not isinstance(now, Damaged) and (now and now.record) == before

    def locked(self, *paths: str) -> AbstractContextManager[Held]:
        """Hold the commit locks of these paths: nobody else publishes there meanwhile."""
        return commit_lock(self.project, paths)

    def claim(self, anchor: str, paths: Iterable[str]) -> list[Claim]:
        """Find out of each path whether a file lies there that makeit may not overwrite."""
        return [self._claim(anchor, path, self.project.relative(path)) for path in paths]

    def _claim(self, anchor: str, path: str, name: str) -> Claim:
        try:
            self.project.vouch()
            return self._looked_at(path, name, self.ledger.intended(anchor).get(name, ()))
        except OSError as error:
            # File or record is out of reach. Before the result is published, it is looked at again.
            return Claim(path, name, None, unclear=str(error))

    def _looked_at(self, path: str, name: str, intended: tuple[str, ...]) -> Claim:
        now = stamp(path)
        if now is None:
            if is_unfetched(path):
                # Whether it is what makeit wrote nobody can tell without the content, and fetching it spares the run.
                return Claim(path, name, None, f"is a link of git-annex whose content is not here ({FETCH})")
            dangling = os.path.islink(path) and not isinstance(self.ledger.owner(path), Entry)
            return Claim(path, name, None, "is a link to a file that is not there" if dangling else None)
        if not _is_replaceable(os.stat(path).st_mode):
            return Claim(path, name, now, SPECIAL)
        entry = self.ledger.owner(path)
        if isinstance(entry, Damaged):
            return Claim(path, name, now, f"has a damaged record ({entry.cause}: {entry.path})")
        for known in chain([entry] if entry else [], relocated(self.project, path, self.ledger.owner)):
            output, file = _find(known.record, name)
            if output and file and self._same(file, path, now, known):
                foreign = f"was adopted as the result of {known.record.function}" if output.adopted else None
                return Claim(path, name, now, foreign, (file.digest,))
        if intended and self._digest(path, now) in intended:
            return Claim(path, name, now, None, intended)
        if entry and _find(entry.record, name)[1]:
            when = entry.record.when
            foreign = f"was changed after {entry.record.function} wrote it ({when})"
            return Claim(path, name, now, foreign, written=True)
        return Claim(path, name, now, "was not written by makeit")

    def _same(self, file: FileRecord, path: str, now: FileStamp, entry: Entry) -> bool:
        return self._stamped(file, now, entry) or self._equal(file, path, now)

    def _stamped(self, file: FileRecord, now: FileStamp, entry: Entry) -> bool:
        return now == file.stamp and _settled(file, entry)

    def _vouched(self, file: FileRecord, path: str, now: FileStamp, entry: Entry, executes: bool) -> bool:
        """Tell whether the stamp alone proves the content."""
        if executes or not self._stamped(file, now, entry):
            return False
        return file.size > SMALL or not self.project.is_kept(path)

    def _equal(self, file: FileRecord, path: str, now: FileStamp) -> bool:
        return now.size == file.size and self._digest(path, now) == file.digest

    def _digest(self, path: str, now: FileStamp) -> str:
        known = self._digests.get(path)
        if known and known[0] == now:
            return known[1]
        before = time.time_ns()
        found = digest_path(path)
        # At rest before it was read: whoever changed it since gave it another stamp.
        if settled(now, before):
            self._digests[path] = now, found
        return found


def _is_replaceable(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _settled(file: FileRecord, entry: Entry) -> bool:
    return file.fine or settled(file.stamp, entry.mtime_ns)


def _find(record: Record, name: str) -> tuple[OutputRecord | None, FileRecord | None]:
    found = [(output, file) for output in record.outputs for file in output.files if file.path == name]
    return found[0] if found else (None, None)


def _renewed(output: OutputRecord, stamps: dict[str, FileStamp]) -> OutputRecord:
    files = tuple(
        FileRecord(
            file.path,
            stamps[file.path].size,
            stamps[file.path].mtime_ns,
            stamps[file.path].ctime_ns,
            stamps[file.path].inode,
            file.digest,
        )
        if file.path in stamps
        else file
        for file in output.files
    )
    return evolve(output, files=files)


def _descended(argument: ArgumentRecord, origins: tuple[Origin, ...] | None) -> ArgumentRecord:
    return argument if origins is None else evolve(argument, origins=origins)
