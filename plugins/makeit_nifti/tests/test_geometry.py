"""Geometry travels: an array that is saved as an image lies where the image lies that it came from."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from nibabel.cifti2 import cifti2_axes

from makeit import ArgumentError, CacheWarning, File, PersistError, SpecError, make

AFFINE = np.array([[-2.0, 0, 0, 30], [0, 2, 0.5, -20], [0, 0, 3, -40], [0, 0, 0, 1]])
SHAPE = (4, 5, 6)


def image(shape: tuple[int, ...] = SHAPE, affine: Any = AFFINE, code: int = 4) -> Any:
    found: Any = nib.Nifti1Image(np.arange(np.prod(shape), dtype="f4").reshape(shape), affine)
    found.header.set_xyzt_units("mm", "sec")
    found.header["descrip"] = b"secret of the scanner"
    found.set_sform(affine, code)
    if len(shape) > 3:
        found.header.set_zooms((*found.header.get_zooms()[:3], 2.5))
    return found


@pytest.fixture(autouse=True)
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    nib.save(image(), "raw.nii")
    nib.save(image((*SHAPE, 7)), "bold.nii.gz")


def place(path: str) -> tuple[Any, ...]:
    found: Any = nib.load(path)
    return found.affine, found.header.get_xyzt_units()[0], int(found.header["sform_code"])


def lies_like_raw(path: str) -> bool:
    affine, unit, code = place(path)
    return bool(np.array_equal(affine, AFFINE)) and unit == "mm" and code == 4


class Steps:
    """Made functions of one test: each finds its project at its first call."""

    def __init__(self) -> None:
        self.loaded = make(func=load, output="nifti:loaded.nii")
        self.doubled = make(func=lambda x: x * 2, name="doubled", output="npy:doubled.npy")
        self.back = make(func=lambda x: x + 1, name="back", output="nifti:back.nii.gz")


def load(path: File) -> Any:
    return np.asanyarray(nib.load(path).dataobj)


@pytest.fixture
def steps() -> Steps:
    return Steps()


def test_a_raw_file_gives_its_geometry_and_nothing_else(steps: Steps) -> None:
    steps.loaded("raw.nii")
    assert lies_like_raw("loaded.nii")
    assert bytes(nib.load("loaded.nii").header["descrip"]).strip(b"\0") != b"secret of the scanner"
    record = steps.loaded.record("raw.nii")
    assert record is not None
    assert record.outputs[0].notes is not None
    assert record.outputs[0].notes["affine"] == "path"


def test_geometry_travels_through_chains_of_plain_arrays(steps: Steps) -> None:
    steps.back(steps.doubled(steps.loaded("raw.nii")))
    assert lies_like_raw("back.nii.gz")
    record = steps.back.record(steps.doubled(steps.loaded("raw.nii")))
    assert record is not None
    assert record.outputs[0].notes is not None
    assert record.outputs[0].notes["affine"] == "x (loaded.nii)"


def test_an_image_and_a_container_of_arrays_give_their_geometry(steps: Steps) -> None:
    @make(output="nifti:mean.nii")
    def mean(many: Any) -> Any:
        return sum(np.asanyarray(getattr(one, "dataobj", one)) for one in many) / len(many)

    @make(output="nifti:masked.nii")
    def masked(img: Any) -> Any:
        return (np.asanyarray(img.dataobj) > 3).astype("u1")

    mean([steps.loaded("raw.nii"), steps.doubled(steps.loaded("raw.nii"))])
    assert lies_like_raw("mean.nii")
    masked(image())
    assert lies_like_raw("masked.nii")


def test_a_volume_of_a_series_keeps_space_and_a_series_of_equal_length_keeps_time() -> None:
    @make(output="nifti:{n}.nii")
    def some(path: File, n: int) -> Any:
        data = np.asanyarray(nib.load(path).dataobj)
        return data[..., :n] if n else data[..., 0]

    for n, time in ((0, None), (3, 1.0), (7, 2.5)):
        some("bold.nii.gz", n)
        assert lies_like_raw(f"{n}.nii")
        zooms = nib.load(f"{n}.nii").header.get_zooms()
        assert (zooms[3] if len(zooms) > 3 else None) == time


def test_another_shape_and_an_ambiguous_geometry_are_identity_with_a_warning() -> None:
    nib.save(image(affine=np.diag([3.0, 3, 3, 1])), "other.nii")

    @make(output="nifti:difference.nii")
    def difference(a: File, b: File) -> Any:
        return np.asanyarray(nib.load(a).dataobj) - np.asanyarray(nib.load(b).dataobj)

    @make(output="nifti:slices.nii")
    def slices(a: File) -> Any:
        return np.asanyarray(nib.load(a).dataobj)[:, :, :2]

    with pytest.warns(CacheWarning, match=r"could be that of a and b.*like="):
        difference("raw.nii", "other.nii")
    with pytest.warns(CacheWarning, match="no argument comes from an image of that shape"):
        slices("raw.nii")
    for name in ("difference.nii", "slices.nii"):
        assert np.array_equal(place(name)[0], np.eye(4))


def test_equal_geometries_of_several_arguments_are_not_ambiguous() -> None:
    nib.save(image(), "same.nii")

    @make(output="nifti:sum.nii")
    def total(a: File, b: File) -> Any:
        return np.asanyarray(nib.load(a).dataobj) + np.asanyarray(nib.load(b).dataobj)

    total("raw.nii", "same.nii")
    assert lies_like_raw("sum.nii")


def test_like_names_an_argument_or_a_file() -> None:
    nib.save(image(affine=np.diag([3.0, 3, 3, 1])), "other.nii")

    def first(a: File, b: File) -> Any:
        return np.asanyarray(nib.load(a).dataobj)

    for wanted, name in (("b", "x"), ("a", "y"), ("raw.nii", "z")):
        make(func=first, name=name, output=f"nifti:{name}.nii?like={wanted}")("other.nii", "raw.nii")
    assert lies_like_raw("x.nii")
    assert np.array_equal(place("y.nii")[0], np.diag([3.0, 3, 3, 1]))
    assert lies_like_raw("z.nii")


def test_the_file_that_like_names_counts_by_its_content(capsys: pytest.CaptureFixture[str]) -> None:
    def zeros() -> Any:
        print("Running")
        return np.zeros(SHAPE, "f4")

    made = make(func=zeros, output="nifti:zeros.nii?like=raw.nii")
    made()
    os.utime("raw.nii")
    made()
    assert capsys.readouterr().out == "Running\n"
    nib.save(image(affine=np.diag([3.0, 3, 3, 1])), "raw.nii")
    assert "raw.nii" in str(made.why())
    made()
    assert capsys.readouterr().out == "Running\n"
    assert np.array_equal(place("zeros.nii")[0], np.diag([3.0, 3, 3, 1]))
    os.unlink("raw.nii")
    with pytest.raises(ArgumentError, match="does not exist"):
        made()


@pytest.mark.parametrize(
    ("wanted", "match"),
    [("nobody", "has no argument of that name; it has: x"), ("x", "is no image"), ("notes.txt", "is no image file")],
)
def test_E8_like_without_a_geometry_is_an_error_before_the_run(wanted: str, match: str) -> None:
    Path("notes.txt").write_text("no image")

    def never(x: Any) -> Any:
        raise AssertionError("it ran")

    with pytest.raises(SpecError, match=match):
        make(func=never, output=f"nifti:out.nii?like={wanted}")(np.zeros(SHAPE))


def test_like_of_another_shape_is_refused_and_the_value_kept() -> None:
    made = make(func=lambda: np.zeros((1, 2, 3)), name="f", output="nifti:out.nii?like=raw.nii")
    with pytest.raises(PersistError, match="first three dimensions") as caught:
        made()
    assert caught.value.value.shape == (1, 2, 3)


def test_like_and_affine_exclude_each_other() -> None:
    from makeit_nifti import NiftiFile

    with pytest.raises(SpecError, match="exclude each other"):
        make(func=lambda: 1, name="f", output=NiftiFile("x.nii", affine=np.eye(4), like="raw.nii"))()


def test_a_result_that_was_replaced_gives_no_geometry_of_its_successor(steps: Steps) -> None:
    nib.save(image(affine=np.diag([3.0, 3, 3, 1])), "other.nii")
    first = steps.loaded("raw.nii")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        steps.loaded("other.nii")  # the file and the record of `first` are gone
    with pytest.warns(CacheWarning, match="no argument comes from an image"):
        steps.back(first)
    assert np.array_equal(place("back.nii.gz")[0], np.eye(4))


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return which functions ran since it was last asked."""
    return lambda: capsys.readouterr().out.split()


