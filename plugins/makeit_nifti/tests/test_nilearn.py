"""Images that makeit gave out go through nilearn, read-only as they are, and stay recognised (A6, C10, C12)."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import nilearn
import numpy as np
import pytest
from nilearn import image as ni
from nilearn.maskers import NiftiLabelsMasker, NiftiMasker
from sklearn.base import clone

from makeit import File, Maker, make
from makeit_nifti import MakerMemory

AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])
SHAPE = (8, 9, 7)
FORMATS = ("nifti", "nifti-mmap")
Ran = Callable[[], list[str]]


def bold(seed: int = 0) -> Any:
    values = np.random.default_rng(seed).normal(100, 5, (*SHAPE, 30)).astype("f4")
    # In the order of a file: sums over another order of memory differ in the last digit.
    found: Any = nib.Nifti1Image(np.asfortranarray(values), AFFINE)
    found.header.set_zooms((3, 3, 3, 2))
    return found


def mask() -> Any:
    return nib.Nifti1Image(np.ones(SHAPE, "i1"), AFFINE)


def labels() -> Any:
    values = np.ones(SHAPE, "i4")
    values[4:] = 2
    return nib.Nifti1Image(values, AFFINE)


def total(image: Any) -> float:
    print("total")
    return float(np.asanyarray(image.dataobj).sum(dtype=float))


def total_of_file(path: File) -> float:
    print("total of file")
    return total(ni.load_img(path))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str]) -> Ran:
    """What has run since the last question: a list of names that a function kept would count as its input."""
    return lambda: capsys.readouterr().out.splitlines()


@pytest.fixture(params=FORMATS)
def made(request: pytest.FixtureRequest) -> Any:
    """An image that makeit gave out, in the file bold.nii."""
    return make(func=bold, output=f"{request.param}:bold.nii")()


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "mean_img": ni.mean_img,
    "smooth_img": lambda image: ni.smooth_img(image, 4),
    "smooth_img, no width": lambda image: ni.smooth_img(image, None),
    "index_img": lambda image: ni.index_img(image, 3),
    "index_img, a slice": lambda image: ni.index_img(image, slice(2, 5)),
    "iter_img": lambda image: ni.concat_imgs(list(ni.iter_img(image))),
    "concat_imgs": lambda image: ni.concat_imgs([image, image]),
    "new_img_like": lambda image: ni.new_img_like(image, np.asanyarray(image.dataobj), copy_header=True),
    "copy_img": ni.copy_img,
    "resample_to_img": lambda image: ni.resample_to_img(image, nib.Nifti1Image(np.ones((4, 4, 4)), AFFINE * 2)),
    "resample_to_img, no change": lambda image: ni.resample_to_img(image, mask()),
    "resample_img": lambda image: ni.resample_img(image, np.diag([6.0, 6, 6, 1])),
    "math_img": lambda image: ni.math_img("img * 2 - img.mean()", img=image),
    "load_img": ni.load_img,
    "threshold_img": lambda image: ni.threshold_img(image, threshold=101.0),
    "threshold_img, clusters": lambda image: ni.threshold_img(ni.mean_img(image), threshold=100.5, cluster_threshold=3),
    "binarize_img": lambda image: ni.binarize_img(image, threshold=100),
    "clean_img": lambda image: ni.clean_img(image, standardize="zscore_sample", detrend=True),
    "clean_img, in place": lambda image: ni.clean_img(image, standardize=None, detrend=False, ensure_finite=True),
    "crop_img": ni.crop_img,
    "reorder_img": ni.reorder_img,
    "swap_img_hemispheres": lambda image: ni.swap_img_hemispheres(ni.index_img(image, 0)),
    "get_data": lambda image: nib.Nifti1Image(ni.get_data(image), AFFINE),
    "NiftiMasker": lambda image: _back(NiftiMasker(mask(), standardize=None), image),
    "NiftiMasker, cleaning": lambda image: _back(
        NiftiMasker(mask(), smoothing_fwhm=4, standardize="zscore_sample", detrend=True, t_r=2, high_pass=0.01), image
    ),
    "NiftiMasker, its own mask": lambda image: _back(NiftiMasker(mask_strategy="background", standardize=None), image),
    "NiftiLabelsMasker": lambda image: _back(NiftiLabelsMasker(labels(), standardize=None), image),
}


def _back(masker: Any, image: Any) -> Any:
    return masker.inverse_transform(masker.fit_transform(image))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_C12_a_function_of_nilearn_takes_a_made_image_and_leaves_it_recognised(made: Any, name: str, ran: Ran) -> None:
    kept = make(func=total, keep=None)
    kept(made)
    found, expected = FUNCTIONS[name](made), FUNCTIONS[name](bold())
    np.testing.assert_array_equal(found.get_fdata(), expected.get_fdata())
    assert kept(made) == float(bold().get_fdata().sum())
    assert kept.why(made).reuse
    assert ran() == ["total"]


@pytest.mark.parametrize("name", ["smooth_img", "mean_img", "index_img", "NiftiMasker", "threshold_img"])
def test_A6_a_chain_through_nilearn_runs_once(made: Any, name: str, ran: Ran) -> None:

    def step(image: Any) -> Any:
        print("step")
        return FUNCTIONS[name](image)

    kept = make(func=step, output="nifti:step.nii")
    after = make(func=total)
    results = [after(kept(made)) for _ in range(3)]
    assert ran() == ["step", "total"]
    assert len(set(results)) == 1


def test_A6_nilearn_hands_the_very_image_on(made: Any) -> None:
    assert ni.load_img(made) is ni.check_niimg(made) is made


@pytest.mark.parametrize("opened", [nib.load, ni.load_img, ni.check_niimg_4d], ids=lambda opened: opened.__name__)
@pytest.mark.parametrize("name", ["bold.nii", Path("bold.nii")], ids=["a str", "a Path"])
def test_C12_the_image_opened_again_from_its_file_is_the_same(made: Any, opened: Any, name: Any, ran: Ran) -> None:
    kept = make(func=total)
    kept(made)
    again = opened(name)
    assert again is not made
    for use in (lambda image: image, ni.mean_img, ni.get_data, FUNCTIONS["NiftiMasker"]):
        use(again)
        kept(again)
    assert ran() == ["total"]


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", ["bold.nii", Path("bold.nii")], ids=["a str", "a Path"])
def test_C10_a_made_file_given_by_name_is_the_same_until_its_content_is_another(name: Any, ran: Ran) -> None:
    kept = make(func=total_of_file)
    kept(name)
    kept(name)
    assert ran() == ["total of file", "total"]
    nib.save(bold(1), "other.nii")
    Path("other.nii").replace("bold.nii")
    assert kept(name) == float(bold(1).get_fdata().sum())


def test_B1_what_asks_to_write_into_a_made_image_is_refused(made: Any, ran: Ran) -> None:
    kept = make(func=total)
    before = kept(made)
    # Measured with nilearn 0.14: of what is tried here, copy=False of threshold_img alone writes into its argument.
    with pytest.raises(ValueError, match="read-only"):
        ni.threshold_img(made, threshold=101.0, copy=False)
    assert kept(made) == before
    assert ran() == ["total"]


def test_B1_under_verify_it_may_write_and_what_depends_on_it_runs_again(ran: Ran) -> None:
    image = make(func=bold, output="nifti:bold.nii", guard="verify")()
    kept = make(func=total)
    before = kept(image)
    ni.threshold_img(image, threshold=101.0, copy=False)
    assert kept(image) < before
    assert ran() == ["total", "total"]


class Counting:
    """Counts how often a function of nilearn runs behind a memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        import nilearn.maskers.nifti_masker as module

        extract = module._ExtractionFunctor.__call__

        def counted(functor: Any, imgs: Any) -> Any:
            self.count += 1
            return extract(functor, imgs)

        monkeypatch.setattr(module._ExtractionFunctor, "__call__", counted)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    return Counting(monkeypatch)


