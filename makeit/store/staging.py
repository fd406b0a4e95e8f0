"""Staging: a value saved in a private folder beside its target, dated back, digested, on its way to the disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from makeit.errors import PersistError
from makeit.formats.persister import Persister
from makeit.identity.copies import is_small
from makeit.identity.digest import digest
from makeit.identity.files import stamp
from makeit.identity.saving import believing, current
from makeit.identity.trees import digest_path, is_folder, walk
from makeit.records import FileStamp
from makeit.store.atomic import SMALL, private_file, private_folder, write_private
from makeit.store.syncing import Syncing

if TYPE_CHECKING:
    from makeit.formats.tree import Output

# Files are dated back by this much. A change by anybody else then always alters the time stamp,
# even within the tick of the clock in which the file was published.
_BACKDATE_NS = 50_000_000
_LOOKS = 8

T = TypeVar("T")


class StagedFile(NamedTuple):
    """A file that waits in a private folder, with all that will be recorded of it."""

    private: str
    target: str
    stamp: FileStamp
    digest: str
    fine: bool
    syncing: Syncing | None = None


class Staged(NamedTuple):
    """One output that was saved but not published yet; `plain` says that a load gives what `copied` does."""

    output: Output
    persister: Persister
    files: tuple[StagedFile, ...]
    notes: dict[str, Any] | None
    private: Persister
    plain: bool = False

    @property
    def target(self) -> str:
        """The path that the named file of this output will have."""
        return self.files[0].target


def stage(output: Output, persister: Persister, value: Any, stack: ExitStack, near: str, *, small_ok: bool) -> Staged:
    """Save a value under its own base name in a private folder in the folder `near`, on the target's file system.

    What nobody but makeit sees and writes needs no folder. Raises PersistError, with the value, for what the
    persister cannot hold, and OSError for what the file system cannot.
    """
    target = os.fspath(persister.filename)
    own = vars(type(persister)).get("_alone", False)
    alone = stack.enter_context(private_file(near, target[len(output.path) :])) if own and output.kept else None
    if alone is not None and small_ok and is_small(value):
        content = _raising(persister, value, persister._encoded)
        if content is not None:
            file = StagedFile(alone, target, write_private(alone, content), digest(content), False)
            return Staged(output, persister, (file,), None, persister, plain=True)
    with believing(own=own):
        if alone is not None:
            private = persister.at(alone)
            notes = _save_alone(private, value, near)
        else:
            folder = stack.enter_context(private_folder(near))
            private = persister.at(os.path.join(folder, os.path.basename(target)))
            notes = _save(private, value)
            _check(private, folder, value)
    private.notes = notes or {}
    pairs = zip(private.files(), persister.files(), strict=True)
    files = tuple(_settle(os.fspath(mine), os.fspath(theirs), small_ok) for mine, theirs in pairs)
    return Staged(output, persister, files, notes, private)


def _save_alone(private: Persister, value: Any, near: str) -> dict[str, Any] | None:
    try:
        return _save(private, value)
    except FileNotFoundError:  # somebody removed the cachedir, or this part of it, since the last run
        os.makedirs(near, exist_ok=True)
        return _save(private, value)


def _check(private: Persister, folder: str, value: Any) -> None:
    """Raise PersistError where a persister wrote anything else than the files that it names."""
    wanted = {os.fspath(path) for path in private.files()}
    found = {os.path.join(folder, name) for name in os.listdir(folder)}
    if wanted != found:
        names = ", ".join(sorted(map(os.path.basename, found))) or "nothing"
        raise PersistError(
            f"{type(private).__name__}.save wrote {names} instead of "
            f"{', '.join(sorted(map(os.path.basename, wanted)))}; write exactly self.filename, and name "
            "companions in files()",
            value=value,
        )
    if is_folder(os.fspath(private.filename)) != private.folder:
        is_now = "a folder; declare it with the class attribute folder = True" if private.folder is False else "a file"
        raise PersistError(f"{type(private).__name__}.save wrote {is_now}", value=value)


def _raising(private: Persister, value: Any, save: Callable[[Any], T]) -> T:
    try:
        return save(value)
    except (OSError, PersistError):
        raise
    except Exception as error:  # a persister may fail in any way, and the value must survive it
        raise PersistError(
            f"{type(private).__name__} cannot save this {type(value).__name__}: "
            f"{type(error).__name__}: {error}; the value is in the exception's .value",
            value=value,
        ) from error


def _save(private: Persister, value: Any) -> dict[str, Any] | None:
    notes = _raising(private, value, private.save)
    try:
        # In the form that a record gives back, so that the first load gets what every later one gets.
        return msgspec.json.decode(msgspec.json.encode(dict(notes)), type=dict[str, Any]) if notes else None
    except (TypeError, ValueError, OverflowError) as error:
        raise PersistError(
            f"{type(private).__name__}.save gave the notes {notes!r}, which JSON cannot hold: {error}", value=value
        ) from error


def _settle(private: str, target: str, small_ok: bool) -> StagedFile:
    """Date back, begin to force to the disk, and digest what was not while it was written; of a folder, each file."""
    before = stamp(private)
    if before is None:
        raise FileNotFoundError(errno.ENOENT, "its private folder was removed while it was saved", private)
    folder = is_folder(private)
    saving = current()
    known = None if folder or saving is None else saving.digest(private, before)
    durable = not (small_ok and before.size <= SMALL)
    if not durable and not folder:
        # No stamp vouches for it: its digest is taken at every load.
        return StagedFile(private, target, before, known or digest_path(private), False)
    fine = _date_tree(private) if folder else _date_file(private)
    now = stamp(private)
    assert now is not None
    syncing = Syncing(private, now.size) if durable else None
    return StagedFile(private, target, now, known or digest_path(private), fine, syncing)


def _date_file(path: str) -> bool:
    """Date one file back; tell whether its stamps are so fine that no two changes share one."""
    found = os.stat(path)
    times = found.st_atime_ns, found.st_mtime_ns - _BACKDATE_NS
    seen = {found.st_ctime_ns}
    # Several looks, as the clock may tick between two. Linux has such stamps since 6.13, not on all file systems.
    for _ in range(_LOOKS):
        os.utime(path, ns=times)
        seen.add(os.stat(path).st_ctime_ns)
    return len(seen) == _LOOKS + 1


def _date_tree(folder: str) -> bool:
    """Date every file in a folder back; PersistError for what is no file."""
    fine = True
    for name, entry in walk(folder):
        if entry.is_dir(follow_symlinks=False):
            continue
        if not entry.is_file(follow_symlinks=False):
            raise PersistError(f"the saved folder holds {name}, a link or no file; save files alone")
        fine = _date_file(entry.path) and fine
    return fine
