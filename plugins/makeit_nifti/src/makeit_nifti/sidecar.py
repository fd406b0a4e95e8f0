"""The JSON beside an image: written after the result, merged with what a user wrote into it, never over it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from makeit import MakeitError, Persister, SpecError
from makeit.identity.annex import FETCH, is_unfetched
from makeit.records import OutputRecord, Record
from makeit.store import json_object
from makeit.store.atomic import write_small
from makeit.store.ledger import Entry
from makeit.store.lock import commit_lock
from makeit.store.sealing import seal
from makeit_nifti import provenance
from makeit_nifti.recollection import BLOCK, Memory, brought, recall

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.model import Call
    from makeit_nifti.file import NiftiFile

#: The kinds of sidecars that there are.
KINDS = ("bids",)
#: Keys that makeit writes, and a user may change, beside the block that is makeit's own.
SHARED = ("Description", "RepetitionTime", "Sources")
_ATTEMPTS = 5
_REMEMBERED = 4096

_Stamp = tuple[int, int, int, int]


# The record that each sidecar was last found to be of, and the stamp that it had then.
_known: dict[tuple[str, str], tuple[Record, _Stamp]] = {}


def path_of(persister: Persister) -> str:
    """Return where the sidecar of an image lies: its suffix is replaced by `.json`."""
    path = os.fspath(persister.filename)
    suffix = max((one for one in persister.suffixes if path.lower().endswith(one)), key=len, default="")
    return f"{path[: len(path) - len(suffix)]}.json"


def check(persister: NiftiFile) -> None:
    """Raise SpecError for a kind of sidecar that is unknown."""
    if persister.sidecar not in (None, *KINDS):
        raise SpecError(
            f"{persister.filename}: sidecar={persister.sidecar!r} is unknown; the sidecars are: {', '.join(KINDS)}",
            spec=persister,
        )


def check_call(persister: NiftiFile, call: Call) -> None:
    """Raise SpecError where the sidecar would be another output of the call, or that of another image of it."""
    if persister.sidecar is None:
        return
    path = path_of(persister)
    for other in call.outputs:
        found = other.persister
        if found is None or found.filename == persister.filename:
            continue
        described = getattr(found, "sidecar", None) is not None and path_of(found) == path
        if described or path in map(os.fspath, found.files()):
            what = "the sidecar of" if described else "the output"
            raise SpecError(
                f"the sidecar of {persister.filename} would be {path}, which is {what} {other.path}; give one of the "
                "two another name",
                spec=persister,
            )


def keep(persister: NiftiFile, call: Call, record: Record, lineage: Lineage) -> None:
    """Bring the sidecar of an image up to date with its record; one stat where it was so before.

    MakeitError where it holds what cannot be merged, OSError where it cannot be written; it is as it was then.
    """
    path, image = path_of(persister), Path(persister.filename)
    key, now = (lineage.project.cachedir, path), _stamp(path)
    known = _known.get(key)
    if known and known[0] is record and known[1] == now:
        return
    name = lineage.project.relative(os.fspath(image))
    place = lineage.project.mirror("sidecars", path)
    memory = recall(place) or brought(path, name, lineage)
    fresh = _fresh(path, image, call, record, _output(record, name), memory, lineage)
    if now is None or memory != _settled(name, fresh, now):
        with commit_lock(lineage.project, [path]) as held:
            if held == "busy":
                raise MakeitError(f"somebody else is writing {path} at the moment")
            entry = lineage.ledger.read(call.anchor)
            if not isinstance(entry, Entry) or _digests(entry.record) != _digests(record):
                return  # published anew since: whoever did that writes it
            now = _write(path, place, name, fresh, lineage)
    if len(_known) >= _REMEMBERED:
        _known.clear()
    if now is not None:
        _known[key] = record, now


def _digests(record: Record) -> tuple[Any, ...]:
    files = tuple((file.path, file.digest) for output in record.outputs for file in output.files)
    return record.call, record.code, files


def _output(record: Record, name: str) -> OutputRecord:
    return next(output for output in record.outputs if output.path == name)


def _fresh(
    path: str,
    image: Path,
    call: Call,
    record: Record,
    output: OutputRecord,
    memory: Memory | None,
    lineage: Lineage,
) -> dict[str, Any]:
    """Return what makeit has to say of an image; the header is read only where the image is a new one."""
    block = provenance.block(call, record, output)
    found: dict[str, Any] = {"Description": provenance.description(call)}
    last = memory.written[-1] if memory and memory.written else {}
    if last.get(BLOCK, {}).get("ContentDigest") == block["ContentDigest"]:
        found["RepetitionTime"], block["SavedDType"] = last.get("RepetitionTime"), last[BLOCK].get("SavedDType")
    else:
        found["RepetitionTime"], block["SavedDType"] = provenance.image_facts(image)
    found["Sources"] = provenance.sources(record, path, lineage)
    return {**{key: value for key, value in found.items() if value}, BLOCK: block}


def _settled(name: str, fresh: dict[str, Any], now: _Stamp) -> Memory:
    """Return the memory of a sidecar that says all this and has this stamp."""
    return Memory(name, (fresh,), now[0], now[1])


def _write(path: str, place: str, name: str, fresh: dict[str, Any], lineage: Lineage) -> _Stamp | None:
    """Merge and write, under the lock, so that no kill leaves it unknown which values are makeit's own."""
    memory = recall(place) or brought(path, name, lineage)
    _refuse_others(path, name, memory, lineage)
    written = memory.written if memory else ()
    for _ in range(_ATTEMPTS):
        before = _stamp(path)
        existing = _read(path)
        merged = merge(existing, written, fresh)
        if existing is not None and json_object.same(existing, merged):
            with suppress(OSError):  # a memo alone, as nothing was written
                _remember(place, name, fresh, before)
            return before
        if fresh not in written:
            write_small(place, seal(Memory(name, (*written, fresh))), durable=True)
        content = json_object.encoded(merged)
        if _stamp(path) == before:
            write_small(path, content, durable=True)
            now = _stamp(path)
            _remember(place, name, fresh, now)
            return now
    raise MakeitError(f"{path} kept changing while it was to be written")


