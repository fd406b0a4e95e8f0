"""FeatherFile: the persister of the format feather."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from makeit_pandas import described
from makeit_pandas.file import FrameFile
from makeit_pandas.frames import Parts

COMPRESSIONS: dict[str, str | None] = {"none": None, "lz4": "lz4", "zstd": "zstd"}


class FeatherFile(FrameFile):
    """Keep a DataFrame or Series in a Feather file, version 2: Arrow's own format, the fastest of the three.

    `compression` is `lz4`, `zstd` or `none`.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".feather", ".arrow")

    def __init__(self, filename: str | Path, compression: str = "lz4") -> None:
        super().__init__(filename)
        self.compression = compression

    def check(self) -> None:
        """Raise SpecError for a suffix or compression that cannot work."""
        super().check()
        self._check_compression(self.compression, COMPRESSIONS)

    def _write(self, parts: Parts) -> Mapping[str, Any] | None:
        table = described.describe(parts)
        options = pa.ipc.IpcWriteOptions(compression=COMPRESSIONS[self.compression])
        with (
            pa.OSFile(os.fspath(self.filename), "wb") as stream,
            pa.ipc.new_file(stream, table.schema, options=options) as writer,
        ):
            writer.write_table(table)
        return None

    def load(self) -> Any:
        """Read the value back; ValueError or OSError for a file that is cut short or no Feather."""
        # Not mapped: what is loaded must not change with the file.
        with pa.OSFile(os.fspath(self.filename)) as stream:
            return described.restore(pa.ipc.open_file(stream).read_all())
