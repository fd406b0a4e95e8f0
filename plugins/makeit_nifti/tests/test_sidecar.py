"""Sidecars: what makeit knows of an image is beside it, and what a user writes there stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

import makeit
from makeit import CacheWarning, File, MakeitError, SpecError, make, workbench
from makeit.identity.files import stamp
from makeit_nifti import NiftiFile, sidecar

FUNCTIONAL = Path(nib.__file__).parent / "tests" / "data" / "functional.nii"
IMAGE = Path("deriv/sub-01/sub-01_desc-x_bold.nii.gz")
SIDECAR = Path("deriv/sub-01/sub-01_desc-x_bold.json")

Write = Callable[[Any], None]


class Runs:
    """The runs of this test, in a file: a list would be a captured value of the functions, whose change counts."""

    @staticmethod
    def note(text: object) -> None:
        with open("runs.txt", "a") as file:
            file.write(f"{text}\n")

    @property
    def noted(self) -> list[str]:
        path = Path("runs.txt")
        return path.read_text().split() if path.exists() else []


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Work in a fresh project with one raw image; return the runs."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    monkeypatch.chdir(project)
    monkeypatch.delenv("MAKEIT_STRICT", raising=False)
    os.makedirs("raw")
    os.symlink(FUNCTIONAL, "raw/bold.nii")
    return Runs()


@pytest.fixture
def smooth() -> Any:
    """Return a made function of a file, a number and a dtype, with a sidecar beside its image."""

    @make(output=f"nifti:{IMAGE}?sidecar=bids", name="lab.smooth")
    def smooth(bold: File, width: float = 2.0, dtype: str = "int16") -> Any:
        """Smooth an image.

        Not more than that.
        """
        Runs.note(width)
        image: Any = nib.load(bold)
        return nib.Nifti1Image(np.asarray(image.get_fdata() * 0 + width, dtype), image.affine, image.header)

    return smooth


def forgetful() -> None:
    """Forget what this process knows, as a new one would."""
    sidecar._known.clear()


def said(path: Path = SIDECAR) -> Any:
    return json.loads(path.read_text())


def write(found: Any, path: Path = SIDECAR) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(found if isinstance(found, str) else json.dumps(found))
    return path.read_bytes()


# What it says.


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


# A user's own.


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


def test_a_file_of_another_function_is_not_overwritten() -> None:
    make(func=lambda: {"z": 1}, name="table", output="json:x.json")()
    before = Path("x.json").read_bytes()
    image = make(func=lambda: nib.load(FUNCTIONAL), name="image", output="nifti:x.nii?sidecar=bids")
    with pytest.warns(CacheWarning, match="the output of table"):
        image()
    assert Path("x.json").read_bytes() == before


def test_two_images_do_not_take_turns_on_one_sidecar() -> None:
    make(func=lambda: nib.load(FUNCTIONAL), name="one", output="nifti:x.nii?sidecar=bids")()
    before = Path("x.json").read_bytes()
    with pytest.warns(CacheWarning, match=r"describes x\.nii, too"):
        make(func=lambda: nib.load(FUNCTIONAL), name="two", output="nifti:x.nii.gz?sidecar=bids")()
    assert Path("x.json").read_bytes() == before
    os.unlink("x.nii")
    make(func=lambda: nib.load(FUNCTIONAL), name="two", output="nifti:x.nii.gz?sidecar=bids")()
    assert said(Path("x.json"))["Makeit"]["Function"] == "two"


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