def say_load(path: File) -> Any:
    print("loaded")
    return np.asanyarray(nib.load(path).dataobj)


def say_double(x: Any) -> Any:
    print("doubled")
    return x * 2


def say_back(x: Any) -> Any:
    print("back")
    return x + 1


class Chain:
    """A chain whose middle is a plain array in a file without an affine; each step says that it runs."""

    def __init__(self, **options: Any) -> None:
        self.loaded = make(func=say_load, name="loaded", output="nifti:loaded.nii")
        self.doubled = make(func=say_double, name="doubled", output="npy:doubled.npy")
        self.back = make(func=say_back, name="back", output="nifti:back.nii", **options)

    def __call__(self, path: str = "raw.nii") -> None:
        self.back(self.doubled(self.loaded(path)))


MOVED = np.diag([3.0, 3, 3, 1])


def test_D11_an_affine_that_was_corrected_travels_through_arrays_that_did_not_change(ran: Any) -> None:
    chain = Chain()
    chain()
    assert ran() == ["loaded", "doubled", "back"]
    nib.save(image(affine=MOVED), "raw.nii")
    x = chain.doubled(chain.loaded("raw.nii"))
    assert ran() == ["loaded"], "the array is the same, so what makes arrays of it does not run"
    assert str(chain.back.why(x)) == "run back: the affine, zooms or units of x (loaded.nii) changed"
    chain()
    assert ran() == ["back"]
    assert np.array_equal(place("back.nii")[0], MOVED)
    chain()
    Chain()()
    assert ran() == []


