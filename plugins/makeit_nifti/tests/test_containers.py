"""The containers: which file name stands for which, options that fit, and what is refused before the run."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.cifti2 import cifti2_axes
from nibabel.gifti import GiftiDataArray
from nibabel.testing import data_path

from makeit import Maker, PersistError, SpecError
from makeit_nifti import NiftiFile
from makeit_nifti.compression import zstd
from makeit_nifti.contents import describe
from makeit_nifti.suffixes import SUFFIXES, container_of, suffix_of

AFFINE = np.diag([2.0, 3, 4, 1])
needs_zstd = pytest.mark.skipif(zstd() is None, reason="needs makeit-nifti[zst]")


@pytest.fixture
def made(tmp_path: Path) -> Maker:
    """A maker with a folder of its own."""
    return Maker(root=tmp_path, cachedir=tmp_path / "cache")


def series() -> Any:
    """Return an image of CIFTI with 4 points in time for 3 vertices."""
    brain = cifti2_axes.BrainModelAxis.from_surface(np.arange(3), 10, "cortex_left")
    return nibabel.Cifti2Image(np.ones((4, 3), "f4"), header=(cifti2_axes.SeriesAxis(0, 2, 4), brain))


class TestNames:
    def test_entry_points_and_table_agree(self) -> None:
        points = importlib.metadata.distribution("makeit-nifti").entry_points
        assert {p.name: p.value for p in points if p.group == "makeit.suffixes"} == SUFFIXES
        names = {p.name for p in points if p.group == "makeit.persisters"}
        assert names == {*SUFFIXES.values(), "nifti-mmap"}

    def test_the_longest_suffix_decides(self) -> None:
        assert suffix_of("a/B.DScalar.nii") == ".dscalar.nii"
        assert suffix_of("a.dscalar.nii.gz") == ".nii.gz"
        assert container_of("x.gii").__name__ == "makeit_nifti.gifti"

    @pytest.mark.parametrize("name", ["x.img", "x.nii", "x.nii.gz", "x.mgz", "x.mgh"])
    def test_the_record_says_the_format(self, made: Maker, tmp_path: Path, name: str) -> None:
        function = made(output=name, name="f")(lambda: nibabel.Nifti1Image(np.ones((2, 2, 2), "f4"), AFFINE))
        if name.endswith(("mgz", "mgh")):
            function = made(output=name, name="m")(lambda: nibabel.MGHImage(np.ones((2, 2, 2), "f4"), AFFINE))
        assert type(function()) is type(function())
        expected = "mgh" if ".mg" in name else "nifti"
        assert function.record().outputs[0].format == expected

    @pytest.mark.parametrize(
        ("value", "format"),
        [
            (nibabel.GiftiImage(darrays=[GiftiDataArray(np.ones(3, "f4"))]), "gifti"),
            (series(), "cifti"),
            (nibabel.MGHImage(np.ones((2, 2, 2), "f4"), AFFINE), "mgh"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_a_result_without_a_file_name_keeps_its_class(self, made: Maker, value: Any, format: str) -> None:
        @made
        def kept() -> Any:
            return value

        assert type(kept()) is type(kept()) is type(value)
        assert kept.record().outputs[0].format == format
        assert kept.why().reuse


@needs_zstd
class TestZst:
    def test_bytes_repeat_and_nibabel_reads_them(self, tmp_path: Path) -> None:
        for name in ("x.nii.zst", "y.nii.zst"):
            NiftiFile(tmp_path / name, affine=AFFINE).save(np.arange(60.0).reshape(3, 4, 5))
        assert (tmp_path / "x.nii.zst").read_bytes() == (tmp_path / "y.nii.zst").read_bytes()
        assert np.array_equal(nibabel.load(tmp_path / "x.nii.zst").get_fdata(), np.arange(60.0).reshape(3, 4, 5))

    def test_every_damage_raises(self, tmp_path: Path) -> None:
        path = tmp_path / "x.nii.zst"
        NiftiFile(path, affine=AFFINE).save(np.random.default_rng(0).integers(0, 255, (9, 9, 9), "u1"))
        whole = path.read_bytes()
        for at in range(0, len(whole), 17):
            for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 64]) + whole[at + 1 :]):
                path.write_bytes(damaged)
                with pytest.raises((ValueError, OSError, EOFError)):
                    NiftiFile(path).load()

    def test_without_its_package_it_is_refused_before_the_run(self, tmp_path: Path) -> None:
        code = (
            "import sys\n"
            "sys.modules['backports.zstd'] = sys.modules['compression.zstd'] = None\n"
            "from makeit import SpecError, make\n"
            "@make(output='x.nii.zst')\n"
            "def f(): print('ran')\n"
            "try: f()\n"
            "except SpecError as error: print(error)\n"
        )
        found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "pip install 'makeit-nifti[zst]'" in found.stdout
        assert "ran" not in found.stdout.split()


class TestOptions:
    @pytest.mark.parametrize(
        ("persister", "hint"),
        [
            (NiftiFile("x.gii", affine=AFFINE), "affine="),
            (NiftiFile("x.gii", like="bold"), "like="),
            (NiftiFile("x.gii", dtype="complex64"), "GIFTI holds"),
            (NiftiFile("x.mgz", dtype="complex64"), "MGH holds"),
            (NiftiFile("x.dscalar.nii", dtype="complex64"), "CIFTI holds"),
            (NiftiFile("x.dscalar.nii", affine=AFFINE), "axes"),
            (NiftiFile("x.dscalar.nii", header=nibabel.Nifti1Header()), "Cifti2Header"),
            (NiftiFile("x.mgz", header=series()), "no affine"),
        ],
        ids=str,
    )
    def test_what_cannot_work_is_an_error_before_the_run(self, persister: NiftiFile, hint: str) -> None:
        with pytest.raises(SpecError, match=hint):
            persister.check()

    def test_time_and_place_go_from_nifti_to_mgh_and_back(self, tmp_path: Path) -> None:
        bold = nibabel.load(os.path.join(data_path, "functional.nii"))
        there = NiftiFile(tmp_path / "x.mgz", header=bold)
        there.save(np.ones(bold.shape, "f4"))
        image = nibabel.load(tmp_path / "x.mgz")
        assert np.allclose(image.affine, bold.affine, atol=1e-5)
        assert image.header["tr"] == 2000
        NiftiFile(tmp_path / "x.nii", header=image).save(np.ones(bold.shape))
        back = nibabel.load(tmp_path / "x.nii")
        assert np.allclose(back.affine, bold.affine, atol=1e-5)
        assert back.header.get_zooms()[3] == 2
        assert back.header.get_xyzt_units() == ("mm", "sec")

    def test_an_array_from_an_image_of_mgh_inherits_its_place(self, made: Maker, tmp_path: Path) -> None:
        function = made(output="mask.mgz", name="f")(lambda image: np.asanyarray(image.dataobj) > 0)
        function(nibabel.MGHImage(np.ones((2, 3, 4), "f4"), AFFINE))
        assert np.array_equal(nibabel.load(tmp_path / "mask.mgz").affine, AFFINE)

    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".mgh"])
    def test_a_header_of_integers_leaves_floats_alone(self, tmp_path: Path, suffix: str) -> None:
        bold = nibabel.load(os.path.join(data_path, "functional.nii"))
        data = np.resize(np.array([0, 0.5, np.nan, np.inf, -np.inf, -0.0, 1e30], "f4"), bold.shape)
        persister = NiftiFile(tmp_path / f"x{suffix}", header=bold.header)
        persister.notes = persister.save(data)
        assert persister.load().tobytes() == data.tobytes()

    def test_a_small_change_of_an_affine_is_written(self, tmp_path: Path) -> None:
        image = nibabel.Nifti1Image(np.ones((2, 2, 2), "f4"), np.diag([2.0, 2, 2, 1]))
        image.affine[0, 0] += 1e-5
        persister = NiftiFile(tmp_path / "x.nii")
        persister.notes = persister.save(image)
        assert np.array_equal(persister.load().affine, image.affine.astype("f4"))


class TestCiftiArrays:
    @pytest.mark.parametrize("like", ["argument", "template.dtseries.nii"])
    def test_like_gives_the_axes(self, made: Maker, tmp_path: Path, like: str) -> None:
        NiftiFile(tmp_path / "template.dtseries.nii").save(series())
        function = made(output=f"x.dtseries.nii?like={like}", name="f")(lambda argument: np.arange(12.0).reshape(4, 3))
        for _ in range(2):
            assert np.array_equal(function(series()), np.arange(12.0).reshape(4, 3))
        stored = nibabel.load(tmp_path / "x.dtseries.nii")
        assert describe(stored.header) == describe(series().header)
        assert stored.nifti_header.get_intent()[0] == "ConnDenseSeries"

    def test_without_axes_it_is_refused_with_its_value(self, made: Maker) -> None:
        value = np.ones((4, 3))
        with pytest.raises(PersistError, match="like=") as refusal:
            made(output="x.dtseries.nii", name="f")(lambda: value)()
        assert refusal.value.value is value

    def test_axes_of_another_shape_are_refused(self, made: Maker) -> None:
        with pytest.raises(PersistError, match=r"\(4, 3\)"):
            made(output="x.dtseries.nii?like=image", name="f")(lambda image: np.ones((3, 4)))(series())

    def test_like_of_what_has_no_axes_is_an_error_before_the_run(self, made: Maker) -> None:
        ran = []
        with pytest.raises(SpecError, match="no image of CIFTI"):
            made(output="x.dtseries.nii?like=a", name="f")(lambda a: ran.append(a))(1)
        assert not ran


class TestRefusals:
    def test_text_that_xml_changes(self, tmp_path: Path) -> None:
        for text in (" spaces ", "line\r\nend", "nul\0"):
            image = nibabel.GiftiImage(meta=nibabel.gifti.GiftiMetaData(name=text))
            with pytest.raises(PersistError, match="GIFTI"):
                NiftiFile(tmp_path / "x.gii").save(image)
            matrix = series()
            matrix.header.matrix.metadata = nibabel.cifti2.Cifti2MetaData({"name": text})
            with pytest.raises(PersistError, match="CIFTI"):
                NiftiFile(tmp_path / "x.dtseries.nii").save(matrix)
        assert not list(tmp_path.iterdir())

    def test_integers_fit_by_their_range(self, tmp_path: Path) -> None:
        for suffix in (".mgh", ".gii"):
            for value in (2**31, 2**32 - 1):
                with pytest.raises(PersistError, match="int32"):
                    NiftiFile(tmp_path / f"x{suffix}").save(np.full((2, 2, 2), value, "u4"))

    def test_a_surface_that_leaves_its_data_elsewhere_is_no_result(self) -> None:
        path = Path(nibabel.__file__).parent / "gifti" / "tests" / "data" / "external.gii"
        with pytest.raises(ValueError, match="External"):
            NiftiFile(path).load()

    @pytest.mark.parametrize("suffix", [".mgh", ".mgz"])
    def test_a_volume_without_its_whole_footer_raises(self, tmp_path: Path, suffix: str) -> None:
        persister = NiftiFile(tmp_path / f"x{suffix}", affine=AFFINE)
        persister.notes = persister.save(np.ones((2, 2, 2)))
        whole = persister.filename.read_bytes()
        for left in (1, 10, 20):
            persister.filename.write_bytes(whole[:-left])
            with pytest.raises((ValueError, EOFError)):
                persister.load()

    def test_notes_are_json(self, tmp_path: Path) -> None:
        persister = NiftiFile(tmp_path / "x.mgh", affine=AFFINE)
        json.dumps(persister.save(np.ones((2, 2, 2, 1))))
