"""Pickles that somebody else could have written, and links in the place of outputs and of the cachedir."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, ForeignFileError, MakeitError, make
from makeit.identity.digest import digest_file
from makeit.store.sealing import opened, seal

SOMEBODY = 54321
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")


class Bomb:
    """What leaves a mark when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("exploded",)


def function(x: int) -> tuple[int]:
    print("Running")
    return (x,)


def functions() -> dict[str, Any]:
    return {
        "named": make(func=function, name="named", output="pickle:out/x.pkl"),
        "kept": make(func=function, name="kept"),
        "in the cachedir": make(func=function, name="inside", output="pickle:@cachedir/own/x.pkl"),
    }


def exchange(project: Path, *, believed: bool) -> Path:
    """Put a pickle that would be noticed in the place of the only result; `believed`: the record knows it so."""
    (path,) = project.rglob("*.pkl")
    path.write_bytes(pickle.dumps(Bomb()))
    if believed:
        (place,) = project.glob(".makeit/records/**/*.json")
        body, found = json.loads(opened(place.read_bytes())), path.stat()
        body["outputs"][0]["files"][0].update(
            size=found.st_size,
            mtime_ns=found.st_mtime_ns,
            ctime_ns=found.st_ctime_ns,
            inode=found.st_ino,
            digest=digest_file(path),
        )
        place.write_bytes(seal(body))
    return path


