"""Tables as text with a separator between cells: what each type looks like there, written and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from makeit import PersistError
from makeit_pandas import columns, indexes
from makeit_pandas.frames import ROW, Parts, rows
from makeit_pandas.kinds import Description, Stored
from makeit_pandas.texts import TEXT

#: Bytes that a cell without quotes takes at most.
LONGEST = 64
#: What is read in one step, at least; a row has to fit in.
BLOCK = 1 << 20
#: The largest step that pyarrow can count.
MOST = (1 << 31) - 1

AS_THEY_ARE = (
    pa.types.is_integer, pa.types.is_boolean, pa.types.is_string, pa.types.is_large_string, pa.types.is_float32,
    pa.types.is_float64, pa.types.is_date32, pa.types.is_decimal128, pa.types.is_time,
)  # fmt: skip
FIRST, AFTER = np.datetime64("0001-01-01"), np.datetime64("10000-01-01")


def write(path: str, parts: Parts, separator: str) -> dict[str, Any]:
    """Write a table as text and return the notes that `read` needs; PersistError for what text cannot say."""
    names = list(parts.table.column_names)
    on_disk = [_written(parts.table, place, kind) for place, kind in enumerate(_kinds(parts.form))]
    numbered = len(on_disk) == 1 and on_disk[0].null_count > 0
    if numbered:
        # A row would be a blank line, which most programs skip.
        on_disk.insert(0, rows(parts.form["rows"]))
        names.insert(0, ROW)
    widest = sum(map(_longest, on_disk))
    if widest > MOST:
        raise PersistError("a row of more than 2 GB is too long for a csv; use `parquet:` or `feather:`")
    header = separator.join('"' + name.replace('"', '""') + '"' for name in names)
    with pa.OSFile(path, "wb") as stream:
        stream.write(header.encode() + b"\n")
        options = csv.WriteOptions(include_header=False, delimiter=separator)
        csv.write_csv(pa.table(on_disk, _numbers(len(on_disk))), stream, options)
    return {"numbered": numbered, "widest": max(widest, len(header.encode()))}


def read(path: str, notes: Mapping[str, Any], separator: str) -> pa.Table:
    """Read the table that `write` wrote; ValueError where a cell does not fit the notes."""
    form = notes["form"]
    kinds = _kinds(form)
    on_disk = [_on_disk(kind) for kind in kinds]
    if notes["numbered"]:
        on_disk.insert(0, pa.int64())
    names = _numbers(len(on_disk))
    table = csv.read_csv(
        path,
        csv.ReadOptions(column_names=names, skip_rows_after_names=1, block_size=max(BLOCK, notes["widest"] + 2)),
        csv.ParseOptions(delimiter=separator, newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=dict(zip(names, on_disk, strict=True)),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["true"],
            false_values=["false"],
        ),
    )
    found = table.columns[1:] if notes["numbered"] else table.columns
    cells = [_read(column, kind) for column, kind in zip(found, kinds, strict=True)]
    return pa.table(cells, form["names"])


def _numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def _kinds(form: Description) -> list[pa.DataType]:
    """Return the Arrow types of all columns of a form, the index first."""
    described = [*indexes.parts(form["index"]), *form["data"]]
    return [kind for description in described for kind in columns.types(description)] or [pa.int64()]


def _on_disk(kind: pa.DataType) -> pa.DataType:
    """Return the type whose text stands for values of type `kind`; PersistError where there is none."""
    if pa.types.is_dictionary(kind):
        return TEXT
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_duration(kind):
        return pa.int64()
    if pa.types.is_timestamp(kind):
        # The offsets of a zone's early days have seconds, which the text would drop.
        return kind if kind.tz is None else pa.timestamp(kind.unit, "UTC")
    if any(fits(kind) for fits in AS_THEY_ARE):
        return kind
    raise PersistError(f"values of type {kind} do not come back from a csv; use `parquet:` or `feather:`")


def _written(table: pa.Table, place: int, kind: pa.DataType) -> Stored:
    column = table.column(place)
    try:
        _check_years(column)
        return column.cast(kind.value_type if pa.types.is_dictionary(kind) else kind).cast(_on_disk(kind))
    except PersistError as error:
        raise PersistError(f"column {table.column_names[place]!r} cannot be kept: {error}") from error


def _check_years(column: Stored) -> None:
    """Refuse times whose year does not have four digits."""
    kind = column.type
    if not (pa.types.is_date32(kind) or (pa.types.is_timestamp(kind) and kind.unit != "ns")):
        return
    unit, width = ("D", pa.int32()) if pa.types.is_date32(kind) else (kind.unit, pa.int64())
    range_ = pc.min_max(column.cast(width)).as_py()
    if range_["min"] is None:
        return
    first, last = (int(day.astype(f"M8[{unit}]").astype(np.int64)) for day in (FIRST, AFTER))
    if not first <= range_["min"] <= range_["max"] < last:
        raise PersistError("a year before 1 or after 9999 does not come back from a csv; use `parquet:` or `feather:`")


def _read(column: Stored, kind: pa.DataType) -> Stored:
    return column if pa.types.is_dictionary(kind) else column.cast(kind)


def _longest(column: Stored) -> int:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return LONGEST
    # Each quote inside is written twice.
    return 2 * (pc.max(pc.binary_length(column)).as_py() or 0) + 3
