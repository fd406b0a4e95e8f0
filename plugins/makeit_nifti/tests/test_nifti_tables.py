"""The tables of `python -m tests.nifti_tables`: no dtype and no image of the nibabel wheel comes back as another."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from makeit_nifti.compression import zstd

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(zstd() is None, reason="needs makeit-nifti[zst]")


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that makes the tables, which lies with the tests of the kernel."""
    monkeypatch.syspath_prepend(ROOT)
    return importlib.import_module("tests.nifti_tables")


def test_every_dtype_comes_back_or_is_refused(tables: Any) -> None:
    rows = tables.dtype_table()
    dtypes = importlib.import_module("tests.nifti_dtypes")
    assert len(rows) == len(dtypes.CONTAINERS) * len(dtypes.DTYPES) * 2
    assert not [row for row in rows if row.wrong]
    assert {row.about[0] for row in rows if row.found == "exact"} == set(dtypes.CONTAINERS)


def test_every_image_of_the_wheel_is_an_argument_and_survives(tables: Any) -> None:
    pytest.importorskip("h5py")
    rows = tables.image_table()
    assert not [row for row in rows if row.wrong]
    classes = {row.about[1] for row in rows if row.about[2] == "fingerprint"}
    assert classes >= {
        *("Nifti1Image", "Nifti2Image", "GiftiImage", "Cifti2Image", "MGHImage"),
        *("AFNIImage", "Minc1Image", "Minc2Image", "PARRECImage", "EcatImage"),
    }
