"""What is written down of a run: its code, its arguments, its outputs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from makeit.binding import Binding
from makeit.formats.persister import Persister
from makeit.formats.tree import Output
from makeit.identity.describe import describe, readable
from makeit.identity.files import absolute
from makeit.identity.values import is_plain, parts
from makeit.model import (
    ArgumentRecord,
    Call,
    CodePart,
    CodePrint,
    CodeRecord,
    FileRecord,
    OutputRecord,
)
from makeit.store.staging import Staged

if TYPE_CHECKING:
    from makeit.workbench import Workbench


def code_records(bench: Workbench, code: CodePrint) -> dict[str, CodeRecord]:
    """Describe code for a record."""
    return {part.name: _code_record(bench, part) for part in code.parts}


def keep_sources(bench: Workbench, code: CodePrint) -> None:
    """Keep the sources of code that is recorded, for later diffs."""
    for part in code.parts:
        if part.kind in ("function", "class"):
            bench.ledger.keep_source(part.fingerprint, part.text)


def _code_record(bench: Workbench, part: CodePart) -> CodeRecord:
    shown = part.text if part.kind in ("value", "version") else ""
    file = readable(bench.project.relative(part.file)) if part.file else None
    return CodeRecord(part.fingerprint, part.kind, file, part.line, shown)


def argument_records(bench: Workbench, call: Call, binding: Binding) -> dict[str, ArgumentRecord]:
    """Describe the arguments of a call that count for its record."""
    files, left_out = binding.files, binding.left_out(call.args, call.kwargs)
    return {
        name: _argument_record(bench, call, name, is_file=name in files, default=name in left_out)
        for name in call.fingerprints
    }


def _argument_record(bench: Workbench, call: Call, name: str, *, is_file: bool, default: bool) -> ArgumentRecord:
    value, states = call.arguments[name], call.states_after.get(name)
    fingerprint, text = call.fingerprints[name], describe(value)
    origins = call.origins.get(name, ())
    if is_plain(value) and not is_file:
        return ArgumentRecord(fingerprint, text, origins, default=default)
    named = [item for item in parts(value) if isinstance(item, os.PathLike) or (is_file and isinstance(item, str))]
    paths = tuple(dict.fromkeys(absolute(path) for path in named))
    return ArgumentRecord(
        fingerprint,
        text,
        origins,
        tuple(readable(bench.project.relative(path)) for path in paths),
        dict(states) if states else None,
        tuple(map(bench.digest, paths)),
        default,
    )


def describe_staged(
    bench: Workbench,
    staged: Sequence[Staged],
    files: tuple[FileRecord, ...],
    fingerprints: Sequence[str | None],
) -> tuple[OutputRecord, ...]:
    """Describe published outputs for the record."""
    return tuple(
        _output_record(bench, item.output, item.persister, files, item.notes, fingerprint)
        for item, fingerprint in zip(staged, fingerprints, strict=True)
    )


def describe_adopted(
    bench: Workbench,
    outputs: Sequence[Output],
    files: tuple[FileRecord, ...],
    persisters: Sequence[Persister],
    fingerprints: Sequence[str | None],
) -> tuple[OutputRecord, ...]:
    """Describe adopted files for the record."""
    return tuple(
        evolve(
            _output_record(bench, output, persister, files, dict(persister.notes) or None, fingerprint), adopted=True
        )
        for output, persister, fingerprint in zip(outputs, persisters, fingerprints, strict=True)
    )


def _output_record(
    bench: Workbench,
    output: Output,
    persister: Persister,
    files: tuple[FileRecord, ...],
    notes: dict[str, Any] | None,
    fingerprint: str | None,
) -> OutputRecord:
    names = [bench.project.relative(os.fspath(path)) for path in persister.files()]
    by_name = {file.path: file for file in files}
    return OutputRecord(
        names[0],
        output.format,
        tuple(by_name[name] for name in names),
        dict(output.options),
        notes,
        fingerprint,
    )