def test_D11_so_it_does_in_the_next_process(ran: Any) -> None:
    program = """
import numpy as np, nibabel as nib
from makeit import File, make
@make(output="nifti:loaded.nii")
def loaded(path: File):
    print("loaded")
    return np.asanyarray(nib.load(path).dataobj)
@make(output="npy:doubled.npy")
def doubled(x):
    print("doubled")
    return x * 2
@make(output="nifti:back.nii")
def back(x):
    print("back")
    return x + 1
back(doubled(loaded("raw.nii")))
"""
    Path("steps.py").write_text(program)
    for affine, expected in ((AFFINE, ["loaded", "doubled", "back"]), (MOVED, ["loaded", "back"]), (MOVED, [])):
        if not np.array_equal(nib.load("raw.nii").affine, affine):
            nib.save(image(affine=affine), "raw.nii")
        done = subprocess.run([sys.executable, "steps.py"], capture_output=True, text=True, check=True)
        assert done.stdout.split() == expected
        assert np.array_equal(place("back.nii")[0], affine)


def test_a_change_of_the_raw_header_that_moves_nothing_runs_nothing_that_takes_over_nothing_else(ran: Any) -> None:
    chain = Chain()
    chain()
    ran()
    changed = image()
    changed.header["descrip"] = b"another word"
    nib.save(changed, "raw.nii")
    chain()
    assert ran() == ["loaded"]


