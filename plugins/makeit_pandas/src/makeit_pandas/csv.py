"""CsvFile: the persister of the format csv."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from makeit import SpecError
from makeit_pandas import delimited, frames
from makeit_pandas.file import FrameFile
from makeit_pandas.frames import Parts

#: What the cells themselves may hold where they have no quotes around them.
IN_CELLS = frozenset('"\r\n+-.: 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')

#: pandas reads numbers to the last digit by itself since 3.1, where asking for it is deprecated.
EXACT = {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}


class CsvFile(FrameFile):
    """Keep a DataFrame or Series in a file of text, UTF-8 with a header, and its dtypes in the notes.

    `sep` stands between cells: a comma, or a tab where the file ends in `.tsv`. Strings are in quotes,
    a missing value is an empty cell, durations are whole numbers of the unit of their dtype.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv")

    def __init__(self, filename: str | Path, sep: str | None = None) -> None:
        super().__init__(filename)
        self.sep = sep

    @property
    def separator(self) -> str:
        """The character between cells: what `sep` says, else what the suffix stands for."""
        if self.sep is not None:
            return self.sep
        return "\t" if self.filename.suffix.lower() == ".tsv" else ","

    def check(self) -> None:
        """Raise SpecError for a suffix or a separator that cannot work."""
        super().check()
        sep = self.separator
        if len(sep) != 1 or not sep.isascii() or sep == "\0" or sep in IN_CELLS:
            raise SpecError(
                f"sep={sep!r} cannot stand between cells; use one character as ',', ';', '|' or a tab", spec=self
            )

    def _write(self, parts: Parts) -> Mapping[str, Any] | None:
        notes = delimited.write(os.fspath(self.filename), parts, self.separator)
        return {**notes, "form": parts.form, "size": self.filename.stat().st_size}

    def load(self) -> Any:
        """Read the value back; without notes, as pandas reads a csv. ValueError for a damaged file."""
        if not self.notes:
            return pd.read_csv(self.filename, sep=self.separator, encoding="utf-8", **EXACT)
        size = self.filename.stat().st_size
        if size != self.notes["size"]:
            raise ValueError(f"{self.filename} has {size} bytes, where {self.notes['size']} were saved")
        form = self.notes["form"]
        table = delimited.read(os.fspath(self.filename), self.notes, self.separator)
        return frames.put_together(table, form)
