"""NiftiFile and MemMappedNiftiFile: what comes back, what is refused, and what a damaged file does."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from nibabel.testing import data_path

from makeit import CacheWarning, PersistError, SpecError
from makeit_nifti import MemMappedNiftiFile, NiftiFile

IMAGES = ["functional.nii", "anatomical.nii", "example4d.nii.gz", "example_nifti2.nii.gz", "standard.nii.gz"]
DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]
BIG = [">i2", ">u4", ">i8", ">f2", ">f4", ">c16"]
EYE = np.eye(4)
AFFINE = np.array([[0.0, -2, 0, 10], [2.5, 0, 0, -20.3], [0, 0, 3, 7], [0, 0, 0, 1]])
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


def example(name: str) -> Any:
    """Return a real image out of the nibabel wheel, its data unread."""
    return nibabel.load(os.path.join(data_path, name))


def through(persister: NiftiFile, value: Any) -> Any:
    """Save, pass the notes through JSON as a record does, and load with another persister."""
    persister.check()
    notes = json.loads(json.dumps(persister.save(value)))
    reader = persister.at(persister.filename)
    reader.notes = notes
    return reader.load()


def same_header(one: Any, other: Any, but: tuple[str, ...] = ()) -> bool:
    """Whether two headers say the same, field by field."""
    return all(
        np.array_equal(one[key], other[key], equal_nan=one[key].dtype.kind == "f") for key in one if key not in but
    )


def with_extremes(dtype: str) -> np.ndarray:
    """Return an array with the smallest and the largest number of `dtype`, and nan where there is one."""
    array = np.zeros((3, 4, 5), dtype)
    if array.dtype.kind in "iu":
        limits = np.iinfo(array.dtype)
        array[0, 0, :2] = limits.min, limits.max
    elif array.dtype.kind in "fc":
        array[0, 0, :4] = np.finfo(array.dtype).max, np.nan, np.inf, -0.0
    else:
        array[0] = True
    return array


class TestArrays:
    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".img", ".hdr"])
    @pytest.mark.parametrize("dtype", DTYPES + BIG)
    def test_every_dtype_comes_back_exactly(self, tmp_path: Path, dtype: str, suffix: str) -> None:
        for array in (with_extremes(dtype), np.arange(24).reshape(2, 3, 4).astype(dtype)):
            found = through(NiftiFile(tmp_path / f"x{suffix}", affine=EYE), array)
            assert type(found) is np.ndarray
            assert found.dtype == array.dtype
            assert found.tobytes() == array.tobytes()

    @QUIET
    @given(
        array=st.sampled_from(DTYPES + BIG).flatmap(
            lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=7, max_side=4, min_side=0))
        )
    )
    def test_any_array_comes_back(self, tmp_path: Path, array: np.ndarray) -> None:
        found = through(NiftiFile(tmp_path / "x.nii", affine=EYE), array)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert np.array_equal(found, array, equal_nan=True)

    @pytest.mark.parametrize(
        ("dtype", "value", "on_disk"),
        [
            ("?", 1, "u1"),
            ("f2", 1, "f4"),
            ("i8", 7, "i4"),
            ("u8", 7, "u4"),
            ("i8", 2**40, "i8"),
            ("u8", 2**40, "u8"),
            ("f4", 1, "f4"),
            (">i2", 1, ">i2"),
        ],
    )
    def test_the_dtype_on_disk_is_one_that_other_tools_read(
        self, tmp_path: Path, dtype: str, value: int, on_disk: str
    ) -> None:
        NiftiFile(tmp_path / "x.nii", affine=EYE).save(np.full((2, 2), value, dtype))
        assert nibabel.load(tmp_path / "x.nii").get_data_dtype() == np.dtype(on_disk)

    def test_colours_come_back(self, tmp_path: Path) -> None:
        array = np.frombuffer(bytes(range(72)), RGB).reshape(2, 3, 4)
        found = through(NiftiFile(tmp_path / "x.nii", affine=EYE), array)
        assert found.dtype == RGB
        assert found.tobytes() == array.tobytes()

    def test_a_long_dimension_makes_it_nifti_2(self, tmp_path: Path) -> None:
        array = np.arange(40_000 * 2).reshape(40_000, 2)
        assert np.array_equal(through(NiftiFile(tmp_path / "x.nii", affine=EYE), array), array)
        assert type(nibabel.load(tmp_path / "x.nii")) is nibabel.Nifti2Image

    def test_an_affine_is_kept(self, tmp_path: Path) -> None:
        NiftiFile(tmp_path / "x.nii", affine=AFFINE).save(np.ones((2, 3, 4)))
        image = nibabel.load(tmp_path / "x.nii")
        assert np.array_equal(image.affine, AFFINE.astype("f4"))
        assert image.header["sform_code"] == 2

    def test_without_an_affine_identity_is_written_with_a_warning(self, tmp_path: Path) -> None:
        with pytest.warns(CacheWarning, match=r"no affine.*affine= or header="):
            NiftiFile(tmp_path / "x.nii").save(np.ones((2, 3, 4)))
        assert np.array_equal(nibabel.load(tmp_path / "x.nii").affine, EYE)

    def test_bytes_of_a_compressed_file_are_reproducible(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "b").mkdir()
        NiftiFile(tmp_path / "x.nii.gz", affine=EYE).save(np.ones((2, 3, 4)))
        monkeypatch.setattr("time.time", lambda: 2e9)
        NiftiFile(tmp_path / "b" / "y.nii.gz", affine=EYE).save(np.ones((2, 3, 4)))
        assert (tmp_path / "x.nii.gz").read_bytes() == (tmp_path / "b" / "y.nii.gz").read_bytes()

    def test_exactly_the_named_files_are_written(self, tmp_path: Path) -> None:
        for name in ("x.nii", "y.nii.gz", "z.img"):
            persister = NiftiFile(tmp_path / name, affine=EYE)
            before = set(tmp_path.iterdir())
            persister.save(np.ones((2, 2)))
            assert set(tmp_path.iterdir()) - before == set(persister.files())

    @pytest.mark.parametrize(
        ("value", "hint"),
        [
            (np.float64(1), "npy:"),
            (1, "npy:"),
            (None, "pickle:"),
            ([[1, 2]], "npy:"),
            (np.array(1), "0 dimensions"),
            (np.zeros((1,) * 8), "8 dimensions"),
            (np.array(["a"]), "dtype <U1"),
            (np.array([None]), "dtype object"),
            (np.zeros(2, "M8[s]"), "datetime64"),
            (np.zeros(2, "longdouble"), "dtype="),
            (np.zeros(2, [("a", "f4")]), "RGB"),
            (np.ma.masked_array([1, 2], [0, 1]), "filled"),
            (nibabel.MGHImage(np.zeros((2, 2, 2), "f4"), EYE), "MGHImage.*ends in .mgh, .mgz"),
            (nibabel.GiftiImage(), "GiftiImage.*ends in .gii"),
            (nibabel.AnalyzeImage(np.zeros((2, 2, 2), "f4"), EYE), "Nifti1Image.from_image"),
            (nibabel.Spm99AnalyzeImage(np.zeros((2, 2, 2), "f4"), EYE), "Nifti1Image.from_image"),
            (nibabel.Nifti1Image(np.zeros((2, 2, 2), "f4"), EYE, extra={"note": 1}), "image.extra"),
        ],
        ids=lambda value: type(value).__name__,
    )
    @pytest.mark.parametrize("kind", [NiftiFile, MemMappedNiftiFile])
    def test_what_nifti_cannot_hold_is_refused_with_its_value(
        self, tmp_path: Path, kind: type[NiftiFile], value: Any, hint: str
    ) -> None:
        with pytest.raises(PersistError, match=hint) as refusal:
            kind(tmp_path / "x.nii", affine=EYE).save(value)
        assert refusal.value.value is value
        assert not list(tmp_path.iterdir())


class TestHeader:
    @pytest.mark.parametrize("name", IMAGES)
    def test_a_header_gives_all_but_its_dtype(self, tmp_path: Path, name: str) -> None:
        source = example(name)
        data = np.full(source.shape, 549.02) * np.nan
        found = through(NiftiFile(tmp_path / "x.nii", header=source.header), data)
        assert found.tobytes() == data.tobytes()
        stored = nibabel.load(tmp_path / "x.nii").header
        written = ("datatype", "bitpix", "sizeof_hdr", "vox_offset", "scl_slope", "scl_inter")
        assert same_header(source.header, stored, written)
        assert stored.get_zooms() == source.header.get_zooms()
        assert [e.get_content() for e in stored.extensions] == [e.get_content() for e in source.header.extensions]

    def test_labels_under_a_header_of_bytes_stay_what_they_are(self, tmp_path: Path) -> None:
        labels = np.array([0, 1, 2, 500, 70_000])
        persister = NiftiFile(tmp_path / "x.nii", header=example("standard.nii.gz"))
        assert np.array_equal(through(persister, labels), labels)

    def test_an_affine_goes_before_that_of_the_header(self, tmp_path: Path) -> None:
        source = example("functional.nii")
        NiftiFile(tmp_path / "x.nii", header=source, affine=AFFINE).save(np.ones(source.shape))
        image = nibabel.load(tmp_path / "x.nii")
        assert np.array_equal(image.affine, AFFINE.astype("f4"))
        assert image.header["pixdim"][4] == 2

    def test_the_header_handed_over_is_not_changed(self, tmp_path: Path) -> None:
        header = example("functional.nii").header
        before = header.binaryblock
        NiftiFile(tmp_path / "x.nii", header=header).save(np.ones((2, 2)))
        assert header.binaryblock == before


class TestDtype:
    @pytest.mark.parametrize("kind", [NiftiFile, MemMappedNiftiFile])
    @pytest.mark.parametrize(("given", "dtype"), [("f8", "f4"), ("i8", "i2"), ("u1", "f8"), ("?", "u1"), ("i4", ">i2")])
    def test_it_is_the_dtype_on_disk_and_after_loading(
        self, tmp_path: Path, kind: type[NiftiFile], given: str, dtype: str
    ) -> None:
        array = np.array([[0, 1], [1, 0]], given)
        found = through(kind(tmp_path / "x.nii", dtype=dtype, affine=EYE), array)
        assert found.dtype == np.dtype(dtype)
        assert np.array_equal(found, array)
        assert nibabel.load(tmp_path / "x.nii").get_data_dtype() == np.dtype(dtype)

    @pytest.mark.parametrize("dtype", ["bool", "float16", "int64", np.float32, np.dtype("i2")])
    def test_it_forces_what_nifti_has_no_type_for(self, tmp_path: Path, dtype: Any) -> None:
        found = through(NiftiFile(tmp_path / "x.nii", dtype=dtype, affine=EYE), np.array([[0.0, 1]]))
        assert found.dtype == np.dtype(dtype)

    def test_it_forces_a_file_without_notes(self, tmp_path: Path) -> None:
        shutil.copy(os.path.join(data_path, "anatomical.nii"), tmp_path / "x.nii")
        assert NiftiFile(tmp_path / "x.nii", dtype="f4").load().dtype == np.float32

    def test_digits_are_lost_as_asked(self, tmp_path: Path) -> None:
        found = through(NiftiFile(tmp_path / "x.nii", dtype="f4", affine=EYE), np.array([0.1, np.nan, np.inf]))
        assert np.array_equal(found, np.array([0.1, np.nan, np.inf], "f4"), equal_nan=True)

    @pytest.mark.parametrize(
        ("value", "dtype"),
        [
            (np.array([1.5]), "i2"), (np.array([np.nan]), "i2"), (np.array([np.inf]), "i4"),
            (np.array([1e10]), "i4"),
            (np.array([-1.0]), "u2"), (np.array([-1]), "u8"), (np.array([2**64 - 1], "u8"), "i8"),
            (np.array([300]), "u1"),
            (np.array([-1], "i1"), "u1"), (np.array([2**24 + 1]), "f4"), (np.array([2**53 + 1]), "f8"),
            (np.array([2]), "?"), (np.array([0.5]), "?"), (np.array([1e300]), "f4"), (np.array([1e10]), "f2"),
            (np.array([1j]), "f8"), (np.array([1j]), "i2"), (np.array([2**53 + 1]), "c16"),
        ],
    )  # fmt: skip
    def test_changed_values_are_refused(self, tmp_path: Path, value: np.ndarray, dtype: str) -> None:
        with pytest.raises(PersistError, match="cannot become dtype=") as refusal:
            NiftiFile(tmp_path / "x.nii", dtype=dtype, affine=EYE).save(value)
        assert refusal.value.value is value


class TestImages:
    @pytest.mark.parametrize("kind", [NiftiFile, MemMappedNiftiFile])
    @pytest.mark.parametrize("name", IMAGES)
    def test_an_image_comes_back_as_one_of_its_class(self, tmp_path: Path, kind: type[NiftiFile], name: str) -> None:
        image = example(name)
        found = through(kind(tmp_path / "x.nii"), image)
        data = np.asanyarray(image.dataobj)
        assert type(found) is type(image)
        assert found.dataobj.dtype == data.dtype == found.get_data_dtype()
        assert np.array_equal(np.asanyarray(found.dataobj), data)
        assert np.array_equal(found.affine, image.affine)
        assert same_header(image.header, found.header, ("datatype", "bitpix", "vox_offset"))
        assert found.header.endianness == image.header.endianness
        assert [e.get_content() for e in found.header.extensions] == [e.get_content() for e in image.header.extensions]

    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".img"])
    @pytest.mark.parametrize("name", ["Nifti1Image", "Nifti1Pair", "Nifti2Image", "Nifti2Pair"])
    def test_the_class_does_not_depend_on_the_suffix(self, tmp_path: Path, name: str, suffix: str) -> None:
        image = getattr(nibabel.nifti2 if "2" in name else nibabel.nifti1, name)(np.ones((2, 3, 4), "f4"), AFFINE)
        found = through(NiftiFile(tmp_path / f"x{suffix}"), image)
        assert type(found) is type(image)
        # NIfTI-2 keeps its affine in 64 bits.
        assert np.array_equal(found.affine, AFFINE if "2" in name else AFFINE.astype("f4"))

    def test_the_image_saved_is_not_changed(self, tmp_path: Path) -> None:
        image = nibabel.Nifti1Image(np.ones((2, 3, 4)), AFFINE)
        image.header.set_data_dtype("i2")
        before = image.header.binaryblock, image.get_filename(), image.affine.tobytes()
        NiftiFile(tmp_path / "x.nii").save(image)
        assert (image.header.binaryblock, image.get_filename(), image.affine.tobytes()) == before

    def test_it_stays_what_it_is_when_the_file_is_gone(self, tmp_path: Path) -> None:
        found = through(NiftiFile(tmp_path / "x.nii"), example("anatomical.nii"))
        (tmp_path / "x.nii").unlink()
        assert np.array_equal(found.get_fdata(), example("anatomical.nii").get_fdata())
        assert found.get_filename() is None

    def test_integers_of_64_bits_come_back(self, tmp_path: Path) -> None:
        image = nibabel.Nifti1Image(np.arange(8).reshape(2, 2, 2), EYE, dtype="i8")
        found = through(NiftiFile(tmp_path / "x.nii"), image)
        assert found.dataobj.dtype == found.get_data_dtype() == np.int64

    def test_dtype_forces_the_data_of_images_too(self, tmp_path: Path) -> None:
        found = through(NiftiFile(tmp_path / "x.nii", dtype="f4"), example("functional.nii"))
        assert found.dataobj.dtype == found.get_data_dtype() == np.float32

    def test_what_comes_back_is_saved_again_by_nibabel_without_loss(self, tmp_path: Path) -> None:
        found = through(NiftiFile(tmp_path / "x.nii"), example("functional.nii"))
        found.to_filename(tmp_path / "y.nii")
        assert np.array_equal(np.asanyarray(nibabel.load(tmp_path / "y.nii").dataobj), found.dataobj)


class TestMap:
    @pytest.mark.parametrize("dtype", ["i1", "u2", "i8", "u8", "f4", "c16", ">i2", ">f8", RGB])
    def test_an_array_comes_back_as_a_read_only_map(self, tmp_path: Path, dtype: Any) -> None:
        array = np.zeros((2, 3, 4), dtype)
        found = through(MemMappedNiftiFile(tmp_path / "x.nii", affine=EYE), array)
        assert type(found) is np.memmap
        assert found.mode == "r"
        assert found.dtype == array.dtype
        assert np.array_equal(found, array)
        with pytest.raises(ValueError, match="WRITEABLE"):
            found.setflags(write=True)

    def test_an_image_comes_back_on_a_read_only_map(self, tmp_path: Path) -> None:
        found = through(MemMappedNiftiFile(tmp_path / "x.nii"), example("example4d.nii.gz"))
        assert type(found.dataobj) is np.memmap
        assert found.dataobj.mode == "r"

    def test_an_empty_array_comes_back(self, tmp_path: Path) -> None:
        found = through(MemMappedNiftiFile(tmp_path / "x.nii", affine=EYE), np.zeros((3, 0, 2), "f4"))
        assert (found.shape, found.dtype) == ((3, 0, 2), np.float32)

    def test_a_map_outlives_its_file(self, tmp_path: Path) -> None:
        found = through(MemMappedNiftiFile(tmp_path / "x.nii", affine=EYE), np.arange(5000))
        MemMappedNiftiFile(tmp_path / "y.nii", affine=EYE).save(np.zeros(5000))
        os.replace(tmp_path / "y.nii", tmp_path / "x.nii")
        assert np.array_equal(found, np.arange(5000))

    @pytest.mark.parametrize("dtype", ["?", "f2"])
    def test_what_has_to_be_converted_back_is_refused(self, tmp_path: Path, dtype: str) -> None:
        array = np.zeros(3, dtype)
        with pytest.raises(PersistError, match="nifti:") as refusal:
            MemMappedNiftiFile(tmp_path / "x.nii", affine=EYE).save(array)
        assert refusal.value.value is array

    def test_a_scaled_file_is_not_mapped(self) -> None:
        with pytest.raises(ValueError, match="scaled"):
            MemMappedNiftiFile(os.path.join(data_path, "functional.nii")).load()


class TestForeignFiles:
    @pytest.mark.parametrize("name", IMAGES)
    def test_without_notes_it_is_the_array(self, name: str) -> None:
        found = NiftiFile(os.path.join(data_path, name)).load()
        expected = np.asanyarray(example(name).dataobj)
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected)

    @pytest.mark.parametrize("damage", ["short", "half", "header", "zeros", "empty", "foreign"])
    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".img"])
    @pytest.mark.parametrize("kind", [NiftiFile, MemMappedNiftiFile])
    def test_a_damaged_file_raises(self, tmp_path: Path, kind: type[NiftiFile], suffix: str, damage: str) -> None:
        path = tmp_path / f"x{suffix}"
        NiftiFile(path, affine=EYE).save(np.random.default_rng(0).random((9, 9, 9)))
        whole = path.read_bytes()
        path.write_bytes(
            {
                "short": whole[:-1],
                "half": whole[: len(whole) // 2],
                "header": whole[:100],
                "zeros": bytes(len(whole) - (suffix == ".img")),
                "empty": b"",
                "foreign": b"subject,age\n" * (1 if suffix == ".img" else 1000),
            }[damage]
        )
        with pytest.raises((ValueError, OSError, EOFError)):
            kind(path).load()

    def test_another_kind_of_image_raises(self, tmp_path: Path) -> None:
        shutil.copy(os.path.join(data_path, "row_major.dconn.nii"), tmp_path / "x.nii")
        with pytest.raises(ValueError, match="Cifti2Image"):
            NiftiFile(tmp_path / "x.nii").load()

    def test_trailing_bytes_do_not_matter(self, tmp_path: Path) -> None:
        NiftiFile(tmp_path / "x.nii", affine=EYE).save(np.ones(3))
        with (tmp_path / "x.nii").open("ab") as stream:
            stream.write(b"\0" * 16)
        assert np.array_equal(NiftiFile(tmp_path / "x.nii").load(), np.ones(3))


class TestCheck:
    @pytest.mark.parametrize(
        ("persister", "hint"),
        [
            (NiftiFile("x.txt"), r"\.nii\.gz"),
            (NiftiFile("x.gz"), r"\.nii"),
            (MemMappedNiftiFile("x.nii.gz"), "nifti:"),
            (MemMappedNiftiFile("x.nii.zst"), "nifti:"),
            (MemMappedNiftiFile("x.dscalar.nii"), "cifti:"),
            (MemMappedNiftiFile("x.mgh"), "mgh:"),
            (MemMappedNiftiFile("x.npy"), r"\.nii"),
            (MemMappedNiftiFile("x.nii", dtype="bool"), "uint8"),
            (NiftiFile("x.nii", dtype="flaot32"), "flaot32"),
            (NiftiFile("x.nii", dtype="U3"), "NIfTI holds"),
            (NiftiFile("x.nii", dtype="longdouble"), "NIfTI holds"),
            (NiftiFile("x.nii", header="bold.nii"), r"bold\.nii"),
            (NiftiFile("x.nii", affine="identity"), "identity"),
            (NiftiFile("x.nii", affine=np.eye(3)), "invertible"),
            (NiftiFile("x.nii", affine=np.zeros((4, 4))), "invertible"),
            (NiftiFile("x.nii", affine=np.full((4, 4), np.nan)), "invertible"),
        ],
        ids=lambda value: getattr(getattr(value, "filename", None), "name", ""),
    )
    def test_what_cannot_work_is_an_error_before_the_run(self, persister: NiftiFile, hint: str) -> None:
        with pytest.raises(SpecError, match=hint) as refusal:
            persister.check()
        assert refusal.value.spec is persister

    def test_what_works_passes(self) -> None:
        image = example("functional.nii")
        for persister in (
            NiftiFile("X.NII.GZ", header=image, dtype="i2", affine=EYE.tolist()),
            NiftiFile(filename="x.hdr", header=image.header, dtype=np.float16),
            MemMappedNiftiFile("x.nii", dtype="int64"),
        ):
            persister.check()
