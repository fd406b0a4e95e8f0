"""Tables that carry their form with them, for files that have a place for it."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from makeit_pandas import columns, frames, indexes
from makeit_pandas.frames import Parts
from makeit_pandas.kinds import Description

KEY = b"makeit"
#: What pandas wants to be told of a column, and takes from the table itself where it is told nothing of use.
UNSAID = {"pandas_type": "mixed", "numpy_type": "object", "metadata": None}


def describe(parts: Parts) -> pa.Table:
    """Return the table with its form, and with what pandas itself needs to find the index."""
    said = {KEY: json.dumps(parts.form).encode(), b"pandas": json.dumps(_for_pandas(parts)).encode()}
    return parts.table.replace_schema_metadata(said)


def restore(table: pa.Table) -> Any:
    """Return the frame or series that a table was made of; what others wrote comes as pandas reads it."""
    form = _form(table)
    return table.to_pandas() if form is None else frames.put_together(table, form)


def _form(table: pa.Table) -> Description | None:
    said = (table.schema.metadata or {}).get(KEY)
    if said is None:
        return None
    form = json.loads(said)
    # Programs that change a table may hand on the metadata of the old one.
    return form if frames.fits(table, form) else None


def _for_pandas(parts: Parts) -> Description:
    described = parts.form["index"]
    return {
        "index_columns": _index_columns(parts, described),
        "column_indexes": [],
        "columns": _levels(parts, described),
    }


def _index_columns(parts: Parts, described: Description) -> list[Any]:
    if "range" in described:
        start, stop, step = described["range"]
        name = described["name"] if isinstance(described["name"], str) else None
        return [{"kind": "range", "name": name, "start": start, "stop": stop, "step": step}]
    return [level["field_name"] for level in _levels(parts, described)]


def _levels(parts: Parts, described: Description) -> list[Description]:
    """Return an entry for each level of an index; none for one that has not one column for each level."""
    names = described["names"] if "levels" in described else [described["name"]]
    kinds = indexes.parts(described)
    if any(columns.width(kind) != 1 for kind in kinds):
        return []
    return [
        {"name": name if isinstance(name, str) else None, "field_name": field, **UNSAID}
        for name, field in zip(names, parts.table.column_names[: len(kinds)], strict=False)
    ]
