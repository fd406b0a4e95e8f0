"""Earlier results of named outputs: kept in the cachedir by hard link, brought back by rename."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve

from makeit.identity.files import stamp
from makeit.identity.trees import digest_path
from makeit.model import FileRecord, Record
from makeit.store.atomic import discard, is_private, private_folder, sweep, sync_folder, sync_path
from makeit.store.commit import confirm, refuse_busy
from makeit.store.ledger import Entry
from makeit.store.moving import link, put
from makeit.store.outputs import Claim, Outputs

if TYPE_CHECKING:
    from makeit.store.project import Project

#: The record of an earlier result, in a folder with its files.
VERSION_RECORD = "record.json"
_SHELF = ".versions"
_NUMBER = re.compile(r"\d{20}")


class Version(NamedTuple):
    """An earlier result: its record, and the folder with its files under the numbers 0, 1, ..."""

    entry: Entry
    folder: str

    @property
    def files(self) -> list[FileRecord]:
        """The files of the record, in the order of their numbers."""
        return [file for output in self.entry.record.outputs for file in output.files]


class History:
    """The earlier results of one project's named outputs."""

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs
        self._project: Project = outputs.project
        self._left: set[str] = set()

    def versions(self, anchor: str) -> Iterator[Version]:
        """Yield the earlier results of an output, the newest first."""
        folder = self.folder(anchor)
        with suppress(OSError):
            for name in _numbers(folder):
                place = os.path.join(folder, name, VERSION_RECORD)
                entry = self._outputs.ledger.read_place(place)
                if isinstance(entry, Entry) and os.path.join(folder, name) not in self._left:
                    yield Version(entry, os.path.join(folder, name))

    def archive(self, anchor: str, keep: int | None) -> None:
        """Keep the present result of an output, before it is replaced; called under its lock.

        Hard links cost no space and no time; a cachedir on another file system gets a copy. A file that
        is no longer what the record says is left out: it is not this call's result.
        """
        entry = self._outputs.ledger.read(anchor)
        if not isinstance(entry, Entry) or any(output.adopted for output in entry.record.outputs):
            return
        files = [file for output in entry.record.outputs for file in output.files]
        if not all(self._is_intact(file, self._project.absolute(file.path)) for file in files):
            return
        folder = os.path.join(self.folder(anchor), f"{time.time_ns():020d}")
        with private_folder(os.path.dirname(folder)) as private:
            version = os.path.join(private, "version")
            os.mkdir(version)
            for number, file in enumerate(files):
                link(self._project.absolute(file.path), os.path.join(version, str(number)))
            self._outputs.ledger.write_place(os.path.join(version, VERSION_RECORD), entry.record, durable=True)
            put(version, folder)
        sweep(os.path.dirname(folder))
        self._prune(anchor, keep)

    def restore(self, anchor: str, version: Version, claims: Sequence[Claim], keep: int | None) -> bool:
        """Bring an earlier result back in place of the present one; False where its files were damaged."""
        for number, file in enumerate(version.files):
            if not self._is_intact(file, os.path.join(version.folder, str(number))):
                discard(version.folder)
                return False
        paths = [self._project.absolute(file.path) for file in version.files]
        with self._outputs.locked(anchor, *paths) as held, ExitStack() as folders:
            refuse_busy(held, anchor)
            confirmed = confirm(self._outputs, anchor, claims)
            waiting = [self._waiting(version, number, path, folders) for number, path in enumerate(paths)]
            known = {claim.name: claim.known for claim in confirmed}
            intent = {file.path: (file.digest, *known.get(file.path, ())) for file in version.files}
            self._outputs.ledger.intend(anchor, intent)
            self.archive(anchor, keep)
            for private, path in zip(waiting, paths, strict=True):
                put(private, path)
                sync_folder(os.path.dirname(path))
            folders.close()
            self._outputs.ledger.write(anchor, self._present(version.entry.record), durable=True)
            self._outputs.ledger.fulfil(anchor)
        discard(version.folder)
        return True

    def leave(self, version: Version) -> None:
        """Leave out a version from now on, in this process: it cannot be brought back."""
        self._left.add(version.folder)

    def forget(self, anchor: str) -> None:
        """Remove all earlier results of an output."""
        discard(self.folder(anchor))

    def _waiting(self, version: Version, number: int, path: str, folders: ExitStack) -> str:
        folder = folders.enter_context(private_folder(os.path.dirname(path)))
        private = os.path.join(folder, os.path.basename(path))
        link(os.path.join(version.folder, str(number)), private)
        sync_path(private)  # where there are no links it is a copy
        return private

    def _present(self, record: Record) -> Record:
        """Return a record with the stamps that its files have now: links and renames moved their ctime."""
        outputs = tuple(
            evolve(output, files=tuple(self._stamped(file) for file in output.files)) for output in record.outputs
        )
        return evolve(record, outputs=outputs)

    def _stamped(self, file: FileRecord) -> FileRecord:
        now = stamp(self._project.absolute(file.path))
        if now is None or now.size != file.size:
            return file
        return FileRecord(file.path, now.size, now.mtime_ns, now.ctime_ns, now.inode, file.digest)

    def _is_intact(self, file: FileRecord, path: str) -> bool:
        now = stamp(path)
        if now is None or now.size != file.size:
            return False
        if (now.mtime_ns, now.inode) == (file.mtime_ns, file.inode):
            return True
        return digest_path(path) == file.digest

    def _prune(self, anchor: str, keep: int | None) -> None:
        folder = self.folder(anchor)
        if keep is not None:
            for name in _numbers(folder)[max(keep - 1, 0) :]:
                discard(os.path.join(folder, name))

    def folder(self, anchor: str) -> str:
        """Return where the earlier results of an output lie."""
        return self._project.mirror("history", anchor, _SHELF)


def shelves(project: Project) -> Iterator[str]:
    """Yield the folders of all earlier results in a cachedir, those of one output in order, the newest first."""
    for folder, folders, _ in os.walk(os.path.join(project.cachedir, "history")):
        folders[:] = sorted(name for name in folders if not is_private(os.sep + name))
        # A folder of somebody's outputs may end like a shelf, too.
        numbers = [name for name in reversed(folders) if folder.endswith(_SHELF) and _NUMBER.fullmatch(name)]
        folders[:] = [name for name in folders if name not in numbers]
        yield from (os.path.join(folder, name) for name in numbers)


def shelved(project: Project, anchor: str) -> list[str]:
    """Return the folders of the earlier results of one output, the newest first."""
    folder = project.mirror("history", anchor, _SHELF)
    with suppress(OSError):
        return [os.path.join(folder, name) for name in _numbers(folder)]
    return []


def _numbers(folder: str) -> list[str]:
    """Return the names of the versions, the newest first; a version that is being made has another kind of name."""
    return sorted(filter(str.isdigit, os.listdir(folder)), reverse=True)
