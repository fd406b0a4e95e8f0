"""The example runs what it must, reuses the rest, says why, and its files hold the right numbers."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from attrs import frozen

EXAMPLES = Path(__file__).parents[1] / "examples"
SUBJECTS = ("sub-01", "sub-02")
STEPS = ("brain_mask", "smooth", "fit", "clusters")
ALL = {"design", *(f"{step} ({subject})" for step in STEPS for subject in SUBJECTS)}
LINE = re.compile(r"(ran|reused|failed) +[\d.]+ s  ([^:]+): (.*)")
FWHM, THRESHOLD = 6.0, 2.3


@frozen
class Printed:
    """What a run of the example printed: by label why it ran or was reused, and the last line."""

    ran: dict[str, str]
    reused: dict[str, str]
    last: str


class Analysis:
    """A copy of the example's code, and the folder that it works in."""

    def __init__(self, code: Path, out: Path) -> None:
        self.code = code
        self.out = out

    def run(self, *options: str) -> Printed:
        """Run the example in a process of its own, with warnings as errors."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKEIT_")}
        # Two edits of one second and of equal length would leave an old .pyc valid.
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        command = [sys.executable, "-W", "error", self.code / "first_level.py", "--out", self.out, *options]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=self.code, timeout=300)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        found: dict[str, dict[str, str]] = {"ran": {}, "reused": {}, "failed": {}}
        lines = done.stdout.splitlines()
        for match in filter(None, map(LINE.fullmatch, lines)):
            found[match[1]][match[2]] = match[3]
        assert not found["failed"]
        return Printed(found["ran"], found["reused"], lines[-1])

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that occurs once in a file of the code."""
        path = self.code / name
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def line_of(self, name: str, start: str) -> int:
        """Return the number of the one line that starts with a text."""
        lines = (self.code / name).read_text().splitlines()
        (number,) = [number for number, line in enumerate(lines, 1) if line.startswith(start)]
        return number

    def result(self, subject: str, name: str) -> Path:
        """Return the path of a result of one subject."""
        return self.out / "derivatives" / subject / "func" / f"{subject}_task-blocks_{name}"

    def raw(self, subject: str) -> Path:
        """Return the path of the raw image of one subject."""
        return self.out / "raw" / subject / "func" / f"{subject}_task-blocks_bold.nii"


def copied(code: Path, folder: Path) -> Analysis:
    """Return an analysis with a copy of the code, nothing run yet."""
    shutil.copytree(code, folder / "code", ignore=shutil.ignore_patterns("__pycache__"))
    return Analysis(folder / "code", folder / "out")


def labels(*steps: str) -> set[str]:
    """Return the labels of these steps for both subjects."""
    return {f"{step} ({subject})" for step in steps for subject in SUBJECTS}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """Return an analysis that was run once; it is for reading alone."""
    analysis = copied(EXAMPLES, tmp_path_factory.mktemp("first"))
    analysis.run()
    return analysis


@pytest.fixture
def analysis(first: Analysis, tmp_path: Path) -> Analysis:
    """Return a copy of an analysis that was run once, with its results."""
    shutil.copytree(first.out, tmp_path / "out")
    return copied(first.code, tmp_path)


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch):
    """Return the module of the example, to compute without makeit."""
    monkeypatch.syspath_prepend(EXAMPLES)
    for path in EXAMPLES.glob("*.py"):
        monkeypatch.delitem(sys.modules, path.stem, raising=False)
    before = set(sys.modules)
    yield importlib.import_module("first_level")
    for name in {path.stem for path in EXAMPLES.glob("*.py")} - before:
        sys.modules.pop(name, None)


def test_the_first_run_runs_all_and_the_second_reuses_all(tmp_path: Path) -> None:
    analysis = copied(EXAMPLES, tmp_path)
    one, two = analysis.run(), analysis.run()
    assert one.ran == dict.fromkeys(ALL, "never run")
    assert not one.reused
    assert two.reused == dict.fromkeys(ALL, "nothing changed")
    assert not two.ran
    assert re.fullmatch(r"9 ran, 0 reused, [\d.]+ s", one.last)
    assert re.fullmatch(r"0 ran, 9 reused, [\d.]+ s", two.last)


