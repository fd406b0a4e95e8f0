"""Where a project and its cachedir lie, and the names that records use for files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makeit import ForeignFileError, MakeitError, make
from makeit.store.project import LAYOUT, Project


@pytest.mark.parametrize("mark", [".makeit", "pyproject.toml", ".git"])
def test_the_nearest_folder_with_a_mark_is_the_root(mark: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = project / "a" / "b" / "c"
    inner.mkdir(parents=True)
    (project / "a" / mark).mkdir()
    monkeypatch.chdir(inner)
    assert Project.locate(None, None) == Project(str(project / "a"), str(project / "a" / ".makeit"))


def test_without_a_mark_the_working_folder_is_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "unmarked"
    here.mkdir()
    monkeypatch.chdir(here)
    if any((above / mark).exists() for above in here.parents for mark in (".makeit", "pyproject.toml", ".git")):
        pytest.skip("the folder of tests lies in a project")
    assert Project.locate(None, None).root == str(here)


def test_given_folders_and_the_environment_come_first(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEIT_CACHEDIR", "env/.makeit")
    assert Project.locate(None, None) == Project(str(project / "env"), str(project / "env" / ".makeit"))
    assert Project.locate("given", None) == Project(str(project), str(project / "given"))
    assert Project.locate("given", "root") == Project(str(project / "root"), str(project / "given"))
    monkeypatch.setenv("HOME", "/home/me")
    assert Project.locate("~/cache", "~/root") == Project("/home/me/root", "/home/me/cache")
    monkeypatch.setenv("MAKEIT_CACHEDIR", "")
    assert Project.locate(None, None).cachedir == str(project / ".makeit")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/place/a/b.npy", "a/b.npy"),
        ("/place/.makeit/results/f/x.pkl", "@cachedir/results/f/x.pkl"),
        ("/elsewhere/x.npy", "/elsewhere/x.npy"),
        ("/placeed/x.npy", "/placeed/x.npy"),
        ("/place/.makeitnot/x", ".makeitnot/x"),
    ],
)
def test_names_are_relative_inside_the_project_and_lead_back(path: str, name: str) -> None:
    project = Project("/place", "/place/.makeit")
    assert project.relative(path) == name
    assert project.absolute(name) == path


@given(st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_different_files_have_different_records(parts: list[str]) -> None:
    project = Project("/place", "/place/.makeit")
    path = os.path.normpath("/place/" + "/".join(parts))
    places = [project.mirror("records", item) for item in (path, path + "x", path + ".json", path + "/x", "/x" + path)]
    assert len(set(places)) == 5
    for place in places:
        assert os.path.normpath(place).startswith("/place/.makeit/records/")
        assert all(len(os.fsencode(part)) <= 240 for part in place.split("/"))


def test_a_record_is_never_in_the_way_of_another(project: Path) -> None:
    # the record of x is x.json, and x.json may be a folder with outputs of its own
    def f(name: str) -> str:
        return name

    one = make(func=f, output="text:out/{name}", name="one")
    two = make(func=f, output="text:out/{name}.json/{name}", name="two")
    three = make(func=f, output="text:out/{name}.json@/{name}", name="three")
    for made in (one, two, three, one, two, three):
        assert made("x") == "x"
    assert all(made.why("x").reuse for made in (one, two, three))


@pytest.mark.parametrize(
    "folder", ["cache-results", "cache/results.d", "cacheresults", "cache/records", "cache/resultsx"]
)
def test_a_named_file_beside_the_results_in_the_cachedir_is_the_users(folder: str, project: Path) -> None:
    def f(x: int) -> str:
        return str(x)

    made = make(func=f, cachedir="cache", output=f"text:{folder}/{{x}}.txt")
    for x in (1, 2):
        made(x)
    assert sorted(path.name for path in (project / folder).rglob("*.txt")) == ["1.txt", "2.txt"]
    (project / folder / "1.txt").write_text("mine")
    with pytest.raises(ForeignFileError):
        made(1)
    where = Project(str(project), str(project / "cache"))
    assert where.is_kept(str(project / "cache" / "results" / "f" / "x"))
    assert not where.is_kept(str(project / folder / "1.txt"))


@pytest.mark.parametrize("name", ["0a1b", "0a1b.pkl", "0a1b-1.nii.gz", "0a1b/value.json", "0a1b-2.parts/0/1"])
def test_the_files_of_a_kept_result_lead_to_its_record(name: str, project: Path) -> None:
    where = Project(str(project), str(project / "cache"))
    assert where.kept_anchor(f"{where.results}/steps.f/{name}") == f"{where.results}/steps.f/0a1b"


def test_long_names_work(project: Path) -> None:
    def f(name: str) -> str:
        return name

    made = make(func=f, output="text:{name}/{name}")
    name = "n" * 250
    assert made(name) == made(name) == name
    assert made.why(name).reuse
    kept = make(func=f, name="f" * 300)
    assert kept(name) == kept(name) == name


def test_a_new_cachedir_explains_itself_and_stays_out_of_git_and_backups(project: Path) -> None:
    make(func=len, name="f")([1])
    folder = project / ".makeit"
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (folder / ".gitignore").read_text() == "*\n"
    assert "makeit" in (folder / "README").read_text()
    assert (folder / "layout").read_text().strip() == LAYOUT


def test_decorating_makes_no_folder(project: Path) -> None:
    make(func=len, name="f", output="out/x.json")
    assert os.listdir(project) == ["pyproject.toml"]


def test_the_cachedir_can_be_deleted_at_any_time(project: Path) -> None:
    import shutil

    made = make(func=len, name="f")
    for _ in range(2):
        assert made([1]) == 1
        shutil.rmtree(project / ".makeit")
    assert made([1]) == 1
    assert made.why([1]).reuse


def test_a_cachedir_of_a_newer_layout_is_refused_before_the_run(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".makeit").mkdir()
    (project / ".makeit" / "layout").write_text("99\n")

    def f() -> None:
        print("Running")

    for _ in range(2):
        with pytest.raises(MakeitError, match=r"layout '99', this makeit knows '1'; upgrade makeit-core"):
            make(func=f)()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"\0\0", b"\n"])
def test_a_layout_note_that_a_crash_emptied_is_no_newer_layout(project: Path, content: bytes) -> None:
    (project / ".makeit").mkdir()
    (project / ".makeit" / "layout").write_bytes(content)
    made = make(func=len, name="f")
    assert made([1]) == made([1]) == 1
