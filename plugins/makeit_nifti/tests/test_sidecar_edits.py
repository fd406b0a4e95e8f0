"""Sidecars that somebody wrote or changed: what a user writes there stays."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

import makeit
from makeit import CacheWarning, File, make, workbench
from plugins.makeit_nifti.tests.sidecars import FUNCTIONAL, IMAGE, SIDECAR, Runs, forgetful, said, write

pytestmark = pytest.mark.usefixtures("runs")


def test_what_a_user_wrote_is_kept_through_runs_and_reuses(smooth: Any, runs: Runs) -> None:
    smooth("raw/bold.nii")
    found = said()
    found |= {"SkullStripped": True, "Description": "as I see it"}
    del found["RepetitionTime"]
    found["Makeit"] |= {"Checked": "by me", "Function": "mine"}
    write(found)
    for width in (2.0, 3.0):
        forgetful()
        smooth("raw/bold.nii", width)
        now = said()
        assert (now["SkullStripped"], now["Description"]) == (True, "as I see it")
        assert "RepetitionTime" not in now
        assert now["Makeit"]["Arguments"]["width"] == str(width)
        assert (now["Makeit"]["Checked"], now["Makeit"]["Function"]) == ("by me", "lab.smooth")
    assert runs.noted == ["2.0", "3.0"]


def test_e3_an_edited_sidecar_is_neither_foreign_nor_a_reason_to_run(smooth: Any, runs: Runs) -> None:
    smooth("raw/bold.nii")
    before = write({**said(), "Mine": 1})
    decision = smooth.why("raw/bold.nii")
    assert decision.reuse
    smooth("raw/bold.nii")
    assert runs.noted == ["2.0"]
    assert SIDECAR.read_bytes() == before  # not so much as the indentation


def test_a_value_that_makeit_wrote_goes_when_it_is_no_longer_true(smooth: Any) -> None:
    smooth("raw/bold.nii")
    assert said()["RepetitionTime"] == 2.0
    os.unlink("raw/bold.nii")
    image: Any = nib.load(FUNCTIONAL)
    nib.save(image.slicer[..., 0], "raw/bold.nii")
    smooth("raw/bold.nii")
    assert "RepetitionTime" not in said()


def test_true_is_not_one() -> None:
    def timed(scans: int) -> Any:
        image: Any = nib.Nifti1Image(np.zeros((2, 2, 2, scans), "i2"), np.eye(4))
        image.header.set_xyzt_units("mm", "sec")
        return image

    made = make(func=timed, name="timed", output="nifti:timed.nii?sidecar=bids")
    made(2)
    path = Path("timed.json")
    assert said(path)["RepetitionTime"] == 1
    write({**said(path), "RepetitionTime": True}, path)
    made(3)
    assert said(path)["RepetitionTime"] is True


def test_without_a_memory_existing_values_are_the_users(smooth: Any) -> None:
    write({"Description": "mine", "Makeit": "odd", "Sources": []})
    smooth("raw/bold.nii")
    assert (said()["Description"], said()["Sources"], said()["RepetitionTime"]) == ("mine", [], 2.0)
    assert said()["Makeit"]["Function"] == "lab.smooth"
    smooth("raw/bold.nii", 3.0)
    assert (said()["Description"], said()["Sources"]) == ("mine", [])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "Expecting value"),
        ("[1]", "it holds a list"),
        ("{", "is no JSON object"),
        ('{"a": 1, "a": 2}', "names a key twice"),
        ('{"a": NaN}', "NaN is no JSON"),
        ('{"a": 1e999}', "is no JSON object"),
        ("[" * 200_000, "is no JSON object"),
        ('{"a": ' + "9" * 5000 + "}", "is no JSON object"),
        ('"' + "x" * (1 << 24) + '"', "more than"),
    ],
    ids=range(9),
)
def test_what_is_no_json_object_is_left_alone_with_a_warning(smooth: Any, content: str, why: str) -> None:
    before = write(content)
    for _ in range(2):
        with pytest.warns(CacheWarning, match=r"(?s)delete or move it") as caught:
            value = smooth("raw/bold.nii")
        assert why in str(caught[0].message)
        assert value.shape == (17, 21, 3, 20)
        assert SIDECAR.read_bytes() == before


def test_odd_but_valid_content_is_kept(smooth: Any) -> None:
    write('{"\\ud800": "\\u0000", "Makeit": {"x": null}, "ü": 1.50}')
    smooth("raw/bold.nii")
    assert list(said())[:3] == ["\ud800", "Makeit", "ü"]
    assert said()["\ud800"] == "\0"
    assert said()["Makeit"]["x"] is None


@pytest.mark.parametrize("kind", ["pipe", "folder", "loop"])
def test_what_is_no_file_is_left_alone(smooth: Any, kind: str) -> None:
    SIDECAR.parent.mkdir(parents=True)
    {"pipe": os.mkfifo, "folder": os.mkdir, "loop": lambda at: os.symlink(at.name, at)}[kind](SIDECAR)
    with pytest.warns(CacheWarning, match="what belongs beside"):
        smooth("raw/bold.nii")
    assert not stat.S_ISREG(SIDECAR.lstat().st_mode)


def test_e6_a_link_is_replaced_and_never_written_through(smooth: Any, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.json"
    theirs.write_text('{"Mine": 1}')
    SIDECAR.parent.mkdir(parents=True)
    SIDECAR.symlink_to(theirs)
    smooth("raw/bold.nii")
    assert theirs.read_text() == '{"Mine": 1}'
    assert not SIDECAR.is_symlink()
    assert (said()["Mine"], said()["Makeit"]["Function"]) == (1, "lab.smooth")
    SIDECAR.unlink()
    SIDECAR.symlink_to(tmp_path / "nowhere")
    smooth("raw/bold.nii")
    assert not SIDECAR.is_symlink()
    assert not (tmp_path / "nowhere").exists()


def test_a_file_of_another_function_is_not_overwritten() -> None:
    make(func=lambda: {"z": 1}, name="table", output="json:x.json")()
    before = Path("x.json").read_bytes()
    image = make(func=lambda: nib.load(FUNCTIONAL), name="image", output="nifti:x.nii?sidecar=bids")
    with pytest.warns(CacheWarning, match="the output of table"):
        image()
    assert Path("x.json").read_bytes() == before


def test_e2_a_copied_sidecar_is_makeits_own_as_far_as_nobody_changed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def smooth(bold: File) -> Any:
        return nib.load(bold)

    def made(root: Path) -> Any:
        workbench._benches.clear()
        monkeypatch.chdir(root)
        maker = makeit.Maker(cachedir=tmp_path / "cache", root=root)
        return maker(func=smooth, name="smooth", output=f"nifti:{IMAGE}?sidecar=bids")

    made(tmp_path / "project")("raw/bold.nii")
    before = said()
    os.symlink(FUNCTIONAL, "raw/other.nii")
    for name, mine in [("copy", {}), ("own", {"Mine": 1})]:
        shutil.copytree(tmp_path / "project", tmp_path / name)
        if mine:
            write(mine, tmp_path / name / SIDECAR)
        made(tmp_path / name)("raw/bold.nii")
        assert said() == {**mine, **before}
        made(tmp_path / name)("raw/other.nii")
        assert said()["Sources"] != before["Sources"]
    made(tmp_path / "project")("raw/bold.nii")
    assert said() == before
