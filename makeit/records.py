"""What is written down of a run: its code, arguments, outputs and files, as frozen classes that JSON can hold."""

from __future__ import annotations

import time
from typing import Any, Literal

from attrs import field

from makeit.attributes import frozen
from makeit.identity.stamps import FileStamp as FileStamp


@frozen
class CodeRecord:
    """A code part as it was when a call ran.

    `repr` is kept for values; the source of a function or class lies under `code/` in the cachedir.
    """

    fingerprint: str
    kind: str
    file: str | None = None
    line: int | None = None
    repr: str = ""


@frozen
class Origin:
    """The result that a value was: its record, by the name of the first output, its fingerprint, and the call."""

    record: str
    fingerprint: str
    call: str = ""


@frozen
class ArgumentRecord:
    """An argument as it was when a call ran.

    `origins` are the results that it was or held, `files` the input files that it named, `digests` those of
    their contents in the same order. `default` says that nobody gave it: it was the function's own.
    `states_after` are the states of the random streams that the call drew from, by their place in the
    argument (empty for the argument itself), as JSON.
    """

    fingerprint: str | None
    repr: str
    origins: tuple[Origin, ...] = ()
    files: tuple[str, ...] = ()
    states_after: dict[str, str] | None = None
    digests: tuple[str, ...] = ()
    default: bool = False

    @property
    def origin(self) -> str | None:
        """The record whose result it was, or the first of several."""
        return self.origins[0].record if self.origins else None


@frozen
class FileRecord:
    """One file that a call wrote, its stamp and the digest of its bytes."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    digest: str
    #: Whether stamps tell any two changes apart here, so that an equal one proves the content at once.
    fine: bool = False

    @property
    def stamp(self) -> FileStamp:
        """The stamp that the file had when it was written or last verified."""
        return FileStamp(self.size, self.mtime_ns, self.ctime_ns, self.inode)


@frozen
class OutputRecord:
    """One output of a call: its format, notes, fingerprint and files; the first file is the named one."""

    path: str
    format: str
    files: tuple[FileRecord, ...]
    options: dict[str, str] = field(factory=dict)
    notes: dict[str, Any] | None = None
    fingerprint: str | None = None
    adopted: bool = False


@frozen
class Change:
    """What a person did to a record: accepted present code, or adopted files; `before` is the record until then."""

    kind: Literal["accept", "adopt"]
    who: str
    when: float
    before: Record | None = None


@frozen
class Record:
    """What is kept of the last run of a call, and what a person changed about it since.

    `label` is the call in words: its function and what tells its files from those of others; `reason` why it ran,
    and `process` where, as `host:pid`.
    """

    call: str
    function: str
    code: dict[str, CodeRecord]
    arguments: dict[str, ArgumentRecord]
    outputs: tuple[OutputRecord, ...]
    started: float
    seconds: float
    versions: dict[str, str]
    key_parts: dict[str, Any] = field(factory=dict)
    untracked: tuple[str, ...] = ()
    parent: str | None = None
    defined: str = ""
    change: Change | None = None
    label: str = ""
    reason: str = ""
    process: str = ""
    layout: int = 1

    @property
    def named(self) -> str:
        """The call in words, or the function where a record is too old to say."""
        return self.label or self.function

    @property
    def when(self) -> str:
        """When the run began, in words; a record may say what no calendar knows."""
        try:
            return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.started))
        except (ValueError, OverflowError, OSError):
            return "at an unknown time"
