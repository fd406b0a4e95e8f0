"""The write protocol without one of its protections: each function here changes the kernel of this process."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from attrs import evolve

from makeit import Persister, keeping
from makeit.formats.tree import Output
from makeit.records import FileRecord
from makeit.store import atomic, commit, history, ledger, lock, moving, staging
from makeit.store.ledger import Entry, Ledger
from makeit.store.moving import put
from makeit.store.outputs import Examined, Outputs
from makeit.store.owner import owner
from makeit.store.project import Project
from makeit.store.staging import Staged, StagedFile


def save_in_place() -> None:
    """Let persisters write to the target itself, without a private folder and a rename."""
    keeping.stage = _stage_in_place
    # What it looks for, a file that somebody changed since the run began, makeit itself does now.
    commit.confirm = lambda outputs, anchor, claims: claims


def _stage_in_place(
    output: Output, persister: Persister, value: Any, stack: ExitStack, near: str, *, small_ok: bool
) -> Staged:
    os.makedirs(os.path.dirname(persister.filename), exist_ok=True)
    if persister.folder:
        shutil.rmtree(persister.filename, ignore_errors=True)
    notes = staging._save(persister, value)
    persister.notes = notes or {}
    paths = [os.fspath(path) for path in persister.files()]
    files = tuple(staging._settle(path, path, small_ok) for path in paths)
    return Staged(output, persister, files, notes, persister)


def intend_nothing() -> None:
    """Rename without a note of intent."""
    Ledger.intend = lambda self, path, files: None


def record_first() -> None:
    """Write the record of named files before they are renamed into place."""
    rename, fulfil = commit._rename, Ledger.fulfil
    waiting: list[StagedFile] = []

    def promise(outputs: Outputs, files: Sequence[StagedFile], *, durable: bool) -> tuple[FileRecord, ...]:
        named = [file for file in files if not outputs.project.is_kept(file.target)]
        waiting[:] = [_outside(file) for file in named]
        kept = rename(outputs, [file for file in files if file not in named], durable=durable)
        return (*kept, *(_promised(outputs, file) for file in named))

    def fulfil_and_rename(ledger: Ledger, path: str) -> None:
        fulfil(ledger, path)
        while waiting:
            file = waiting.pop(0)
            put(file.private, file.target)

    commit._rename = promise
    Ledger.fulfil = fulfil_and_rename


def _outside(file: StagedFile) -> StagedFile:
    """Move a file out of its private folder, which goes before the record is written."""
    aside = f"{file.target}.{owner()}-0~"
    os.rename(file.private, aside)
    return file._replace(private=aside)


def _promised(outputs: Outputs, file: StagedFile) -> FileRecord:
    name, found = outputs.project.relative(file.target), file.stamp
    return FileRecord(name, found.size, found.mtime_ns, found.ctime_ns, found.inode, file.digest)


def examine_the_last() -> None:
    """Reuse several outputs if the last of them is as it was recorded."""
    examine = Outputs.examine

    def examine_last(outputs: Outputs, entry: Entry, persisters: Sequence[Persister]) -> Examined:
        record = evolve(entry.record, outputs=entry.record.outputs[-1:])
        return examine(outputs, Entry(record, entry.stamp), persisters[-1:])

    Outputs.examine = examine_last


def sweep_nothing() -> None:
    """Leave what dead processes left."""
    atomic._is_abandoned = lambda entry: False


def exchange_nothing() -> None:
    """Replace a folder in two steps, though the system can do it in one."""
    moving._exchange = lambda: None


def point_to_nothing() -> None:
    """Write no pointers from the further files of a call to its record."""
    Ledger._others = lambda self, record: []


def leave_folders() -> None:
    """Leave private folders behind where a save is interrupted."""

    @contextmanager
    def left(near: str) -> Iterator[str]:
        os.makedirs(near, exist_ok=True)
        folder = tempfile.mkdtemp(prefix=f".makeit-{owner()}-", dir=near)
        yield folder
        shutil.rmtree(folder)

    @contextmanager
    def left_file(near: str, ending: str) -> Iterator[str]:
        os.makedirs(near, exist_ok=True)
        descriptor, path = tempfile.mkstemp(prefix=f".makeit-{owner()}-", suffix=ending, dir=near)
        os.close(descriptor)
        yield path

    staging.private_folder = left
    staging.private_file = left_file
    history.private_folder = left


def leave_temporaries() -> None:
    """Leave temporary files behind where the writing of a record is interrupted."""

    def write(path: str, content: bytes, *, durable: bool) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = Path(f"{path}.{owner()}-{os.urandom(4).hex()}~")
        temporary.write_bytes(content)
        atomic.sync_file(os.fspath(temporary))
        temporary.rename(path)

    ledger.write_small = write


def keep_locks() -> None:
    """Keep locks where a publication is interrupted."""
    lock._TIMEOUT_S = 0.1
    kept = []

    @contextmanager
    def held(project: Project, paths: Iterable[str]) -> Iterator[lock.Held]:
        kept.append(locks := lock.commit_lock(project, paths))
        yield locks.__enter__()
        locks.__exit__(None, None, None)

    commit.commit_lock = held
