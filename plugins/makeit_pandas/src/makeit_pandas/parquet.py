"""ParquetFile: the persister of the format parquet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from makeit import PersistError
from makeit_pandas import described
from makeit_pandas.file import FrameFile
from makeit_pandas.frames import Parts

COMPRESSIONS: dict[str, str | None] = {
    "none": None, "snappy": "snappy", "gzip": "gzip", "brotli": "brotli", "lz4": "lz4", "zstd": "zstd",
}  # fmt: skip


class ParquetFile(FrameFile):
    """Keep a DataFrame or Series in a Parquet file, which nearly every program for data reads.

    `compression` is `snappy`, `zstd`, `gzip`, `brotli`, `lz4` or `none`.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".parquet",)

    def __init__(self, filename: str | Path, compression: str = "snappy") -> None:
        super().__init__(filename)
        self.compression = compression

    def check(self) -> None:
        """Raise SpecError for a suffix or compression that cannot work."""
        super().check()
        self._check_compression(self.compression, COMPRESSIONS)

    def _write(self, parts: Parts) -> Mapping[str, Any] | None:
        table = _on_disk(described.describe(parts))
        with pa.OSFile(os.fspath(self.filename), "wb") as stream:
            pq.write_table(table, stream, compression=self.compression)
        _check_types(self.filename, table)
        return None

    def load(self) -> Any:
        """Read the value back; ValueError or OSError for a file that is cut short or no Parquet."""
        with pa.OSFile(os.fspath(self.filename)) as stream:
            return described.restore(pq.ParquetFile(stream).read())


def _on_disk(table: pa.Table) -> pa.Table:
    """Return the table with whole seconds as milliseconds: Parquet knows no coarser unit."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "s":
            finer = pa.timestamp("ms", field.type.tz)
            table = table.set_column(place, field.with_type(finer), table.column(place).cast(finer))
    return table


def _check_types(path: Path, table: pa.Table) -> None:
    """Refuse what Parquet has changed on its way, as it does with rare types of Arrow."""
    found = pq.read_schema(path)
    for field, stored in zip(table.schema, found, strict=True):
        if not stored.type.equals(field.type):
            raise PersistError(
                f"column {field.name!r} of Arrow type {field.type} would come back from Parquet as {stored.type}; "
                "use `feather:`"
            )
