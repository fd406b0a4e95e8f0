"""The kernel's own decision: compare a call with the record of its last run, and say all that differs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve

from makeit.formats.tree import Output
from makeit.identity.describe import describe
from makeit.model import Call, CodePart, CodePrint, CodeRecord, Decision, OutputRecord, Reason, Record

_NEVER = Reason("never-run", "never run")


def decide(call: Call, record: Record | None) -> Decision:
    """Reuse if the function, its code, its arguments and its outputs are those of the record."""
    if record is None:
        return Decision(False, (_NEVER,), call.label, call.code.untracked)
    reasons = (
        *_function(call, record),
        *(compare_code(call.code, record) if record.function == call.name else ()),
        *_arguments(call, record),
        *compare_outputs(call.outputs, record),
    )
    return Decision(not reasons, reasons, call.label, call.code.untracked)


def compare_key_parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Reason]:
    """Yield a reason for each fact of a plugin that differs from the record's."""
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before != after:
            text = f"key part {name} {describe(before)} → {describe(after)}"
            yield Reason("key-part", text, name, describe(before), describe(after))


def _function(call: Call, record: Record) -> Iterator[Reason]:
    if record.function != call.name:
        text = f"the output was written by {record.function}"
        yield Reason("output", text, "function", record.function, call.name)


def compare_code(code: CodePrint, record: Record) -> Iterator[Reason]:
    """Yield a reason for each piece of code that differs from what a result was computed with."""
    now = {part.name: part for part in code.parts}
    for name, part in now.items():
        before = record.code.get(name)
        if before is None or before.fingerprint != part.fingerprint:
            yield _part_changed(code, part, before)
    for name, gone in record.code.items():
        if name not in now:
            yield Reason("code", f"no longer uses {gone.kind} {_short(name, gone.kind)}", name, gone.fingerprint, None)


def _part_changed(code: CodePrint, part: CodePart, before: CodeRecord | None) -> Reason:
    old = before.repr or before.fingerprint if before else None
    new = part.text if part.kind in ("value", "version") else part.fingerprint
    part = _placed(part) if part.kind == "value" and part.line is None else part
    return Reason("code", _changed_text(code, part, before), part.name, old, new, file=part.file, line=part.line)


def _placed(part: CodePart) -> CodePart:
    """Find out where a changed value is written down; looked for only now, as most never change."""
    from makeit.identity.code.places import place_of

    place = place_of(part.name)
    return evolve(part, file=place[0], line=place[1]) if place else part


def _changed_text(code: CodePrint, part: CodePart, before: CodeRecord | None) -> str:
    where = f" ({os.path.basename(part.file)}:{part.line})" if part.file and part.line else _inside(part)
    if part.kind == "version":
        return f"version {before.repr if before else 'none'} → {part.text}"
    if part.name == code.parts[0].name:
        return f"its code changed{where}"
    noun = {"function": "helper", "value": "constant"}.get(part.kind, part.kind)
    if before is None:
        return f"uses {noun} {_short(part.name, part.kind)} now{where}"
    if part.kind == "value" and before.repr and before.repr != part.text:
        return f"{noun} {_short(part.name, part.kind)} {before.repr} → {part.text}{where}"
    return f"{noun} {_short(part.name, part.kind)} changed{where}"


def _inside(part: CodePart) -> str:
    """Say in which module, class or function a value stands, where its line is not known."""
    owner = part.name.rpartition(".")[0]
    return f" in {owner}" if part.kind == "value" and owner else ""


def _short(name: str, kind: str) -> str:
    if kind == "file":
        return name
    return name.rpartition(".")[2] or name


def _arguments(call: Call, record: Record) -> Iterator[Reason]:
    for name, fingerprint in call.fingerprints.items():
        before = record.arguments.get(name)
        now = call.arguments[name]
        if fingerprint is None:
            text = f"argument {name} ({type(now).__name__}) has no fingerprint"
            yield Reason("unfingerprintable", text, name, new=describe(now))
        elif before is None:
            yield Reason("argument", f"argument {name} is new: {describe(now)}", name, None, describe(now))
        elif before.fingerprint != fingerprint:
            yield _argument_changed(name, before.repr, describe(now), isinstance(now, os.PathLike))
    for name in sorted(record.arguments.keys() - call.fingerprints.keys()):
        gone = record.arguments[name].repr
        yield Reason("argument", f"argument {name} is gone, was {gone}", name, gone, None)


def _argument_changed(name: str, old: str, new: str, is_path: bool) -> Reason:
    if old != new:
        return Reason("argument", f"argument {name} {old} → {new}", name, old, new)
    kind: Any = "file" if is_path else "argument"
    return Reason(kind, f"{kind} {name} changed: {new}", name, old, new)


def compare_outputs(outputs: Sequence[Output], record: Record) -> Iterator[Reason]:
    """Yield a reason for each output that has another file, format or option than the record's."""
    if len(outputs) != len(record.outputs):
        text = f"outputs: {len(record.outputs)} → {len(outputs)}"
        yield Reason("output", text, "outputs", str(len(record.outputs)), str(len(outputs)))
        return
    for output, before in zip(outputs, record.outputs, strict=True):
        if not output.kept:
            yield from _output(output.where, _shape(output.format, output.options), before)


def _output(where: str, new: str, before: OutputRecord) -> Iterator[Reason]:
    old = _shape(before.format, tuple(sorted(before.options.items())))
    if old != new:
        yield Reason("output", f"output{where} format {old} → {new}", where, old, new)


def _shape(format: str, options: tuple[tuple[str, str], ...]) -> str:
    return "?".join([format, *("&".join(f"{name}={value}" for name, value in options),)] if options else [format])
