"""What a made function declares now, beside what a record says: parameters, defaults, outputs, options."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from makeit.decision import compare_key_parts, compare_outputs
from makeit.errors import MakeitError
from makeit.identity.describe import describe
from makeit.model import ArgumentRecord, Reason, Record
from makeit.store.catalogue import Filed

if TYPE_CHECKING:
    from makeit.store.project import Project
    from makeit.works import Works


def compare_declaration(filed: Filed, works: Works, project: Project) -> Iterator[Reason]:
    """Yield a reason for each thing that a function asks for otherwise now than when a call of it ran."""
    yield from _parameters(filed.record, works)
    yield from _outputs(filed, works, project)
    yield from _contents(filed.record, works)


def _parameters(record: Record, works: Works) -> Iterator[Reason]:
    """Compare defaults that nobody overrode, and the names of parameters."""
    names = [name for name in works.binding.names if name not in works.options.ignore]
    for name, before in record.arguments.items():
        if name not in names:
            yield Reason("argument", f"argument {name} is gone, was {before.repr}", name, before.repr)
        elif before.default:
            yield from _default(name, before, works)
    for name in names:
        if name not in record.arguments:
            yield Reason("argument", f"argument {name} is new", name)


def _outputs(filed: Filed, works: Works, project: Project) -> Iterator[Reason]:
    """Compare formats and options, and the files as far as the arguments in their names are known."""
    record = filed.record
    known = {name: _value(record.arguments.get(name), works) for name in works.targets.fields}
    if any(value is None for value in known.values()):
        return
    key = os.path.basename(filed.anchor) if works.targets.has_kept else ""
    try:
        outputs = works.targets.bind(known, key)
    except MakeitError as error:
        yield Reason("output", str(error), "outputs")
        return
    yield from compare_outputs(outputs, record)
    for output, before in zip(outputs, record.outputs, strict=False):
        now = project.relative(output.path)
        if output.kept != project.is_kept(project.absolute(before.path)) or not (output.kept or now == before.path):
            now = "the cachedir" if output.kept else now
            yield Reason("output", f"output{output.where} {before.path} → {now}", output.where, before.path, now)


def _contents(record: Record, works: Works) -> Iterator[Reason]:
    """Compare the files that outputs are made with, and what is asked for every call."""
    if works.options.force in (True, "rerun"):
        yield Reason("forced", "forced")
    try:
        now = works.bench.contents(works.targets.inputs)
    except MakeitError as error:
        yield Reason("key-part", str(error))
        return
    yield from compare_key_parts({name: record.key_parts.get(name) for name in now}, now)


def _default(name: str, before: ArgumentRecord, works: Works) -> Iterator[Reason]:
    try:
        now = works.binding.default(name)
    except KeyError:
        yield Reason("argument", f"argument {name} has no default any more, was {before.repr}", name, before.repr)
        return
    if works.bench.fingerprint(now) != before.fingerprint:
        text = f"default of {name} {before.repr} → {describe(now)}"
        yield Reason("argument", text, name, before.repr, describe(now))


def _value(argument: ArgumentRecord | None, works: Works) -> Any:
    """Return the value of a plain argument, which its description says in full; None where it does not."""
    try:
        value = ast.literal_eval(argument.repr) if argument else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if argument and works.bench.fingerprint(value) == argument.fingerprint else None
