"""Frames of pandas in files for makeit: the formats `parquet`, `csv` and `feather`.

pandas and pyarrow are imported when a persister is first asked for: the hooks of this package are
loaded with every made function, also in programs that never touch a frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from makeit_pandas.csv import CsvFile
    from makeit_pandas.feather import FeatherFile
    from makeit_pandas.parquet import ParquetFile

__all__ = ["CsvFile", "FeatherFile", "ParquetFile"]

_MODULES = {"CsvFile": "csv", "FeatherFile": "feather", "ParquetFile": "parquet"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