def masker(**options: Any) -> Any:
    return NiftiMasker(mask(), standardize=None, **options)


def test_a_masker_with_makeit_as_memory_extracts_once(made: Any, counting: Counting) -> None:
    memory = MakerMemory(Maker(cachedir="memory"))
    first = masker(memory=memory, memory_level=1).fit_transform(made)
    assert counting.count == 1
    ni.get_data(made)
    for image in (made, ni.load_img("bold.nii"), bold()):
        again = masker(memory=pickle.loads(pickle.dumps(memory)), memory_level=1).fit_transform(image)
        np.testing.assert_array_equal(again, first)
    clone(masker(memory=memory, memory_level=1)).fit_transform(made)
    assert counting.count == 1
    np.testing.assert_array_equal(first, masker().fit_transform(bold()))


def test_a_labels_masker_with_makeit_as_memory_gives_the_same_values(made: Any) -> None:
    expected = NiftiLabelsMasker(labels(), standardize=None).fit_transform(bold())
    for _ in range(2):
        memory = MakerMemory(Maker(cachedir="memory"))
        found = NiftiLabelsMasker(labels(), standardize=None, memory=memory, memory_level=1).fit_transform(made)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["bold.nii", Path("bold.nii")], ids=["a str", "a Path"])
def test_C10_a_masker_with_makeit_as_memory_sees_a_file_that_was_rewritten(name: Any, counting: Counting) -> None:
    for seed in (0, 0, 1):
        nib.save(bold(seed), "bold.nii")
        found = masker(memory=MakerMemory(Maker(cachedir="memory")), memory_level=1).fit_transform(name)
        np.testing.assert_array_equal(found, masker().fit_transform(bold(seed)))
    assert counting.count == 2 + 3


@pytest.mark.usefixtures("made")
def test_C10_names_of_files_count_by_content_in_lists_and_dicts(ran: Ran) -> None:
    cached = MakerMemory(Maker(cachedir="memory")).cache(many)
    for seed in (0, 0, 1):
        nib.save(bold(seed), "bold.nii")
        assert cached(["bold.nii"], options={"like": "bold.nii"}) == total(bold(seed))
        time.sleep(0.02)
    assert ran().count("many") == 2


def many(paths: Any, options: Any) -> float:
    print("many")
    assert str(options["like"]) == "bold.nii"
    return float(nib.load(paths[0]).get_fdata().sum())


def test_a_function_of_a_library_counts_by_its_version(monkeypatch: pytest.MonkeyPatch, counting: Counting) -> None:
    for version, runs_so_far in (("0.1", 1), ("0.1", 1), ("0.2", 2)):
        monkeypatch.setattr(nilearn, "__version__", version)
        masker(memory=MakerMemory(Maker(cachedir="memory")), memory_level=1).fit_transform(bold())
        assert counting.count == runs_so_far


def test_what_a_memory_of_joblib_can_delete_is_refused() -> None:
    memory = MakerMemory(Maker(cachedir="memory"))
    for clear in (memory.clear, memory.reduce_size):
        with pytest.raises(NotImplementedError, match="delete the folder memory"):
            clear()


def test_a_memory_decorates_without_a_function_at_first(ran: Ran) -> None:
    cached = MakerMemory(Maker(cachedir="memory")).cache(ignore=["note"])(noted)
    assert [cached(1, note="a"), cached(1, note="b")] == [1, 1]
    assert ran() == ["noted"]


def noted(x: int, note: str) -> int:
    print("noted")
    return x
