"""Sidecars: what makeit knows of an image is beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

import makeit
from makeit import make
from makeit_nifti import NiftiFile, sidecar
from plugins.makeit_nifti.tests.sidecars import FUNCTIONAL, IMAGE, SIDECAR, forgetful, said, write

pytestmark = pytest.mark.usefixtures("runs")


def test_a_sidecar_says_what_an_image_is_and_what_it_was_made_from(smooth: Any) -> None:
    smooth("raw/bold.nii")
    found, record = said(), smooth.record("raw/bold.nii")
    block = found.pop("Makeit")
    assert found == {"Description": "Smooth an image.", "RepetitionTime": 2.0, "Sources": ["../../raw/bold.nii"]}
    assert len(block.pop("CodeDigest").removeprefix("xxh3_128:")) == 32
    assert block == {
        "Version": makeit.__version__,
        "Function": "lab.smooth",
        "Arguments": {"width": "2.0", "dtype": "'int16'"},
        "ContentDigest": f"xxh3_128:{record.outputs[0].files[0].digest}",
        "SavedDType": "int16",
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.nii", "a.json"), ("a.nii.gz", "a.json"), ("a.NII.GZ", "a.json"), ("a.b.img", "a.b.json"), ("a.hdr", "a.json")],
)
def test_the_suffix_of_the_image_is_replaced(name: str, expected: str) -> None:
    assert sidecar.path_of(NiftiFile(Path("x.nii") / name)) == os.path.join("x.nii", expected)


@pytest.mark.parametrize(
    ("unit", "zoom", "shape", "expected"),
    [
        ("sec", 0.72, (2, 2, 2, 3), 0.72),
        ("msec", 2500, (2, 2, 2, 3), 2.5),
        ("msec", 720.5, (2, 2, 2, 3), 0.7205),
        ("usec", 800_000, (2, 2, 2, 3), 0.8),
        ("unknown", 2, (2, 2, 2, 3), None),
        ("hz", 2, (2, 2, 2, 3), None),
        ("sec", 0, (2, 2, 2, 3), None),
        ("sec", 2, (2, 2, 2), None),
        ("sec", 2, (2, 2, 2, 3, 2), None),
    ],
)
def test_the_repetition_time_is_in_seconds(unit: str, zoom: float, shape: tuple[int, ...], expected: Any) -> None:
    image: Any = nib.Nifti1Image(np.zeros(shape, "i2"), np.eye(4))
    image.header.set_xyzt_units("mm", unit)
    if len(shape) > 3:
        image.header["pixdim"][4] = zoom
    make(func=lambda: image, name="timed", output="nifti-mmap:timed.nii?sidecar=bids")()
    assert said(Path("timed.json")).get("RepetitionTime") == expected


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.zeros((2, 2, 2), bool), "uint8"),
        (np.zeros((2, 2, 2), ">i2"), "int16"),
        (np.zeros((2, 2, 2), "i8"), "int32"),
        (np.zeros((2, 2, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")]), "RGB"),
    ],
)
def test_the_dtype_is_that_on_disk(array: Any, expected: str) -> None:
    make(func=lambda: array, name="typed", output=NiftiFile("typed.nii", affine=np.eye(4), sidecar="bids"))()
    assert said(Path("typed.json"))["Makeit"]["SavedDType"] == expected


def test_sources_are_the_files_of_the_results_that_were_given() -> None:
    first = make(
        func=lambda bold: {"a": nib.load(bold), "b": nib.load(bold).slicer[..., 0]},
        name="first",
        output={"a": "nifti:one.nii", "b": "nifti:two.nii"},
    )
    kept = make(func=lambda image, other: np.asarray(image.dataobj) + 1, name="kept")
    last = make(
        func=lambda array, again, plain: array,
        name="last",
        output=NiftiFile("last.nii", affine=np.eye(4), sidecar="bids"),
    )
    parts = first(Path("raw/bold.nii"))
    assert "Sources" not in (last(np.zeros((2, 2)), 1, 2), said(Path("last.json")))[1]
    # Of a result without a file name: what that was made from; the second output is the one that was given.
    last(kept(parts["b"], Path("raw/bold.nii")), [parts["a"], Path("raw"), Path("gone")], 1)
    assert said(Path("last.json"))["Sources"] == ["two.nii", "raw/bold.nii", "one.nii"]


def test_sources_are_bids_uris_where_there_are_datasets() -> None:
    copy = make(
        func=lambda bold, inner, outer, unlinked: nib.load(bold),
        name="copy",
        output="nifti:deriv/sub-01/x.nii?sidecar=bids",
    )
    for place in ("deriv/sub-01/a b.nii", "linked/x/c.nii", "strange/d.nii"):
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(FUNCTIONAL, place)
    files = ("raw/bold.nii", "deriv/sub-01/a b.nii", "linked/x/c.nii", "strange/d.nii")
    copy(*map(Path, files))
    path = Path("deriv/sub-01/x.json")
    assert said(path)["Sources"] == ["../../raw/bold.nii", "a b.nii", "../../linked/x/c.nii", "../../strange/d.nii"]
    links = {
        "raw": "../raw",
        "linked": Path("linked").absolute().as_uri(),
        "inner": "../linked/x",
        "doi": "doi:10.1/x",
        "": "../strange",
        "odd": 1,
        "bad": "http://[",
    }
    write({"Name": "x", "DatasetLinks": links}, Path("deriv/dataset_description.json"))
    write("[]", Path("deriv/sub-01/dataset_description.json"))  # no valid one: it is passed over
    forgetful()
    copy(*map(Path, files))
    assert said(path)["Sources"] == [
        "bids:raw:bold.nii",
        "bids::sub-01/a%20b.nii",
        "bids:inner:c.nii",
        "../../strange/d.nii",
    ]


def test_an_input_in_a_dataset_of_its_own_is_not_in_this_one() -> None:
    copy = make(func=lambda bold: nib.load(bold), name="copy", output="nifti:x.nii?sidecar=bids")
    write({"Name": "outer"}, Path("dataset_description.json"))
    copy(Path("raw/bold.nii"))
    assert said(Path("x.json"))["Sources"] == ["bids::raw/bold.nii"]
    write({"Name": "inner"}, Path("raw/dataset_description.json"))
    forgetful()
    copy(Path("raw/bold.nii"))
    assert said(Path("x.json"))["Sources"] == ["raw/bold.nii"]


def test_equal_inputs_give_equal_bytes(smooth: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smooth("raw/bold.nii", 3.0)
    smooth("raw/bold.nii")
    before = SIDECAR.read_bytes()
    (tmp_path / "other" / "raw").mkdir(parents=True)
    (tmp_path / "other" / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path / "other")
    os.symlink(FUNCTIONAL, "raw/bold.nii")
    again = make(func=smooth.__wrapped__, output=f"nifti:{IMAGE}?sidecar=bids", name="lab.smooth")
    again("raw/bold.nii")
    assert SIDECAR.read_bytes() == before
    assert before.endswith(b"}\n")