def test_an_array_without_a_history_leaves_the_geometry_as_it_is(ran: Any) -> None:
    chain = Chain()
    chain()
    ran()
    chain.back(np.load("doubled.npy"))
    assert ran() == []
    assert lies_like_raw("back.nii")


def test_identity_gives_way_to_an_affine_that_is_known_later(ran: Any) -> None:
    chain = Chain()
    chain.loaded("raw.nii")
    array = np.asanyarray(nib.load("raw.nii").dataobj) * 2
    with pytest.warns(CacheWarning, match="identity is written"):
        chain.back(array)
    chain.back(array)
    assert ran() == ["loaded", "back"]
    x = chain.doubled(chain.loaded("raw.nii"))
    assert "it was saved with identity as its affine" in str(chain.back.why(x))
    chain.back(x)
    chain.back(array)
    assert ran() == ["doubled", "back"]
    assert lies_like_raw("back.nii")


def test_like_an_argument_follows_the_affine_of_its_origin(ran: Any) -> None:
    chain = Chain()
    like = make(func=lambda x: x.astype("f4"), name="alike", output="nifti:alike.nii?like=x")
    like(chain.doubled(chain.loaded("raw.nii")))
    assert lies_like_raw("alike.nii")
    nib.save(image(affine=MOVED), "raw.nii")
    like(chain.doubled(chain.loaded("raw.nii")))
    assert np.array_equal(place("alike.nii")[0], MOVED)
    like(np.load("doubled.npy"))
    assert np.array_equal(place("alike.nii")[0], MOVED)


@pytest.mark.filterwarnings("ignore:.*takes turns on the file")
@pytest.mark.parametrize("affine", [AFFINE, MOVED], ids=["the same", "moved"])
def test_an_earlier_version_is_restored_where_it_lies_as_it_would_now(ran: Any, affine: Any) -> None:
    chain = Chain(keep=None)
    other = image()
    other.dataobj[0] = 7
    nib.save(other, "other.nii")
    chain()
    chain("other.nii")
    nib.save(image(affine=affine), "raw.nii")
    ran()
    chain()
    assert ran() == (["loaded", "doubled"] if affine is AFFINE else ["loaded", "doubled", "back"])
    assert np.array_equal(place("back.nii")[0], affine)


def test_a_list_of_images_of_which_one_fits_gives_the_geometry_of_that_one(ran: Any) -> None:
    @make(output="nifti:picked.nii")
    def picked(many: Any) -> Any:
        print("picked")
        return np.asanyarray(many[1].dataobj)

    pair = [image((2, 2, 2), MOVED), image()]
    for _ in range(2):
        picked(pair)
    assert ran() == ["picked"]
    assert lies_like_raw("picked.nii")


def cifti(name: str) -> Any:
    """Return an image of two scalar maps on five vertices, the first map with this name."""
    brain = cifti2_axes.BrainModelAxis.from_surface(np.arange(5), 9, name="CortexLeft")
    return nib.Cifti2Image(np.ones((2, 5), "f4"), header=(cifti2_axes.ScalarAxis([name, "z"]), brain))


def test_like_an_argument_follows_the_axes_of_its_origin(ran: Any) -> None:
    nib.save(cifti("effect"), "raw.dscalar.nii")
    loaded = make(func=say_load, name="maps", output="cifti:maps.dscalar.nii?like=path")
    doubled = make(func=say_double, name="doubled", output="npy:doubled.npy")
    back = make(func=say_back, name="back", output="cifti:back.dscalar.nii?like=x")
    for name, expected in (("effect", ["maps", "doubled", "back"]), ("beta", ["maps", "back"])):
        nib.save(cifti(name), "raw.dscalar.nii")
        for _ in range(2):
            back(doubled(loaded("raw.dscalar.nii")))
        assert ran() == ["loaded" if word == "maps" else word for word in expected]
        assert nib.load("back.dscalar.nii").header.get_axis(0).name.tolist() == [name, "z"]
