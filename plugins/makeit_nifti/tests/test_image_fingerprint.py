"""Image fingerprints: class, affine, header, extensions and data count; caches and paths do not."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Extension
from nibabel.testing import data_path

from makeit.identity.digest import METER
from makeit_nifti import voxels
from makeit_nifti.fingerprint import fingerprint

NIFTI = ["functional.nii", "anatomical.nii", "example4d.nii.gz", "example_nifti2.nii.gz", "standard.nii.gz"]
IMAGES = [*NIFTI, "test.mgz"]


def example(name: str) -> Any:
    """Return a real image out of the nibabel wheel, its data unread."""
    return nibabel.load(os.path.join(data_path, name))


def small(**changes: Any) -> Any:
    """Return a small image in memory."""
    given = {
        "data": np.arange(24, dtype="i2").reshape(2, 3, 4),
        "affine": np.eye(4),
        "kind": nibabel.Nifti1Image,
    }
    given.update(changes)
    return given["kind"](given["data"], given["affine"])


def set_tr(image: Any) -> None:
    """Change a field that has nothing to do with the affine."""
    image.header["pixdim"][4] = 3


def extend(image: Any) -> None:
    """Add an extension."""
    image.header.extensions.append(Nifti1Extension("comment", b"x"))


CHANGES: list[Callable[[Any], None]] = [
    set_tr,
    extend,
    lambda image: image.header.__setitem__("descrip", b"other"),
    lambda image: image.header.set_data_dtype("f4"),
    lambda image: image.header.set_xyzt_units("mm"),
    lambda image: image.set_sform(np.diag([2.0, 2, 2, 1])),
    lambda image: image.affine.__setitem__((0, 3), 5),
    lambda image: image.dataobj.__setitem__((0, 0, 0), 9),
    lambda image: image.get_fdata().__setitem__((0, 0, 0), 9),
]


class TestImage:
    @pytest.mark.parametrize("name", IMAGES)
    def test_a_copy_under_another_name_is_equal(self, tmp_path: Path, name: str) -> None:
        other = tmp_path / f"other-{name}"
        shutil.copy(os.path.join(data_path, name), other)
        assert fingerprint(nibabel.load(other)) == fingerprint(example(name))

    @pytest.mark.parametrize("name", IMAGES)
    def test_a_filled_cache_does_not_count(self, name: str) -> None:
        image = example(name)
        before = fingerprint(image)
        image.get_fdata()
        assert image.in_memory
        assert fingerprint(image) == before

    @pytest.mark.parametrize("name", IMAGES)
    def test_a_changed_cache_counts(self, name: str) -> None:
        image = example(name)
        before = fingerprint(image)
        image.get_fdata()[(-1,) * len(image.shape)] += 1
        assert fingerprint(image) != before

    @pytest.mark.parametrize("name", IMAGES[:3])
    def test_data_in_memory_equal_data_in_a_file(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        image = example(name)
        inside = type(image)(np.asanyarray(image.dataobj), image.affine, image.header)
        assert fingerprint(inside) == fingerprint(image)
        for slab in (100, 5000, 100_000):
            monkeypatch.setattr(voxels, "SLAB", slab)
            assert fingerprint(example(name)) == fingerprint(inside)

    def test_all_examples_differ(self) -> None:
        found = [fingerprint(example(name)) for name in IMAGES]
        assert None not in found
        assert len(set(found)) == len(IMAGES)

    def test_equal_images_are_equal(self) -> None:
        assert fingerprint(small()) == fingerprint(small())
        assert fingerprint(small()) == fingerprint(small(data=np.asfortranarray(small().dataobj)))

    @pytest.mark.parametrize("change", CHANGES)
    def test_every_change_counts(self, change: Callable[[Any], None]) -> None:
        image = small()
        change(image)
        assert fingerprint(image) != fingerprint(small())

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": nibabel.Nifti2Image},
            {"kind": nibabel.Nifti1Pair},
            {"kind": nibabel.AnalyzeImage},
            {"affine": None},
            {"affine": np.diag([2.0, 2, 2, 1])},
            {"data": np.arange(24, dtype="i2").reshape(3, 2, 4)},
            {"data": np.arange(24, dtype="f4").reshape(2, 3, 4)},
        ],
        ids=str,
    )
    def test_class_affine_shape_and_dtype_count(self, change: dict[str, Any]) -> None:
        assert fingerprint(small(**change)) != fingerprint(small())

    def test_what_saving_leaves_in_the_header_does_not_count(self, tmp_path: Path) -> None:
        image = small()
        extend(image)
        before = fingerprint(image)
        image.to_filename(tmp_path / "x.nii")
        assert fingerprint(image) == before

    def test_the_byte_order_of_a_header_does_not_count(self) -> None:
        header = example("anatomical.nii").header
        assert fingerprint(header) == fingerprint(header.as_byteswapped("<"))

    def test_complex_data_with_a_cache(self) -> None:
        image = small(data=np.full((2, 2, 2), 1 + 2j))
        before = fingerprint(image)
        with pytest.warns(np.exceptions.ComplexWarning):
            image.get_fdata()
        assert fingerprint(image) == before

    def test_a_class_of_somebody_else_has_none(self) -> None:
        assert fingerprint(type("Scan", (nibabel.Nifti1Image,), {})(np.zeros((2, 2, 2), "f4"), np.eye(4))) is None


class TestBackedImage:
    def make(self, path: Path, value: float = 1.0) -> Any:
        """Write a file that has settled, and return it, unread."""
        nibabel.Nifti1Image(np.full((50, 50, 50, 20), value, "f8"), np.eye(4)).to_filename(path)
        os.utime(path, ns=(1_000_000_001, 1_000_000_001))
        time.sleep(0.05)  # a change in the same tick of the clock would go unseen, so what is fresher is read again
        return nibabel.load(path)

    def test_an_unchanged_file_is_read_once(self, tmp_path: Path) -> None:
        image = self.make(tmp_path / "x.nii")
        before = fingerprint(image)
        METER.bytes = 0
        assert fingerprint(image) == before
        assert METER.bytes < 2000

    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
    def test_C12_so_it_is_opened_again_or_pickled(self, tmp_path: Path, suffix: str) -> None:
        image = self.make(tmp_path / f"x{suffix}")
        before = fingerprint(image)
        METER.bytes = 0
        assert fingerprint(nibabel.load(tmp_path / f"x{suffix}")) == before
        assert fingerprint(pickle.loads(pickle.dumps(image))) == before
        assert METER.bytes < 5000
        self.make(tmp_path / f"x{suffix}", 2.0)
        assert fingerprint(nibabel.load(tmp_path / f"x{suffix}")) != before
        assert fingerprint(image) == fingerprint(nibabel.load(tmp_path / f"x{suffix}"))

    def test_C12_another_way_to_read_the_same_file_is_another_image(self, tmp_path: Path) -> None:
        image = self.make(tmp_path / "x.nii")
        other: Any = nibabel.load(tmp_path / "x.nii")
        other.dataobj._slope = 2.0
        assert fingerprint(image) != fingerprint(other)

    def test_E13_another_process_knows_what_one_has_read(self, tmp_path: Path) -> None:
        path = tmp_path / "x.nii"
        self.make(path)
        program = f"""
