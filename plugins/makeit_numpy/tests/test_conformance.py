"""The conformance suite of makeit on the formats npy and npz."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from makeit.testing import PersisterSuite
from makeit_numpy import NumpyFile

RECORD = np.dtype([("name", "U3"), ("size", ">f4"), ("place", "i2", (2,))])
ARRAYS = (
    np.arange(24, dtype=">i2").reshape(2, 3, 4),
    np.asfortranarray(np.linspace(-1, 1, 60).reshape(3, 4, 5))[:, ::2],
    np.array([[np.nan, -0.0, np.inf], [1, 2, 3]], "f4"),
    np.array(["2020-02-29", "NaT"], "M8[D]"),
    np.array([("a", 1.5, (1, 2)), ("größe", 2, (3, 4))], RECORD),
    np.array(["größe", "x"]),
    np.zeros((0, 3), bool),
    np.array(1 + 2j),
)
SCALARS = (1, 2.5, True, "größe", b"bytes", 1j, np.float32(0.1), np.datetime64("2020-01-01"))
OBJECTS = np.array([{}, None], object)
MASKED = np.ma.masked_array([1, 2], [True, False])


class TestNpy(PersisterSuite):
    suffix = ".npy"
    examples = (*ARRAYS, *SCALARS)
    rejects = (OBJECTS, MASKED, [1, 2], {"a": np.zeros(2)}, None, "ends in nul\0")

    def persister(self, filename: Path) -> NumpyFile:
        return NumpyFile(filename)


class TestNpyMap(PersisterSuite):
    suffix = ".npy"
    examples = ARRAYS[:6]
    rejects = (OBJECTS, MASKED, [1, 2])
    options = "mmap_mode=r"

    def persister(self, filename: Path) -> NumpyFile:
        return NumpyFile(filename, mmap_mode="r")

    def equal(self, a: Any, b: Any) -> bool:
        """A map stands for an array."""
        return super().equal(*(np.asarray(x) if isinstance(x, np.memmap) else x for x in (a, b)))


class TestNpyPrivateMap(TestNpyMap):
    options = "mmap_mode=c"

    def persister(self, filename: Path) -> NumpyFile:
        return NumpyFile(filename, mmap_mode="c")


class TestNpz(PersisterSuite):
    suffix = ".npz"
    examples = (
        {"größe": ARRAYS[0], "b c/d": ARRAYS[2], "scalar": 1.5},
        (ARRAYS[1], ARRAYS[4]),
        [ARRAYS[3], 7, "text"],
        ARRAYS[5],
        {},
        (),
    )
    rejects = ({1: np.zeros(2)}, {"a": OBJECTS}, (MASKED,), [[1, 2]], None)

    def persister(self, filename: Path) -> NumpyFile:
        return NumpyFile(filename)


class TestNpzCompressed(TestNpz):
    options = "compressed=true"

    def persister(self, filename: Path) -> NumpyFile:
        return NumpyFile(filename, compressed=True)
