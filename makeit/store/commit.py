"""The write protocol: what is staged is renamed into place under a lock, and the record is written last."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from makeit.errors import MakeitError
from makeit.identity.files import stamp
from makeit.identity.trees import digest_path
from makeit.model import FileRecord, Record
from makeit.store.atomic import SMALL, renamed, sync_folder
from makeit.store.lock import Held, commit_lock
from makeit.store.moving import put
from makeit.store.outputs import Claim, Outputs
from makeit.store.staging import Staged, StagedFile

_ATTEMPTS = 20


class Overtaken(MakeitError):
    """A target is no longer what it was before the run: somebody wrote to it, or is writing to it."""


def refuse_busy(held: Held, anchor: str) -> None:
    """Raise Overtaken where somebody else has been publishing at a path for too long."""
    if held == "busy":
        raise Overtaken(f"somebody else is writing {anchor} at the moment")


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
        durable = any(file.stamp.size > SMALL for file in files)
        record = make_record(_rename(outputs, files, durable=durable))
        ledger.write(anchor, record, durable=durable)
        reload()
        return record
    with commit_lock(project, [file.target for file in named] + [anchor]) as held:
        refuse_busy(held, anchor)
        claims = confirm(outputs, anchor, claims)
        ledger.intend(anchor, _intent(outputs, named, claims))
        archive()
        record = make_record(_rename(outputs, files, durable=True))
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
        if claim.unclear:
            raise Overtaken(f"{claim.path} cannot be looked at: {claim.unclear}")
        if claim.foreign and claim.path not in replaced:
            raise Overtaken(f"{claim.path} {claim.foreign}, while the function ran")
    return again


def _intent(outputs: Outputs, named: Sequence[StagedFile], claims: Sequence[Claim]) -> dict[str, tuple[str, ...]]:
    """Name the digests each target can have until the record is written: the old and the new."""
    known = {claim.path: claim.known for claim in claims}
    return {outputs.project.relative(file.target): (file.digest, *known.get(file.target, ())) for file in named}


def _rename(outputs: Outputs, files: Sequence[StagedFile], *, durable: bool) -> tuple[FileRecord, ...]:
    for file in files:
        if file.syncing is not None:
            file.syncing.wait()
    for file in files:
        _put(file)
    for folder in {os.path.dirname(file.target) for file in files} if durable else ():
        sync_folder(folder)
    return tuple(_recorded(outputs, file) for file in files)


def _put(file: StagedFile) -> None:
    for _ in range(_ATTEMPTS):
        try:
            if put(file.private, file.target):
                renamed(file.private)
        except FileNotFoundError:
            # The folder of a result in the cachedir is made only now, and pruned by others once it is empty.
            os.makedirs(os.path.dirname(file.target), exist_ok=True)
        else:
            return
    put(file.private, file.target)


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
        file.fine,
    )


def adopt(
    outputs: Outputs,
    anchor: str,
    claims: Sequence[Claim],
    make_record: Callable[[tuple[FileRecord, ...]], Record],
) -> Record:
    """Write a record for files that are there already; Overtaken where one changed since it was looked at."""
    paths = [claim.path for claim in claims]
    with commit_lock(outputs.project, [*paths, anchor]) as held:
        refuse_busy(held, anchor)
        files = tuple(_adopted(outputs, claim) for claim in claims)
        record = make_record(files)
        outputs.ledger.write(anchor, record, durable=True)
    return record


def _adopted(outputs: Outputs, claim: Claim) -> FileRecord:
    found = digest_path(claim.path)
    now = stamp(claim.path)
    if now is None or now != claim.stamp:
        raise Overtaken(f"{claim.path} changed while it was being adopted; call again when it is complete")
    name = outputs.project.relative(claim.path)
    return FileRecord(name, now.size, now.mtime_ns, now.ctime_ns, now.inode, found)
