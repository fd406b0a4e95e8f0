"""When a sidecar is written, and what happens where it cannot be."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from makeit import CacheWarning, MakeitError, SpecError, make
from makeit.identity.files import stamp
from plugins.makeit_nifti.tests.sidecars import FUNCTIONAL, IMAGE, SIDECAR, Runs, forgetful, said

pytestmark = pytest.mark.usefixtures("runs")


# When it is written.


def test_a_deleted_sidecar_comes_back_without_a_run(smooth: Any, runs: Runs) -> None:
    smooth("raw/bold.nii")
    before = SIDECAR.read_bytes()
    for forget in (lambda: None, forgetful):
        forget()
        SIDECAR.unlink()
        smooth("raw/bold.nii")
        assert SIDECAR.read_bytes() == before
    assert runs.noted == ["2.0"]


def test_why_writes_nothing(smooth: Any) -> None:
    smooth.why("raw/bold.nii")
    assert not SIDECAR.exists()
    smooth("raw/bold.nii")
    SIDECAR.unlink()
    smooth.why("raw/bold.nii")
    smooth.record("raw/bold.nii")
    assert not SIDECAR.exists()


def test_where_all_is_well_nothing_is_written(smooth: Any) -> None:
    smooth("raw/bold.nii")
    place = next(Path(".makeit/sidecars").rglob("*.json"))
    before = stamp(SIDECAR), stamp(place)
    for _ in range(3):
        smooth("raw/bold.nii")
        forgetful()
    assert (stamp(SIDECAR), stamp(place)) == before


def test_an_option_for_a_sidecar_is_no_reason_to_run(smooth: Any, runs: Runs) -> None:
    plain = make(func=smooth.__wrapped__, output=f"nifti:{IMAGE}", name="lab.smooth")
    plain("raw/bold.nii")
    assert not SIDECAR.exists()
    smooth("raw/bold.nii")
    assert said()["Makeit"]["Function"] == "lab.smooth"
    plain("raw/bold.nii")
    assert runs.noted == ["2.0"]


def test_forgetting_leaves_the_sidecar(smooth: Any) -> None:
    smooth("raw/bold.nii")
    before = SIDECAR.read_bytes()
    assert smooth.forget("raw/bold.nii")
    assert SIDECAR.read_bytes() == before


@pytest.mark.parametrize("how", ["method", "option"])
def test_an_adopted_image_gets_its_sidecar(smooth: Any, runs: Runs, how: str) -> None:
    IMAGE.parent.mkdir(parents=True)
    nib.save(nib.Nifti1Image(np.ones((2, 2, 2), "f4"), np.eye(4)), IMAGE)
    if how == "method":
        smooth.adopt("raw/bold.nii")
    else:
        make(func=smooth.__wrapped__, name="lab.smooth", output=f"nifti:{IMAGE}?sidecar=bids", foreign="adopt")(
            "raw/bold.nii"
        )
    assert not runs.noted
    digest = smooth.record("raw/bold.nii").outputs[0].files[0].digest
    assert said()["Makeit"]["ContentDigest"] == f"xxh3_128:{digest}"
    assert said()["Makeit"]["SavedDType"] == "float32"


def test_an_image_that_was_adopted_after_an_edit_is_described_anew(smooth: Any) -> None:
    smooth("raw/bold.nii")
    nib.save(nib.Nifti1Image(np.ones((2, 2, 2), "f4"), np.eye(4)), IMAGE)
    make(func=smooth.__wrapped__, name="lab.smooth", output=f"nifti:{IMAGE}?sidecar=bids", foreign="adopt")(
        "raw/bold.nii"
    )
    assert said()["Makeit"]["SavedDType"] == "float32"
    assert "RepetitionTime" not in said()


def test_accepted_code_is_in_the_sidecar() -> None:
    def version(text: str) -> Any:
        return make(func=lambda: nib.load(FUNCTIONAL), name="f", output="nifti:x.nii?sidecar=bids", version=text)

    version("1")()
    before = said(Path("x.json"))["Makeit"]
    version("2").accept()
    after = said(Path("x.json"))["Makeit"]
    assert after["CodeDigest"] != before["CodeDigest"]
    version("2").undo()
    assert said(Path("x.json"))["Makeit"] == before


def test_an_earlier_result_brings_its_sidecar_back(runs: Runs) -> None:
    kept = make(
        func=lambda x: (Runs.note(x), nib.Nifti1Image(np.full((2, 2, 2), x, "f4"), np.eye(4)))[1],
        name="kept",
        output="nifti:x.nii?sidecar=bids",
        keep=3,
    )
    kept(1)
    before = Path("x.json").read_bytes()
    kept(2)
    assert Path("x.json").read_bytes() != before
    kept(1)
    assert Path("x.json").read_bytes() == before
    assert len(runs.noted) == 2


def test_each_output_and_each_subject_has_its_own() -> None:
    image: Any = nib.load(FUNCTIONAL)
    both = make(
        func=lambda subject: (image, image.slicer[..., 0]),
        name="both",
        output=("nifti:{subject}/a_bold.nii?sidecar=bids", "nifti:{subject}/b_mask.nii?sidecar=bids"),
    )
    for subject in ("sub-01", "sub-02"):
        both(subject)
    assert sorted(map(str, Path().glob("sub-*/*.json"))) == [
        f"{subject}/{name}.json" for subject in ("sub-01", "sub-02") for name in ("a_bold", "b_mask")
    ]
    assert said(Path("sub-02/a_bold.json"))["RepetitionTime"] == 2.0
    assert "RepetitionTime" not in said(Path("sub-02/b_mask.json"))
    assert said(Path("sub-02/b_mask.json"))["Makeit"]["Arguments"] == {"subject": "'sub-02'"}


def test_the_mode_follows_the_umask(smooth: Any) -> None:
    before = os.umask(0o027)
    try:
        smooth("raw/bold.nii")
    finally:
        os.umask(before)
    assert stat.S_IMODE(SIDECAR.stat().st_mode) == 0o640


def test_a_kill_between_record_and_sidecar_is_made_good(smooth: Any, tmp_path: Path) -> None:
    """Killed at each step of writing; values of makeit's own are never taken for a user's afterwards."""
    script = tmp_path / "killed.py"
    script.write_text(
        textwrap.dedent("""
        import os, signal, sys
        import nibabel, numpy
        from makeit import make
        from makeit_nifti import sidecar
        real = sidecar.write_small
        def killed(*args, **kwargs):
            global count
            if not count:
                os.kill(os.getpid(), signal.SIGKILL)
            count -= 1
            real(*args, **kwargs)
        sidecar.write_small = killed
        @make(output="nifti:x.nii?sidecar=bids", name="f")
        def f(scans):
            image = nibabel.Nifti1Image(numpy.full((2, 2, 2, scans), scans, "f4"), numpy.eye(4))
            image.header.set_xyzt_units("mm", "sec")
            image.header["pixdim"][4] = scans
            return image
        for line in sys.stdin:
            scans, count = map(int, line.split())
            child = os.fork()
            if not child:
                f(scans)
                os._exit(0)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        """)
    )
    # It calls in children that know nothing of each other, and imports its libraries once for all of them.
    with subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as calls:
        assert calls.stdin
        assert calls.stdout

        def run(scans: int, count: int) -> int:
            print(scans, count, file=calls.stdin, flush=True)
            return int(calls.stdout.readline())

        for count in (0, 1, 2):
            for scans in (2, 3):
                assert run(scans, count) == -signal.SIGKILL
                assert run(scans, 99) == 0
                assert said(Path("x.json"))["RepetitionTime"] == scans
            # Two kills in a row, with another result each, and nothing in between that could make it good.
            assert (run(4, count), run(5, count), run(6, 99)) == (-signal.SIGKILL, -signal.SIGKILL, 0)
            assert said(Path("x.json"))["RepetitionTime"] == 6
            for path in (".makeit", "x.json", "x.nii"):
                subprocess.run(["rm", "-rf", path], check=True)


# Trouble.


@pytest.mark.skipif(os.getuid() == 0, reason="NOT RUN AS ROOT, who writes everywhere: run it as another user")
def test_a_read_only_folder_is_a_warning(smooth: Any) -> None:
    smooth("raw/bold.nii")
    SIDECAR.unlink()
    SIDECAR.parent.chmod(0o555)
    try:
        with pytest.warns(CacheWarning, match="was not written"):
            assert smooth("raw/bold.nii").shape == (17, 21, 3, 20)
    finally:
        SIDECAR.parent.chmod(0o755)


def test_a_memory_that_cannot_be_written_is_a_warning_and_an_error_under_strict(
    smooth: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.makedirs(".makeit")
    Path(".makeit/sidecars").touch()  # a file where a folder should be: for root, too
    with pytest.warns(CacheWarning, match="was not written"):
        assert smooth("raw/bold.nii").shape == (17, 21, 3, 20)
    assert not SIDECAR.exists()
    monkeypatch.setenv("MAKEIT_STRICT", "1")
    for width in (2.0, 3.0):
        with pytest.raises(MakeitError, match="was not written") as caught:
            smooth("raw/bold.nii", width)
        assert caught.value.value.get_fdata().max() == width


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b'{"checksum": "', b"\xff\xfe"])
def test_a_damaged_memory_is_no_memory(smooth: Any, content: bytes) -> None:
    smooth("raw/bold.nii")
    place = next(Path(".makeit/sidecars").rglob("*.json"))
    place.write_bytes(content)
    forgetful()
    smooth("raw/bold.nii", 3.0)
    assert said()["Makeit"]["Arguments"]["width"] == "3.0"


def test_a_kind_that_is_unknown_is_refused_before_the_run(runs: Runs) -> None:
    for spec in ("nifti:x.nii?sidecar=BIDS", "nifti-mmap:x.nii?sidecar=true"):
        with pytest.raises(SpecError, match=r"the sidecars are: bids"):
            make(func=lambda: Runs.note("ran"), name="f", output=spec)()
    assert not runs.noted


@pytest.mark.parametrize("other", ["json:x.json", "nifti:x.nii.gz?sidecar=bids"])
def test_one_name_for_two_is_refused_before_the_run(runs: Runs, other: str) -> None:
    made = make(func=lambda: Runs.note("ran"), name="f", output=("nifti:x.nii?sidecar=bids", other))
    with pytest.raises(SpecError, match=r"give one of the two another name"):
        made()
    assert not runs.noted


def test_two_images_do_not_take_turns_on_one_sidecar() -> None:
    make(func=lambda: nib.load(FUNCTIONAL), name="one", output="nifti:x.nii?sidecar=bids")()
    before = Path("x.json").read_bytes()
    with pytest.warns(CacheWarning, match=r"describes x\.nii, too"):
        make(func=lambda: nib.load(FUNCTIONAL), name="two", output="nifti:x.nii.gz?sidecar=bids")()
    assert Path("x.json").read_bytes() == before
    os.unlink("x.nii")
    make(func=lambda: nib.load(FUNCTIONAL), name="two", output="nifti:x.nii.gz?sidecar=bids")()
    assert said(Path("x.json"))["Makeit"]["Function"] == "two"
