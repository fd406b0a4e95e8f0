"""All records of one cachedir: one JSON file per call, found by the path of its first output."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from attrs import frozen

from makeit.identity.digest import FLAGS, read_all
from makeit.identity.files import settled, stamp, stamp_of
from makeit.model import FileStamp, Record
from makeit.store.atomic import sweep, write_small
from makeit.store.sealing import opened, seal

if TYPE_CHECKING:
    from makeit.store.project import Project


@frozen
class Pointer:
    """What lies in the place of a record for the second and further outputs of a call."""

    points_to: str


@frozen
class Intent:
    """The digests of files that a call was about to publish, by their names."""

    files: dict[str, tuple[str, ...]]


# Built once, at import: msgspec builds what it knows of a type at the first use, and two threads that do it at the
# same moment crash the interpreter (msgspec 0.20).
_RECORD = msgspec.json.Decoder(Record)
_POINTER = msgspec.json.Decoder(Pointer)
_INTENT = msgspec.json.Decoder(Intent)
# What systems take for a path.
_LONGEST = 4096


@frozen(eq=False)
class Entry:
    """A record as it lies in the ledger, with the stamp that its file had before it was read."""

    record: Record
    stamp: FileStamp

    @property
    def mtime_ns(self) -> int:
        """When it was written, by the clock of its file system."""
        return self.stamp.mtime_ns


@frozen
class Damaged:
    """A record file whose content does not match its checksum, or that cannot be read as a record."""

    path: str
    cause: str


class Ledger:
    """Read and write records; what was read is kept in memory as long as the file's stamp is the same."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._read: dict[str, Entry] = {}
        self._places: dict[str, str] = {}
        self._sources: set[str] = set()

    def place(self, path: str) -> str:
        """Return where the record of the output at `path` lies."""
        place = self._places.get(path)
        if place is None:
            place = self._places[path] = self.project.mirror("records", path)
        return place

    def read(self, path: str) -> Entry | Damaged | None:
        """Return the record of the call whose first output is at `path`; None if there is none."""
        return self.read_place(self.place(path))

    def read_place(self, place: str) -> Entry | Damaged | None:
        """Return the record in one file of the ledger."""
        known = self._read.get(place)
        before = time.time_ns()
        try:
            if known and stamp(place) == known.stamp:
                return known
            content, now = _content(place)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Damaged(place, str(error))
        found = decode(place, content)
        if not isinstance(found, Record):
            return found if isinstance(found, Damaged) else None
        entry = Entry(found, now)
        # Whoever changes a file that was at rest before it was read gives it another stamp.
        if settled(now, before):
            self._read[place] = entry
        return entry

    def owner(self, path: str) -> Entry | Damaged | None:
        """Return the record of the call that wrote the file at `path`, as any of its outputs.

        OSError where it cannot be read at the moment: then nobody knows whose file that is.
        """
        entry = _entry(self.place(path))
        if isinstance(entry, Pointer):
            entry = _entry(os.path.join(self.project.cachedir, entry.points_to))
        return None if isinstance(entry, Pointer) else entry

    def place_of_owner(self, path: str) -> str | None:
        """Return where the record of the call lies that wrote the file at `path`; None where there is none."""
        place = self.place(path)
        found = _read(place)
        if isinstance(found, Pointer):
            return os.path.join(self.project.cachedir, found.points_to)
        return place if found else None

    def write(self, path: str, record: Record, *, durable: bool) -> None:
        """Write the record of the call whose first output is at `path`, and pointers from the others."""
        place = self.place(path)
        self._read.pop(place, None)
        target = self._target(place)
        for other in self._others(record):
            if other != place and _read(other) != target:
                write_small(other, seal(target), durable=durable)
        self.write_place(place, record, durable=durable)

    def write_place(self, place: str, record: Record, *, durable: bool = False) -> None:
        """Write a record to one file of the ledger."""
        write_small(place, seal(record), durable=durable)

    def forget(self, path: str, record: Record | None) -> None:
        """Remove a record and the pointers to it."""
        place = self.place(path)
        self._read.pop(place, None)
        pointers = [other for other in self._others(record) if _read(other) == self._target(place)] if record else []
        for item in [*pointers, place]:
            with suppress(FileNotFoundError):
                os.unlink(item)

    def intend(self, path: str, files: dict[str, tuple[str, ...]]) -> None:
        """Note which files a call is about to publish, so that they are known after a kill."""
        write_small(self._intent(path), seal(Intent(files)), durable=True)

    def intended(self, path: str) -> dict[str, tuple[str, ...]]:
        """Return the files of an unfinished publication of the call whose first output is at `path`.

        OSError where the note of them cannot be read at the moment.
        """
        try:
            content, _ = _content(self._intent(path))
            return _INTENT.decode(opened(content)).files
        except FileNotFoundError:
            return {}
        except (ValueError, msgspec.MsgspecError, RecursionError):
            return {}  # torn by a crash before anything was published

    def fulfil(self, path: str) -> None:
        """Remove the note of intent, after the record was written."""
        with suppress(FileNotFoundError):
            os.unlink(self._intent(path))

    @property
    def sources(self) -> str:
        """The folder with the sources of code parts."""
        return os.path.join(self.project.cachedir, "code")

    def keep_source(self, fingerprint: str, source: str) -> None:
        """Keep the source of a code part, once for each of its versions."""
        name = source_name(fingerprint)
        if name in self._sources:
            return
        place = os.path.join(self.sources, f"{name}.py")
        sweep(self.sources)
        if not os.path.exists(place):
            write_small(place, source.encode("utf-8", "surrogatepass"), durable=False)
        self._sources.add(name)

    def source(self, fingerprint: str) -> str | None:
        """Return the source of a code part that some call was run with, or None."""
        place = os.path.join(self.sources, f"{source_name(fingerprint)}.py")
        with suppress(OSError), open(place, "rb") as file:
            return file.read().decode("utf-8", "surrogatepass")
        return None

    def _target(self, place: str) -> Pointer:
        return Pointer(os.path.relpath(place, self.project.cachedir).replace(os.sep, "/"))

    def _others(self, record: Record) -> list[str]:
        """Return the places of the named files after the first: who wrote them is worth a look-up."""
        paths = [self.project.absolute(file.path) for output in record.outputs for file in output.files][1:]
        return [self.place(path) for path in paths if not self.project.is_kept(path)]

    def _intent(self, path: str) -> str:
        return self.place(path).removesuffix(".json") + ".intent"


def source_name(fingerprint: str) -> str:
    """Return the name that the source of a code part goes by."""
    return fingerprint.replace("/", "-").replace(":", "-")


def _read(place: str) -> Record | Pointer | Damaged | None:
    entry = _entry(place)
    return entry.record if isinstance(entry, Entry) else entry


def _entry(place: str) -> Entry | Pointer | Damaged | None:
    try:
        content, now = _content(place)
    except FileNotFoundError:
        return None
    found = decode(place, content)
    return Entry(found, now) if isinstance(found, Record) else found


def _content(place: str) -> tuple[bytes, FileStamp]:
    """Return what a file of the ledger holds, and the stamp that it had before it was read; FileNotFoundError."""
    try:
        descriptor = os.open(place, FLAGS)
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from error
    try:
        found = os.fstat(descriptor)
        # What is no file, as a folder or a pipe, reads as empty, which is damaged.
        content = read_all(descriptor, found.st_size) if stat.S_ISREG(found.st_mode) else b""
        return content, stamp_of(found)
    finally:
        os.close(descriptor)


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
