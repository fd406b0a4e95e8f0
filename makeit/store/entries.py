"""What lies in the files of a ledger, and how it is read: records, pointers to them, and notes of intent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from makeit.identity.files import content_of
from makeit.model import FileRecord, FileStamp, Record
from makeit.store.sealing import opened


class Pointer(msgspec.Struct, frozen=True):
    """What lies in the place of a record for the second and further outputs of a call."""

    points_to: str


class Intent(msgspec.Struct, frozen=True):
    """The digests of files that a call was about to publish, by their names."""

    files: dict[str, tuple[str, ...]]


# Built once, at import: msgspec builds what it knows of a type at the first use, and two threads that do it at the
# same moment crash the interpreter (msgspec 0.20).
_RECORD = msgspec.json.Decoder(Record)
_POINTER = msgspec.json.Decoder(Pointer)
_INTENT = msgspec.json.Decoder(Intent)
_FILE = msgspec.json.Decoder(FileRecord)
# What systems take for a path.
_LONGEST = 4096


class Entry:
    """A record as it lies in the ledger, with the stamp that its file had before it was read."""

    __slots__ = ("record", "stamp")

    def __init__(self, record: Record, stamp: FileStamp) -> None:
        self.record = record
        self.stamp = stamp

    @property
    def mtime_ns(self) -> int:
        """When it was written, by the clock of its file system."""
        return self.stamp.mtime_ns


class Damaged(NamedTuple):
    """A record file whose content does not match its checksum, or that cannot be read as a record."""

    path: str
    cause: str


def read(place: str) -> Record | Pointer | Damaged | None:
    """Return the record or pointer in a file of the ledger; None where there is nothing."""
    entry = read_entry(place)
    return entry.record if isinstance(entry, Entry) else entry


def read_entry(place: str) -> Entry | Pointer | Damaged | None:
    """Return the same, a record with the stamp of its file."""
    try:
        content, now = content_of(place)
    except FileNotFoundError:
        return None
    found = decode(place, content)
    return Entry(found, now) if isinstance(found, Record) else found


def intent(content: bytes) -> Intent | None:
    """Read a note of intent from its bytes; None where it was torn by a crash, before anything was published."""
    try:
        return _INTENT.decode(opened(content))
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None


def described(content: bytes) -> FileRecord | None:
    """Read what is kept of one file from its bytes; None where that is damaged."""
    try:
        return _FILE.decode(opened(content))
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None


def decode(place: str, content: bytes) -> Record | Pointer | Damaged:
    """Read a record or a pointer from its bytes; anything but exactly what makeit wrote is Damaged."""
    try:
        body = opened(content)
        found = _POINTER.decode(body) if b'"points_to"' in body[:40] else _RECORD.decode(body)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        return Damaged(place, str(error))
    strange = next((name for name in _named(found) if not _is_name(name)), None)
    return found if strange is None else Damaged(place, f"it names a file {strange[:80]!r}")


def _named(found: Record | Pointer) -> Iterator[str]:
    """Yield the names of all files that a record or pointer leads to."""
    if isinstance(found, Pointer):
        # It leads from the cachedir to a record, and nowhere else.
        yield f"@cachedir/{found.points_to}" if found.points_to.startswith("records/") else ".."
        return
    for output in found.outputs:
        yield output.path
        yield from (file.path for file in output.files)
    if found.change and found.change.before:
        yield from _named(found.change.before)


def _is_name(name: str) -> bool:
    """Tell whether makeit itself would write a name of a file like this one."""
    parts = name.split("/")
    return "\0" not in name and ".." not in parts and len(name) < _LONGEST and all(len(part) < 256 for part in parts)
