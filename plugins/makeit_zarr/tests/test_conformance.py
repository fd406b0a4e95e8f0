"""The rules for a persister, on Zarr folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from makeit.testing import PersisterSuite
from makeit_zarr import ZarrFolder


class TestZarr(PersisterSuite):
    """A saved array comes back as an open one: the rules compare what it holds."""

    suffix = ".zarr"
    examples = (np.arange(6, dtype="f4").reshape(2, 3), np.zeros((4, 2), "i2"), np.array([True, False]))
    rejects = ("text", [1, 2], np.array(["a"]), np.ma.masked_array([1, 2], [0, 1]))
    exceptions: ClassVar[dict[str, str]] = {
        "test_a_loaded_value_outlives_a_new_file": "a folder is read chunk by chunk: where a newer one took its place, "
        "reading raises, which test_zarr.py checks",
        "test_concurrent_calls_get_right_values": "for the same reason a value may raise when the rule reads it: "
        "test_zarr.py checks that it is right or raises",
    }

    def persister(self, filename: Path) -> ZarrFolder:
        return ZarrFolder(filename)

    def equal(self, a: Any, b: Any) -> bool:
        first, second = np.asarray(a[...]), np.asarray(b[...])
        return first.dtype == second.dtype and first.shape == second.shape and bool((first == second).all())
