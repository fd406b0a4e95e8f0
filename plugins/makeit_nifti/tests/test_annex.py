"""Images under git-annex, as DataLad keeps them: links to read-only objects, whose content may be elsewhere."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from makeit import ArgumentError, CacheWarning, File, ForeignFileError, make

OUTPUT = Path("sub-01/mask.nii.gz")
Facts = tuple[bytes, int, int, int]


class Annex:
    """The layout of git-annex: objects of mode 0444 in folders of mode 0555, and relative links to them."""

    objects = Path(".git/annex/objects")

    def add(self, path: Path) -> Path:
        """Turn a file into a link to an object; return the object."""
        content = path.read_bytes()
        key = f"MD5E-s{len(content)}--{hashlib.md5(content).hexdigest()}{''.join(path.suffixes)}"
        target = self.objects / "xx" / "yy" / key / key
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            path.unlink()
        else:
            path.rename(target)
            target.chmod(0o444)
            target.parent.chmod(0o555)
        path.symlink_to(os.path.relpath(target, path.parent))
        return target

    def drop(self, path: Path) -> None:
        """Remove the content behind a link."""
        target = Path(os.path.realpath(path))
        target.parent.chmod(0o755)
        target.unlink()
        target.parent.rmdir()
        assert path.is_symlink()
        assert not path.exists()


class RealAnnex(Annex):
    """git-annex itself."""

    def __init__(self) -> None:
        self._run("init", "-q")
        for name, value in (("user.email", "a@example.org"), ("user.name", "A")):
            self._run("config", name, value)
        self._run("annex", "init", "-q")

    def _run(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], check=True, capture_output=True)

    def add(self, path: Path) -> Path:
        self._run("annex", "add", "-q", "--force-large", str(path))
        self._run("commit", "-q", "-m", "saved", str(path))
        return Path(os.path.realpath(path))

    def drop(self, path: Path) -> None:
        self._run("annex", "drop", "-q", "--force", str(path))
        assert path.is_symlink()
        assert not path.exists()


@pytest.fixture(params=["layout", "git-annex"])
def annex(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Annex]:
    """Work in a project with a raw image, under git-annex or the same layout made by hand."""
    if request.param == "git-annex" and not shutil.which("git-annex"):
        pytest.skip("NO git-annex ON THIS MACHINE: only the layout that it makes is tested")
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    monkeypatch.chdir(project)
    nib.save(image(7), "raw.nii")
    yield RealAnnex() if request.param == "git-annex" else Annex()
    for path in project.rglob("*"):  # or else nobody but root could remove the folder
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def image(value: float) -> Any:
    return nib.Nifti1Image(np.full((3, 4, 5), value, "f4"), np.eye(4))


def noted() -> list[str]:
    path = Path("runs.txt")
    return path.read_text().split() if path.exists() else []


def masked(**options: Any) -> Any:
    def mask(bold: File, value: float = 1.0) -> Any:
        with open("runs.txt", "a") as file:
            file.write(f"{value}\n")
        return image(value)

    return make(func=mask, name="mask", output=f"nifti:{OUTPUT}", **options)


def facts(path: Path) -> Facts:
    found = path.stat()
    return path.read_bytes(), stat.S_IMODE(found.st_mode), found.st_mtime_ns, found.st_nlink


def test_e2_an_output_that_was_saved_in_the_annex_is_reused(annex: Annex) -> None:
    mask = masked(strict=True)
    mask("raw.nii")
    target = annex.add(OUTPUT)
    before = facts(target)
    assert mask.why("raw.nii").reuse
    assert mask("raw.nii").get_fdata().max() == 1
    assert OUTPUT.is_symlink()
    assert facts(target) == before
    assert noted() == ["1.0"]
    assert before[1] == 0o444


@pytest.mark.parametrize("folder_mode", [0o555, 0o755])
def test_e6_a_run_replaces_the_link_and_leaves_the_object(annex: Annex, folder_mode: int) -> None:
    mask = masked()
    mask("raw.nii")
    target = annex.add(OUTPUT)
    target.parent.chmod(folder_mode)
    before = facts(target)
    mask("raw.nii", 2.0)
    assert not OUTPUT.is_symlink()
    assert nib.load(OUTPUT).get_fdata().max() == 2
    assert facts(target) == before
    assert OUTPUT.stat().st_mode & stat.S_IWUSR


def test_an_adopted_link_is_a_result_and_is_never_written_through(annex: Annex) -> None:
    OUTPUT.parent.mkdir()
    nib.save(image(5), OUTPUT)
    target = annex.add(OUTPUT)
    before = facts(target)
    with pytest.raises(ForeignFileError, match="was not written by makeit"):
        masked()("raw.nii")
    assert np.max(masked(foreign="adopt")("raw.nii")) == 5
    assert OUTPUT.is_symlink()
    with pytest.raises(ForeignFileError, match="was adopted"):
        masked()("raw.nii", 2.0)
    assert masked(foreign="replace")("raw.nii", 2.0).get_fdata().max() == 2
    assert not OUTPUT.is_symlink()
    assert facts(target) == before
    assert noted() == ["2.0"]


def test_c10_an_input_counts_by_content_whether_link_or_file(annex: Annex) -> None:
    mask = masked()
    mask("raw.nii")
    annex.add(Path("raw.nii"))
    mask("raw.nii")
    assert noted() == ["1.0"]
    Path("raw.nii").unlink()
    nib.save(image(8), "raw.nii")
    annex.add(Path("raw.nii"))
    assert mask.why("raw.nii").reasons[0].subject == "bold"
    mask("raw.nii")
    assert noted() == ["1.0", "1.0"]


def test_an_input_whose_content_is_not_here_says_how_to_get_it(annex: Annex) -> None:
    annex.add(Path("raw.nii"))
    annex.drop(Path("raw.nii"))
    with pytest.raises(ArgumentError, match=r"argument bold .*`datalad get` or `git annex get`"):
        masked()("raw.nii")
    like = make(func=lambda: np.ones((3, 4, 5)), name="like", output="nifti:like.nii?like=raw.nii")
    with pytest.raises(ArgumentError, match="`datalad get` or `git annex get`"):
        like()
    read = make(func=lambda path: nib.load(path), name="read", output="nifti:read.nii")
    with pytest.raises(ArgumentError, match=r"argument path .*`datalad get` or `git annex get`"):
        read(Path("raw.nii"))
    assert noted() == []


@pytest.mark.parametrize("own", [True, False])
def test_e3_an_output_whose_content_is_not_here_is_not_replaced(annex: Annex, own: bool) -> None:
    if own:
        masked()("raw.nii")
    else:
        OUTPUT.parent.mkdir()
        nib.save(image(5), OUTPUT)
    annex.add(OUTPUT)
    annex.drop(OUTPUT)
    link, before = os.readlink(OUTPUT), noted()
    for options in ({}, {"foreign": "adopt"}):
        with pytest.raises(
            ForeignFileError, match=r"whose content is not here \(fetch it with `datalad get`"
        ) as caught:
            masked(**options)("raw.nii")
        assert "adopt" not in str(caught.value)
    assert os.readlink(OUTPUT) == link
    assert noted() == before
    assert masked(foreign="replace")("raw.nii").get_fdata().max() == 1
    assert not OUTPUT.is_symlink()


def test_an_output_whose_content_was_fetched_again_is_reused(annex: Annex) -> None:
    mask = masked()
    mask("raw.nii")
    content = OUTPUT.read_bytes()
    target = annex.add(OUTPUT)
    annex.drop(OUTPUT)
    with pytest.raises(ForeignFileError):
        mask("raw.nii")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    mask("raw.nii")
    assert noted() == ["1.0"]


def test_an_earlier_result_in_the_annex_comes_back_as_a_file_of_its_own(annex: Annex) -> None:
    mask = masked(keep=3)
    mask("raw.nii")
    target = annex.add(OUTPUT)
    before = facts(target)
    mask("raw.nii", 2.0)
    assert mask.why("raw.nii").reuse
    assert mask("raw.nii").get_fdata().max() == 1
    assert noted() == ["1.0", "2.0"]
    assert not OUTPUT.is_symlink()
    assert facts(target) == before  # not so much as a second name for it


def test_a_sidecar_in_the_annex_keeps_what_a_user_wrote(annex: Annex) -> None:
    def mean(value: float) -> Any:
        return image(value)

    made = make(func=mean, name="mean", output="nifti:mean.nii?sidecar=bids")
    made(1.0)
    path = Path("mean.json")
    path.write_text(path.read_text().replace("{", '{\n  "SkullStripped": true,', 1))
    target = annex.add(path)
    before = facts(target)
    made(1.0)
    assert path.is_symlink()
    made(2.0)
    assert not path.is_symlink()
    assert '"SkullStripped": true' in path.read_text()
    assert facts(target) == before
    annex.add(path)
    annex.drop(path)
    with pytest.warns(CacheWarning, match="`datalad get`"):
        assert made(3.0).get_fdata().max() == 3
    assert path.is_symlink()