import nibabel
from makeit import make
from makeit.identity.digest import METER
print(make.bench(None).fingerprint(nibabel.load({str(path)!r})), METER.bytes)
"""
        command = [sys.executable, "-c", program]
        found = [
            subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.split()
            for _ in range(2)
        ]
        assert found[0][0] == found[1][0] == fingerprint(nibabel.load(path))
        assert int(found[0][1]) > 50**3 * 20 * 8
        assert int(found[1][1]) < 5000

    def test_a_file_that_was_rewritten_is_read_again(self, tmp_path: Path) -> None:
        image = self.make(tmp_path / "x.nii")
        before = fingerprint(image)
        self.make(tmp_path / "x.nii", 2.0)
        assert fingerprint(image) != before

    def test_a_fresh_file_is_not_trusted_to_its_time_stamp(self, tmp_path: Path) -> None:
        image = self.make(tmp_path / "x.nii")
        os.utime(tmp_path / "x.nii")
        fingerprint(image)
        METER.bytes = 0
        os.utime(tmp_path / "x.nii")
        fingerprint(image)
        assert METER.bytes > 50**3 * 20 * 8

    def test_memory_stays_flat(self, tmp_path: Path) -> None:
        image = self.make(tmp_path / "x.nii")
        tracemalloc.start()
        fingerprint(image)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 0.9 * 50**3 * 20 * 8 + voxels.SLAB
        assert not image.in_memory


class TestHeader:
    def test_headers_differ_by_what_they_say(self) -> None:
        header = nibabel.Nifti1Header()
        found = {
            fingerprint(header),
            fingerprint(nibabel.Nifti2Header()),
            fingerprint(nibabel.Nifti1Image.header_class()),
        }
        assert len(found) == 2
        other = header.copy()
        other["descrip"] = b"x"
        assert fingerprint(other) not in found
