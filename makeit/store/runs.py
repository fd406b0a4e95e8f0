"""The run log: one line for each run, and for each thing that a person did to a result."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby, islice
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from makeit.identity.describe import printable
from makeit.model import Reason
from makeit.process import Process, present

if TYPE_CHECKING:
    from makeit.records import Record
    from makeit.store.project import Project

# Per file; the lines before these are kept once more, so twice this is what a user on a host has of one month.
_LARGEST = 16 << 20
_KEPT_S = 2 * 366 * 24 * 3600
# A decision can have a reason for each of a thousand arguments, and a line is for people.
_REASONS = 8
_LONGEST = 1 << 16
_BLOCK = 1 << 16
# After a power cut there may be zeros where the next line was to be.
_ZERO = b"\0"
_SUFFIX, _OLD = ".jsonl", ".old.jsonl"
# A pipe in its place would be waited for, and a link could lead to a file that is not makeit's.
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT
for _flag in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"):
    _FLAGS |= getattr(os, _flag, 0)

Happening: TypeAlias = Literal["ran", "failed", "not kept", "accepted", "adopted", "undone", "forgotten", "cleaned"]


class Because(msgspec.Struct, frozen=True):
    """A reason of a run, as `Reason` has it: its kind and its text."""

    kind: str = ""
    text: str = ""


class Event(msgspec.Struct, frozen=True):
    """One line: what became of a call that ran, or what a person did to a result.

    `record` is the file that the record is found by, as records name files; `error` the type and first line of the
    exception of a run that failed; `parent` the id of the call that it was made in.
    """

    outcome: Happening
    started: float
    seconds: float = 0.0
    function: str = ""
    label: str = ""
    call: str = ""
    record: str = ""
    reasons: tuple[Because, ...] = ()
    error: str = ""
    parent: str | None = None
    thread: str = ""
    process: Process = msgspec.field(default_factory=present)

    @property
    def ended(self) -> float:
        """When it was written down: the lines of a file are in this order."""
        return self.started + self.seconds


# Built once, at import, as in the ledger.
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Event)


def told(reasons: Iterable[Reason]) -> tuple[Because, ...]:
    """Return reasons as a line has them: not too many, and not too long."""
    first = tuple(islice(reasons, _REASONS))
    return tuple(Because(str(reason.kind), printable(str(reason))) for reason in first)


class RunLog:
    """The run log of one cachedir: a hint for people, which no decision depends on and no trouble comes from.

    There is a file for each month, host and user: no file is appended to by two kernels, which network file systems
    do not keep apart, nor by two users, of whom one could not write to it.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = os.path.join(project.cachedir, "log")

    def append(self, event: Event) -> None:
        """Add a line; where that cannot be done the line is lost."""
        with suppress(OSError, ValueError):
            # It begins with the end of the line before, of which a crash or a full disk may have left a part.
            line = b"\n" + _ENCODER.encode(event)
            path = self._path(event)
            descriptor = self._open(path)
            try:
                size = os.fstat(descriptor).st_size
                os.write(descriptor, line)
            finally:
                os.close(descriptor)
            if not size:
                self.forget_before(event.ended - _KEPT_S)
            elif size > _LARGEST:
                _put_aside(path, size)

    def amended(
        self, outcome: Happening, name: str, record: Record | None = None, reasons: Iterable[Reason] = ()
    ) -> None:
        """Add a line for what a person did to a result: the name that its record is found by, and what it was then."""
        call = (record.function, printable(record.named), record.call) if record else ("", "", "")
        self.append(Event(outcome, time.time(), 0.0, *call, printable(name), told(reasons)))

    def newest(self, since: float = -math.inf) -> Iterator[Event]:
        """Yield what is logged, the newest first; what is torn is left out."""
        import heapq

        first = _month(since)
        for month, names in groupby(sorted(self._names(), reverse=True), key=lambda name: name[:7]):
            if month < first:
                return
            files = [_events(os.path.join(self._folder, name)) for name in names]
            merged = heapq.merge(*files, key=lambda event: event.ended, reverse=True)
            yield from (event for event in merged if event.ended >= since)

    def older(self, time: float) -> list[str]:
        """Return the files of the months that were over at a time."""
        return [os.path.join(self._folder, name) for name in sorted(self._names()) if name[:7] < _month(time)]

    def forget_before(self, time: float) -> list[str]:
        """Remove the files of the months that were over at a time, and return those that are gone."""
        gone = []
        for path in self.older(time):
            with suppress(OSError):
                os.unlink(path)
                gone.append(path)
        return gone

    def _path(self, event: Event) -> str:
        owner = os.getuid() if hasattr(os, "getuid") else event.process.user
        name = f"{_month(event.ended)}-{event.process.host}-{owner}".replace(os.sep, "_")
        return f"{self._folder}{os.sep}{name}{_SUFFIX}"

    def _open(self, path: str) -> int:
        with suppress(FileNotFoundError):
            return os.open(path, _FLAGS, 0o666)
        self._project.prepare()  # a function may fail before anything was kept
        os.makedirs(self._folder, exist_ok=True)
        return os.open(path, _FLAGS, 0o666)

    def _names(self) -> Iterator[str]:
        with suppress(OSError), os.scandir(self._folder) as found:
            for entry in found:
                if entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False):
                    yield entry.name


def _month(moment: float) -> str:
    try:
        year, month, *_ = time.gmtime(moment)
    except (ValueError, OverflowError, OSError):
        return "0000-00"
    return f"{year:04d}-{month:02d}"


def _put_aside(path: str, size: int) -> None:
    """Begin a new file; the lines of the one before this one go."""
    # Another process may have done so meanwhile, and then this one is not to push out what that has put aside.
    if os.stat(path).st_size >= size:
        os.replace(path, path.removesuffix(_SUFFIX) + _OLD)


def _events(path: str) -> Iterator[Event]:
    for line in _lines(path):
        with suppress(ValueError, msgspec.MsgspecError, RecursionError):
            yield _DECODER.decode(line.rstrip(_ZERO))


def _lines(path: str) -> Iterator[bytes]:
    """Yield the lines of a file, the last one first; no more than a block and a line of it is in the memory."""
    rest = b""
    for block in _blocks(path):
        rest, *lines = (block + rest).split(b"\n")
        yield from reversed(lines)
        rest = rest.rstrip(_ZERO)
        if len(rest) > _LONGEST:
            rest = b""  # no line of makeit's is as long
    yield rest


def _blocks(path: str) -> Iterator[bytes]:
    # Opened for each block: there may be more files than a process can have open.
    with suppress(OSError):
        end = os.stat(path).st_size
        while end > 0:
            start = max(0, end - _BLOCK)
            with open(path, "rb", buffering=0) as file:
                file.seek(start)
                yield file.read(end - start)
            end = start