def test_two_analyses_write_the_same_bytes(first: Analysis, tmp_path: Path) -> None:
    other = copied(EXAMPLES, tmp_path)
    other.run()
    names = sorted(path.relative_to(first.out) for path in (first.out / "derivatives").rglob("*") if path.is_file())
    # The results, their sidecars, and what describes the dataset.
    assert len(names) == 11 + 8 + 3
    assert names == sorted(path.relative_to(other.out) for path in (other.out / "derivatives").rglob("*.*"))
    assert all((first.out / name).read_bytes() == (other.out / name).read_bytes() for name in names)


def test_a_project_that_was_copied_is_reused(analysis: Analysis) -> None:
    assert analysis.run().reused.keys() == ALL


def test_another_threshold_runs_the_clusters_alone(analysis: Analysis) -> None:
    printed = analysis.run("--threshold", "3")
    assert printed.ran == dict.fromkeys(labels("clusters"), "argument threshold 2.3 → 3.0")
    assert printed.reused.keys() == ALL - labels("clusters")


def test_another_width_runs_smoothing_and_what_depends_on_it(analysis: Analysis) -> None:
    printed = analysis.run("--fwhm", "8")
    assert printed.ran.keys() == labels("smooth", "fit", "clusters")
    assert printed.reused.keys() == {"design"} | labels("brain_mask")
    for subject in SUBJECTS:
        assert printed.ran[f"smooth ({subject})"] == "argument fwhm 6.0 → 8.0"
        assert printed.ran[f"fit ({subject})"].startswith("argument smoothed changed")
        assert printed.ran[f"clusters ({subject})"].startswith("argument z changed")
    assert analysis.run("--fwhm", "8").reused.keys() == ALL


def test_an_edited_helper_is_named_with_its_file_and_line(analysis: Analysis) -> None:
    analysis.edit("filters.py", 'mode="constant"', 'mode="nearest"')
    printed = analysis.run()
    because = f"helper gaussian changed (filters.py:{analysis.line_of('filters.py', 'def gaussian(')})"
    assert {label: printed.ran[label] for label in labels("smooth")} == dict.fromkeys(labels("smooth"), because)
    assert printed.ran.keys() == labels("smooth", "fit", "clusters")
    assert analysis.run().reused.keys() == ALL


def test_an_edited_helper_runs_its_callers_alone(analysis: Analysis) -> None:
    analysis.edit("filters.py", "round(float(x), 1)", "round(float(x), 3)")
    printed = analysis.run()
    because = f"helper millimetres changed (filters.py:{analysis.line_of('filters.py', 'def millimetres(')})"
    assert printed.ran == dict.fromkeys(labels("clusters"), because)


def test_an_edited_constant_of_another_file_is_named_with_its_values(analysis: Analysis) -> None:
    analysis.edit("glm.py", "BLOCK_S = 10.0", "BLOCK_S = 8.0")
    printed = analysis.run()
    assert printed.ran.keys() == {"design"} | labels("fit", "clusters")
    assert printed.ran["design"].startswith("constant BLOCK_S 10.0 → 8.0")
    assert printed.ran["fit (sub-01)"].startswith("argument regressors changed")


def test_an_equal_result_ends_the_chain(analysis: Analysis) -> None:
    analysis.edit("filters.py", "return mean > fraction * np.median(mean)", "return fraction * np.median(mean) < mean")
    printed = analysis.run()
    assert printed.ran.keys() == labels("brain_mask")


def test_comments_docstrings_and_blank_lines_run_nothing(analysis: Analysis) -> None:
    analysis.edit("filters.py", '    """Smooth one volume', '    """Smooth, as everybody does, one volume')
    analysis.edit("filters.py", "    sigma = [", "    # In voxels:\n\n    sigma = [")
    analysis.edit("first_level.py", "    maps = {}\n", "    maps = {}  # by name\n")
    assert analysis.run().reused == dict.fromkeys(ALL, "nothing changed")