def _remember(place: str, name: str, fresh: dict[str, Any], now: _Stamp | None) -> None:
    if now is not None:
        write_small(place, seal(_settled(name, fresh, now)), durable=False)


def _refuse_others(path: str, name: str, memory: Memory | None, lineage: Lineage) -> None:
    owner = lineage.ledger.owner(path)
    if owner is not None:
        whose = f"the output of {owner.record.function}" if isinstance(owner, Entry) else "of a damaged record"
        raise MakeitError(f"{path} is {whose}; give one of the two another name")
    if memory and memory.image != name and os.path.lexists(lineage.project.absolute(memory.image)):
        raise MakeitError(f"{path} describes {memory.image}, too; give one of the two images another name")


def merge(existing: dict[str, Any] | None, written: Sequence[dict[str, Any]], fresh: dict[str, Any]) -> dict[str, Any]:
    """Return what a sidecar is to say: what a user wrote, changed or removed stays so, the rest is brought up to date.

    `written` is what makeit wrote itself. Of its own block all keys that it names are its own.
    """
    if existing is None:
        return fresh
    merged = dict(existing)
    for key in SHARED:
        before = [one[key] for one in written if key in one]
        own = key in existing and any(json_object.same(existing[key], value) for value in before)
        if own and key not in fresh:
            del merged[key]
        elif key in fresh and (own or (key not in existing and not before)):
            merged[key] = fresh[key]
    block = existing.get(BLOCK)
    named = {key for one in written for key in one.get(BLOCK, {})}
    kept = {key: value for key, value in block.items() if key not in named} if isinstance(block, dict) else {}
    merged[BLOCK] = {**fresh[BLOCK], **{key: value for key, value in kept.items() if key not in fresh[BLOCK]}}
    return merged


def _read(path: str) -> dict[str, Any] | None:
    """Return what a sidecar says, None where there is none; MakeitError where it is nothing to merge with."""
    try:
        # A pipe in its place would be waited for.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        if is_unfetched(path):
            raise MakeitError(f"{path} is a link of git-annex whose content is not here; {FETCH}") from None
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise MakeitError(f"{path} is no regular file; move it, and the sidecar is written at the next call")
        return json_object.decoded(file.read(json_object.LIMIT + 1), path)


def _stamp(path: str) -> _Stamp | None:
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
