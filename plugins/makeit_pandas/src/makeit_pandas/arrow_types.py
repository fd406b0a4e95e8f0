"""Types of Arrow as JSON."""

from __future__ import annotations

import base64
from typing import Any

import pyarrow as pa


def spell(kind: pa.DataType) -> dict[str, Any]:
    """Name a type; one whose name does not say all comes with Arrow's own description of it."""
    name = str(kind)
    if _named(name) == kind:
        return {"type": name}
    schema = pa.schema([pa.field("", kind)]).serialize().to_pybytes()
    return {"type": name, "schema": base64.b64encode(schema).decode()}


def restore(spelled: dict[str, Any]) -> pa.DataType:
    """Return the type that `spell` described; ValueError where this Arrow does not know it."""
    if "schema" in spelled:
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(spelled["schema"]))).field(0).type
    kind = _named(spelled["type"])
    if kind is None:
        raise ValueError(f"this Arrow ({pa.__version__}) has no type {spelled['type']!r}")
    return kind


def _named(name: str) -> pa.DataType | None:
    try:
        return pa.type_for_alias(name)
    except ValueError:
        return None