def test_raw_images_count_by_content(analysis: Analysis) -> None:
    raw = analysis.raw("sub-02")
    raw.touch()
    assert analysis.run().reused.keys() == ALL
    image = nib.load(raw)
    nib.save(nib.Nifti1Image(image.get_fdata()[:, ::-1], image.affine, image.header), raw)
    printed = analysis.run()
    assert printed.ran.keys() == {f"{step} (sub-02)" for step in STEPS}
    assert printed.ran["brain_mask (sub-02)"].startswith("file bold changed")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_results_are_plain_images_in_the_space_of_the_raw_one(first: Analysis, subject: str) -> None:
    raw = nib.load(first.raw(subject))
    expected = {
        "desc-brain_mask.nii.gz": (np.uint8, (17, 21, 3), (4, 4, 8)),
        "desc-smooth_bold.nii": (np.float32, (17, 21, 3, 20), (4, 4, 8, 2)),
        "stat-effect_statmap.nii.gz": (np.float32, (17, 21, 3), (4, 4, 8)),
        "stat-z_statmap.nii.gz": (np.float32, (17, 21, 3), (4, 4, 8)),
    }
    for name, (dtype, shape, zooms) in expected.items():
        image = nib.load(first.result(subject, name))
        assert image.get_data_dtype() == dtype
        assert image.shape == shape
        assert image.header.get_zooms() == zooms
        assert image.header.get_xyzt_units() == raw.header.get_xyzt_units()
        assert (image.dataobj.slope, image.dataobj.inter) == (1, 0)
        np.testing.assert_array_equal(image.affine, raw.affine)
        np.testing.assert_array_equal(image.get_sform(coded=True)[1], raw.get_sform(coded=True)[1])


@pytest.mark.parametrize("subject", SUBJECTS)
def test_results_are_those_of_the_functions_without_makeit(first: Analysis, example, subject: str) -> None:
    raw = first.raw(subject)
    design = example.design.__wrapped__(20, 2.0)
    mask = example.brain_mask.__wrapped__(subject, raw)
    smoothed = example.smooth.__wrapped__(subject, raw, mask, FWHM)
    maps = example.fit.__wrapped__(subject, smoothed, mask, design)
    clusters = example.clusters.__wrapped__(subject, maps["z"], THRESHOLD)
    np.testing.assert_array_equal(np.load(first.out / "derivatives" / "task-blocks_design.npy"), design)
    stored = {
        "desc-brain_mask.nii.gz": mask,
        "desc-smooth_bold.nii": smoothed,
        "stat-effect_statmap.nii.gz": maps["effect"],
        "stat-z_statmap.nii.gz": maps["z"],
    }
    for name, image in stored.items():
        np.testing.assert_array_equal(nib.load(first.result(subject, name)).get_fdata(), image.get_fdata())
    assert json.loads(first.result(subject, "stat-z_clusters.json").read_text()) == clusters
    assert clusters


def test_the_effect_is_that_of_an_ordinary_least_squares_fit(first: Analysis) -> None:
    smoothed = nib.load(first.result("sub-01", "desc-smooth_bold.nii")).get_fdata()
    inside = nib.load(first.result("sub-01", "desc-brain_mask.nii.gz")).get_fdata() == 1
    design = np.load(first.out / "derivatives" / "task-blocks_design.npy")
    betas, *_ = np.linalg.lstsq(design, smoothed[inside].T, rcond=None)
    effect = nib.load(first.result("sub-01", "stat-effect_statmap.nii.gz")).get_fdata()
    np.testing.assert_allclose(effect[inside], betas[0], rtol=1e-5, atol=1e-5)
    assert not effect[~inside].any()
    assert 0 < (~inside).sum() < inside.sum()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_image_says_what_it_was_made_from(first: Analysis, subject: str) -> None:
    def said(name: str) -> dict:
        return json.loads(first.result(subject, name).read_text())

    own = f"bids::{subject}/func/{subject}_task-blocks_"
    raw = f"bids:raw:{subject}/func/{subject}_task-blocks_bold.nii"
    assert said("desc-brain_mask.json")["Sources"] == [raw]
    assert said("desc-smooth_bold.json")["Sources"] == [raw, f"{own}desc-brain_mask.nii.gz"]
    assert said("desc-smooth_bold.json")["RepetitionTime"] == 2.0
    assert said("desc-smooth_bold.json")["Makeit"]["Arguments"] == {"subject": repr(subject), "fwhm": "6.0"}
    for name in ("effect", "z"):
        assert said(f"stat-{name}_statmap.json")["Sources"] == [
            f"{own}desc-smooth_bold.nii",
            f"{own}desc-brain_mask.nii.gz",
            "bids::task-blocks_design.npy",
        ]
    described = json.loads((first.out / "derivatives" / "dataset_description.json").read_text())
    assert described["DatasetType"] == "derivative"
    assert described["DatasetLinks"] == {"raw": "../raw"}


def test_a_deleted_sidecar_is_written_again_and_nothing_runs(analysis: Analysis) -> None:
    sidecar = analysis.result("sub-01", "desc-brain_mask.json")
    before = sidecar.read_bytes()
    sidecar.unlink()
    assert analysis.run().reused == dict.fromkeys(ALL, "nothing changed")
    assert sidecar.read_bytes() == before
