"""What holds for every text and every bytes: of specs, of templates, of the reader of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from makeit import SpecError, TemplateError
from makeit.formats import template
from makeit.formats.spec import Spec
from makeit.records import ArgumentRecord, Change, CodeRecord, FileRecord, OutputRecord, Record
from makeit.store.ledger import Damaged, decode
from makeit.store.sealing import seal
from tests.faults.mutation import body, sealed


def spec_fault(text: str) -> str | None:
    """Say what is wrong with how a spec is read: it is refused, or what it says of itself is read as the same."""
    try:
        spec = Spec.parse(text)
    except SpecError:
        return None
    again = Spec.parse(str(spec))
    if again != spec:
        return f"{text!r} was read as {spec!r}, which writes itself as {str(spec)!r}, which was read as {again!r}"
    if not spec.path or "\0" in spec.path:
        return f"{text!r} was read as the path {spec.path!r}"
    return None


def template_fault(text: str, arguments: Mapping[str, Any]) -> str | None:
    """Say what is wrong with how a template is filled in: it is refused, or every value stays in its component."""
    try:
        parsed = template.parse(text)
        if not set(parsed.fields) <= set(arguments):
            return None
        found = parsed.expand(arguments)
    except TemplateError:
        return None
    literal = "".join(piece if isinstance(piece, str) else "x" for piece in parsed.pieces)
    if any(found.count(mark) != literal.count(mark) for mark in "/\\\0"):
        return f"{text!r} became {found!r}, with other folders"
    for mine, theirs in zip(literal.split("/"), found.split("/"), strict=True):
        if mine != theirs and theirs in ("", ".", ".."):
            return f"{text!r} became {found!r}, which has the component {theirs!r}"
    if found.startswith("~") and found.split("/")[0] != literal.split("/")[0]:
        return f"{text!r} became {found!r}, in the home of somebody"
    if found.startswith("@cachedir/") and not text.startswith("@cachedir/"):
        return f"{text!r} became {found!r}, inside the cachedir"
    return None


def record_fault(content: bytes) -> str | None:
    """Say what is wrong with how a record is read: it is damaged, or its checksum is that of what it holds.

    The same content under a fitting checksum has to be read, or be damaged, without any error.
    """
    decode("record.json", sealed(content))
    if isinstance(decode("record.json", content), Damaged) or content == sealed(body(content)):
        return None
    return f"read in spite of its checksum: {content[:80]!r}"


def a_record() -> bytes:
    """Return a record as makeit writes it, with something in every member."""
    file = FileRecord("a.txt", 5, 1_700_000_000_000_000_000, 1_700_000_000_000_000_001, 12, "0" * 32)
    before = Record("call/1:0", "module.name", {}, {}, (), 1.5, 0.5, {})
    return seal(
        Record(
            "call/1:0",
            "module.name",
            {"module.name": CodeRecord("code/1:0", "function", "module.py", 3)},
            {"x": ArgumentRecord("value/1:0", "1", states_after={"": "state"})},
            (OutputRecord("a.txt", "text", (file,), {"option": "1"}, {"note": [1, "a", None]}, "value/1:0"),),
            1.5,
            0.5,
            {"python": "3.11"},
            {"part": {"a": [1]}},
            ("getattr",),
            "call/1:1",
            "module.py:3",
            Change("accept", "somebody", 1.5, before),
        )
    )
