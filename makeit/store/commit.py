"""The write protocol: stage in private folders, sync, digest, rename under a lock, record last."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import frozen

from makeit.errors import MakeitError, PersistError
from makeit.formats.persister import Persister
from makeit.identity.digest import digest_file
from makeit.identity.files import stamp
from makeit.model import FileRecord, FileStamp, Record
from makeit.store.atomic import private_folder, sweep, sync_file, sync_folder
from makeit.store.lock import commit_lock
from makeit.store.outputs import SMALL, Claim, Outputs

if TYPE_CHECKING:
    from makeit.formats.tree import Output

# Files are dated back by this much. A change by anybody else then always alters the time stamp,
# even within the tick of the clock in which the file was published.
_BACKDATE_NS = 50_000_000


@frozen
class StagedFile:
    """A file that waits in a private folder, with all that will be recorded of it."""

    private: str
    target: str
    stamp: FileStamp
    digest: str


@frozen(eq=False)
class Staged:
    """One output that was saved but not published yet."""

    output: Output
    persister: Persister
    files: tuple[StagedFile, ...]
    notes: dict[str, Any] | None
    private: Persister

    @property
    def target(self) -> str:
        """The path that the named file of this output will have."""
        return self.files[0].target


class Overtaken(MakeitError):
    """A target is no longer what it was before the run: somebody wrote to it meanwhile."""


def stage(output: Output, persister: Persister, value: Any, stack: ExitStack, small_ok: bool) -> Staged:
    """Save a value under its own base name in a private folder beside the target.

    Raises PersistError, with the value, for what the persister cannot hold, and OSError for what
    the file system cannot.
    """
    target = os.fspath(persister.filename)
    folder = stack.enter_context(private_folder(target))
    private = persister.at(os.path.join(folder, os.path.basename(target)))
    notes = _save(private, value)
    wanted = {os.fspath(path) for path in private.files()}
    found = {os.path.join(folder, name) for name in os.listdir(folder)}
    if wanted != found:
        names = ", ".join(sorted(map(os.path.basename, found))) or "nothing"
        raise PersistError(
            f"{type(persister).__name__}.save wrote {names} instead of "
            f"{', '.join(sorted(map(os.path.basename, wanted)))}; write exactly self.filename, and name "
            "companions in files()",
            value=value,
        )
    private.notes = notes or {}
    pairs = zip(private.files(), persister.files(), strict=True)
    files = tuple(_settle(os.fspath(mine), os.fspath(theirs), small_ok) for mine, theirs in pairs)
    return Staged(output, persister, files, notes, private)


def _save(private: Persister, value: Any) -> dict[str, Any] | None:
    try:
        notes = private.save(value)
    except (OSError, PersistError):
        raise
    except Exception as error:  # a persister may fail in any way, and the value must survive it
        raise PersistError(
            f"{type(private).__name__} cannot save this {type(value).__name__}: "
            f"{type(error).__name__}: {error}; the value is in the exception's .value",
            value=value,
        ) from error
    try:
        # In the form that a record gives back, so that the first load gets what every later one gets.
        return msgspec.json.decode(msgspec.json.encode(dict(notes)), type=dict[str, Any]) if notes else None
    except (TypeError, ValueError, OverflowError) as error:
        raise PersistError(
            f"{type(private).__name__}.save gave the notes {notes!r}, which JSON cannot hold: {error}", value=value
        ) from error


def _settle(private: str, target: str, small_ok: bool) -> StagedFile:
    """Date back, force to the disk, digest."""
    before = os.stat(private)
    os.utime(private, ns=(before.st_atime_ns, before.st_mtime_ns - _BACKDATE_NS))
    if not (small_ok and before.st_size <= SMALL):
        sync_file(private)
    now = stamp(private)
    assert now is not None
    return StagedFile(private, target, now, digest_file(private))


def publish(
    outputs: Outputs,
    anchor: str,
    staged: Sequence[Staged],
    claims: Sequence[Claim],
    make_record: Callable[[tuple[FileRecord, ...]], Record],
    archive: Callable[[], None],
    reload: Callable[[], None],
) -> Record:
    """Rename the staged files into place and write the record, last.

    `archive` is called before the named files are replaced, `reload` before the lock goes.

    Raises Overtaken, with nothing changed, where a target is no longer what it was before the run.
    """
    project, ledger = outputs.project, outputs.ledger
    files = [file for item in staged for file in item.files]
    named = [file for file in files if not project.is_kept(file.target)]
    if not named:
        record = make_record(_rename(outputs, files))
        durable = any(file.stamp.size > SMALL for file in files)
        ledger.write(anchor, record, durable=durable)
        reload()
        return record
    with commit_lock(project, [file.target for file in named] + [anchor]):
        claims = confirm(outputs, anchor, claims)
        ledger.intend(anchor, _intent(outputs, named, claims))
        archive()
        record = make_record(_rename(outputs, files))
        ledger.write(anchor, record, durable=True)
        ledger.fulfil(anchor)
        reload()
    return record


def confirm(outputs: Outputs, anchor: str, claims: Sequence[Claim]) -> Sequence[Claim]:
    """Check under the lock that each target still is what was found before the run, or makeit's own."""
    if all(stamp(claim.path) == claim.stamp for claim in claims):
        return claims
    replaced = {claim.path for claim in claims if claim.foreign}
    again = outputs.claim(anchor, [claim.path for claim in claims])
    for claim in again:
        if claim.foreign and claim.path not in replaced:
            raise Overtaken(f"{claim.path} {claim.foreign}, while the function ran")
    return again