UNTRUSTED = {
    "a file that everybody can write": (lambda path: path.chmod(0o666), "chmod o-w"),
    "a folder that everybody can write": (lambda path: path.parent.chmod(0o777), "chmod o-w"),
    "a file of somebody else": (lambda path: os.chown(path, SOMEBODY, -1), "chown"),
    "a folder of somebody else": (lambda path: os.chown(path.parent, SOMEBODY, -1), "chown"),
}
CASES = [pytest.param(case, marks=[as_root] if "somebody" in case else []) for case in UNTRUSTED]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["named", "kept", "in the cachedir"])
def test_a_pickle_that_others_could_have_written_is_not_loaded(
    case: str, kind: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    functions()[kind](1)
    path = exchange(project, believed=True)
    spoil, fix = UNTRUSTED[case]
    spoil(path)
    made = functions()[kind]
    with pytest.warns(CacheWarning, match=f"somebody else's code: .*{fix}"):
        assert made(1) == (1,)
    assert not (project / "exploded").exists()
    assert capsys.readouterr().out == "Running\n" * 2


@pytest.mark.parametrize("case", CASES)
def test_a_pickle_that_others_could_have_written_is_not_adopted(case: str, project: Path) -> None:
    path = project / "out" / "x.pkl"
    path.parent.mkdir()
    path.write_bytes(pickle.dumps(Bomb()))
    spoil, fix = UNTRUSTED[case]
    spoil(path)
    made = functions()["named"]
    with pytest.raises(MakeitError, match=fix):
        made.adopt(1)
    with pytest.raises(MakeitError, match=fix):
        make(func=function, name="named", output="pickle:out/x.pkl", foreign="adopt")(1)
    assert not (project / "exploded").exists()


@pytest.mark.parametrize("kind", ["named", "kept", "in the cachedir"])
def test_a_pickle_whose_digest_is_another_is_not_loaded_whatever_its_stamp(kind: str, project: Path) -> None:
    functions()[kind](1)
    (path,) = project.rglob("*.pkl")
    old = digest_file(path)
    exchange(project, believed=True)
    (place,) = project.glob(".makeit/records/**/*.json")
    body = json.loads(opened(place.read_bytes()))
    body["outputs"][0]["files"][0]["digest"] = old
    place.write_bytes(seal(body))
    os.utime(place, ns=(2**61, 2**61))  # long after the file: its stamp would vouch for it
    assert not functions()[kind].why(1).reuse
    assert functions()[kind](1) == (1,)
    assert not (project / "exploded").exists()


def test_what_is_in_a_shared_folder_with_the_sticky_bit_is_trusted(project: Path) -> None:
    made = functions()["named"]
    made(1)
    (project / "out").chmod(0o1777)
    assert functions()["named"].why(1).reuse
    assert functions()["named"](1) == (1,)


@as_root
def test_a_cachedir_of_somebody_else_is_not_unpickled_from(project: Path) -> None:
    functions()["kept"](1)
    exchange(project, believed=True)
    for path in [project / ".makeit", *(project / ".makeit").rglob("*")]:
        os.chown(path, SOMEBODY, SOMEBODY)
    with pytest.warns(CacheWarning, match="belongs to another user"):
        assert functions()["kept"](1) == (1,)
    assert not (project / "exploded").exists()


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    path = tmp_path / "theirs" / "precious.json"
    path.parent.mkdir()
    path.write_text("[0]")
    return path


def named(**options: Any) -> Any:
    return make(func=lambda x: [x], name="f", output="json:out/x.json", **options)


@pytest.mark.parametrize("aim", ["precious.json", "no-such-file", "."])
@pytest.mark.parametrize("foreign", ["refuse", "replace"])
def test_E6_a_link_at_an_output_is_never_written_through(aim: str, foreign: Any, theirs: Path, project: Path) -> None:
    (project / "out").mkdir()
    link = project / "out" / "x.json"
    link.symlink_to(theirs.parent / aim)
    made = named(foreign=foreign)
    if foreign == "replace" and aim != ".":
        assert made(1) == made(1) == [1]
        assert json.loads(link.read_text()) == [1]
        assert not link.is_symlink()
    else:
        with pytest.raises(ForeignFileError):
            made(1)
        assert os.readlink(link) == os.fspath(theirs.parent / aim)
    assert theirs.read_text() == "[0]"
    assert os.listdir(theirs.parent) == ["precious.json"]


def test_E6_a_link_that_takes_the_place_of_a_result_is_replaced(theirs: Path, project: Path) -> None:
    made = named(keep=2)
    made(1)
    link = project / "out" / "x.json"
    theirs.write_bytes(link.read_bytes())
    link.unlink()
    link.symlink_to(theirs)
    assert made(1) == [1]  # the content is the same, wherever it lies
    assert made(2) == [2]
    assert not link.is_symlink()
    assert json.loads(theirs.read_text()) == [1]
    assert made(1) == [1]
    assert json.loads(link.read_text()) == [1]
    assert json.loads(theirs.read_text()) == [1]


def test_a_link_that_leads_to_itself_at_an_output_gives_the_value(project: Path) -> None:
    (project / "out").mkdir()
    link = project / "out" / "x.json"
    link.symlink_to(link)
    with pytest.warns(CacheWarning, match="was not kept"):
        assert named()(1) == [1]
    assert link.is_symlink()


def test_a_folder_of_outputs_may_be_a_link(theirs: Path, project: Path) -> None:
    (project / "out").symlink_to(theirs.parent, target_is_directory=True)
    made = named()
    assert made(1) == made(1) == [1]
    assert json.loads((theirs.parent / "x.json").read_text()) == [1]
    assert sorted(os.listdir(theirs.parent)) == ["precious.json", "x.json"]
    (project / "out").unlink()
    assert not made.why(1).reuse
    assert made(2) == [2]
    assert json.loads((theirs.parent / "x.json").read_text()) == [1]


def test_E2_a_folder_of_outputs_that_moved_behind_a_link_is_reused(theirs: Path, project: Path) -> None:
    made = named()
    made(1)
    (project / "out").rename(theirs.parent / "moved")
    (project / "out").symlink_to(theirs.parent / "moved", target_is_directory=True)
    assert made.why(1).reuse


@pytest.mark.parametrize("part", ["", "records", "results", "code", "locks", "files"])
def test_a_cachedir_or_a_part_of_it_may_be_a_link(part: str, theirs: Path, project: Path) -> None:
    place = project / ".makeit" / part
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(theirs.parent, target_is_directory=True)
    kept = make(func=lambda x: (x,), name="kept", keep=1)
    for x in (1, 1, 2, 2):
        assert (kept(x), named()(x)) == ((x,), [x])
    assert kept.why(2).reuse
    assert named().why(2).reuse
    assert place.is_symlink()
    assert theirs.read_text() == "[0]"
    assert kept.forget(2)
    assert theirs.read_text() == "[0]"
