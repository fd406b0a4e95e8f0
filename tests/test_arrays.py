"""The laws on arrays and images, end to end: through made functions, installed formats and real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from makeit import make

Printed = pytest.CaptureFixture[str]
FUNCTIONAL = Path(nib.__file__).parent / "tests/data/functional.nii"


def runs(capsys: Printed) -> int:
    return capsys.readouterr().out.count("run")


def total(x: Any) -> float:
    print("run")
    return float(np.sum(x))


def test_A11_header_and_dtype_options_and_a_memory_mapped_variant(project: Path) -> None:
    image = nib.load(FUNCTIONAL)

    @make(output="nifti:s.nii.gz?dtype=float32")
    def single() -> Any:
        return nib.Nifti1Image(image.get_fdata(), image.affine, image.header)

    @make(output="nifti-mmap:m.nii")
    def mapped() -> Any:
        return image.get_fdata().astype(np.float32)

    single()
    assert nib.load(project / "s.nii.gz").get_data_dtype() == np.float32
    np.testing.assert_array_equal(single().affine, image.affine)
    assert single().header.get_zooms() == image.header.get_zooms()
    with pytest.warns(match="affine"):
        first = mapped()
    for found in (first, mapped()):
        assert isinstance(found, np.memmap)
        assert not found.flags.writeable
        np.testing.assert_array_equal(found, image.get_fdata().astype(np.float32))


@pytest.mark.parametrize(
    ("other", "count"),
    [
        (lambda x: np.asfortranarray(x), 1),
        (lambda x: np.repeat(x, 2, axis=0)[::2], 1),
        (lambda x: x.reshape(3, 2), 2),
        (lambda x: x.astype("f4"), 2),
        (lambda x: x.astype(">f8"), 2),
        (lambda x: x + 1, 2),
        (lambda x: np.ma.masked_array(x, x > 2), 2),
    ],
)
def test_C3_dtype_shape_and_content_count_and_memory_order_does_not(
    other: Callable[[Any], Any], count: int, capsys: Printed, project: Path
) -> None:
    made = make(total, keep=None)
    x = np.arange(6.0).reshape(2, 3)
    made(x)
    assert made(other(x)) == float(np.sum(other(x)))
    assert runs(capsys) == count


def test_C3_two_views_of_one_base_differ(capsys: Printed, project: Path) -> None:
    made = make(total, keep=None)
    x = np.arange(6.0).reshape(2, 3)
    assert (made(x[0]), made(x[1])) == (3.0, 12.0)
    assert runs(capsys) == 2


def test_C4_the_mask_counts_nan_equals_nan_and_zeros_of_other_sign_differ(capsys: Printed, project: Path) -> None:
    made = make(total, keep=None)
    x = np.arange(4.0)
    for mask in ([0, 0, 1, 0], [0, 1, 0, 0], [0, 1, 0, 0]):
        made(np.ma.masked_array(x, mask))
    assert runs(capsys) == 2
    for value in (np.array([np.nan]), np.array([-np.nan]), np.array([0.0]), np.array([-0.0])):
        made(value)
    assert runs(capsys) == 3


def test_C12_an_image_counts_by_affine_header_and_data_and_not_by_its_caches(
    capsys: Printed, project: Path, tmp_path: Path
) -> None:
    @make(keep=None)
    def mean(image: Any) -> float:
        print("run")
        return float(image.get_fdata().mean())

    copy = tmp_path / "copy.nii"
    copy.write_bytes(FUNCTIONAL.read_bytes())
    image = nib.load(FUNCTIONAL)
    mean(image)
    image.get_fdata()
    mean(image)
    mean(nib.load(copy))
    assert runs(capsys) == 1
    nib.save(nib.Nifti1Image(image.get_fdata() * 2, image.affine, image.header), copy)
    assert mean(nib.load(copy)) == pytest.approx(2 * mean(image), rel=1e-3)
    mean(nib.Nifti1Image(np.asanyarray(image.dataobj), image.affine * 2, image.header))
    assert runs(capsys) == 2


@pytest.mark.filterwarnings("ignore:.*takes turns on the file", "ignore:.*no affine")
@pytest.mark.parametrize("spec", ["npy:x.npy?mmap_mode=r", "nifti-mmap:x.nii", "nifti:x.nii"])
def test_E10_a_result_stays_valid_while_a_new_version_replaces_the_file(spec: str, project: Path) -> None:
    made = make(func=lambda value: np.full((8, 8, 8), value, "f4"), name="f", output=spec)
    made(1.0)
    old = made(1.0)
    new = made(2.0)
    assert (float(old.min()), float(old.max()), float(new.min())) == (1.0, 1.0, 2.0)


@pytest.mark.parametrize("how", ["thread", "fork", "spawn", "forkserver"])
def test_E13_threads_and_processes_of_every_kind_give_equal_results(how: str, run: Any, project: Path) -> None:
    (project / "work.py").write_text(
        "import sys, multiprocessing\n"
        "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"
        "from steps import described\n"
        "if __name__ == '__main__':\n"
        "    how = sys.argv[1]\n"
        "    pool = ThreadPoolExecutor(2) if how == 'thread' else ProcessPoolExecutor(\n"
        "        2, mp_context=multiprocessing.get_context(how))\n"
        "    with pool:\n"
        "        found = list(pool.map(described, [3, 4, 3, 4, 5]))\n"
        "    assert found == [described(n) for n in [3, 4, 3, 4, 5]]\n"
        "    print(found[0])\n"
    )
    (project / "steps.py").write_text(
        "import numpy as np\nfrom makeit import make\n\n"
        "@make(output='npy:out/{n}.npy')\ndef ramp(n):\n    return np.arange(n, dtype='i4') ** 2\n\n"
        "def described(n):\n    found = ramp(n)\n"
        "    return type(found).__name__, str(found.dtype), found.tolist(), found.flags.writeable\n"
    )
    assert run(project / "work.py", how) == "('ndarray', 'int32', [0, 1, 4], False)\n"