def _intent(outputs: Outputs, named: Sequence[StagedFile], claims: Sequence[Claim]) -> dict[str, tuple[str, ...]]:
    """Name the digests each target can have until the record is written: the old and the new."""
    known = {claim.path: claim.known for claim in claims}
    return {outputs.project.relative(file.target): (file.digest, *known.get(file.target, ())) for file in named}


def _rename(outputs: Outputs, files: Sequence[StagedFile]) -> tuple[FileRecord, ...]:
    for file in files:
        os.replace(file.private, file.target)
    for folder in {os.path.dirname(file.target) for file in files}:
        if outputs.project.is_kept(folder):
            sweep(folder, again=True)  # one small folder for each result: not worth remembering
        else:
            sync_folder(folder)
            sweep(folder)
    return tuple(_recorded(outputs, file) for file in files)


def _recorded(outputs: Outputs, file: StagedFile) -> FileRecord:
    now = stamp(file.target)
    before = file.stamp
    if now and (now.size, now.mtime_ns, now.inode) == (before.size, before.mtime_ns, before.inode):
        before = now  # the rename itself moved ctime
    return FileRecord(
        outputs.project.relative(file.target),
        before.size,
        before.mtime_ns,
        before.ctime_ns,
        before.inode,
        file.digest,
    )


def adopt(
    outputs: Outputs,
    anchor: str,
    claims: Sequence[Claim],
    make_record: Callable[[tuple[FileRecord, ...]], Record],
) -> Record:
    """Write a record for files that are there already; Overtaken where one changed since it was looked at."""
    paths = [claim.path for claim in claims]
    with commit_lock(outputs.project, [*paths, anchor]):
        files = tuple(_adopted(outputs, claim) for claim in claims)
        record = make_record(files)
        outputs.ledger.write(anchor, record, durable=True)
    return record


def _adopted(outputs: Outputs, claim: Claim) -> FileRecord:
    found = digest_file(claim.path)
    now = stamp(claim.path)
    if now is None or now != claim.stamp:
        raise Overtaken(f"{claim.path} changed while it was being adopted; call again when it is complete")
    name = outputs.project.relative(claim.path)
    return FileRecord(name, now.size, now.mtime_ns, now.ctime_ns, now.inode, found)
