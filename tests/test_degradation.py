"""Law: trouble around a call, with the disk or what lies on it, is a warning, and the value is right.

A link that points to itself is a file that is there and cannot be read, for every user.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, File, MakeitError, Maker, Persister, PersistError


def _put_out_of_reach(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def _record(project: Path, name: str) -> Path:
    return project / f".makeit/records/{name}.json"


def test_a_record_out_of_reach_leaves_the_file_as_it_is(project: Path) -> None:
    f = Maker()(lambda x: [x], output="json:a.json", name="f")
    f(1)
    before = (project / "a.json").read_bytes()
    _put_out_of_reach(_record(project, "a.json"))
    with pytest.warns(CacheWarning, match=r"right but was not kept: .*a\.json cannot be looked at"):
        assert f(2) == [2]
    assert (project / "a.json").read_bytes() == before


def test_a_record_that_comes_back_while_the_function_runs_is_no_trouble(project: Path) -> None:
    def repair(x: int) -> list[int]:
        record = _record(Path.cwd(), "a.json")
        if record.is_symlink():
            Path("kept").replace(record)
        return [x]

    f = Maker()(repair, output="json:a.json", name="f")
    f(1)
    record = _record(project, "a.json")
    record.rename(project / "kept")
    _put_out_of_reach(record)
    assert f(2) == [2]
    assert (project / "a.json").read_text() == "[\n  2\n]\n"


def test_a_persons_file_beside_a_record_out_of_reach_is_not_overwritten(project: Path) -> None:
    f = Maker()(lambda x: [x], output="json:a.json", name="f")
    f(1)
    (project / "a.json").write_text("mine")
    _put_out_of_reach(_record(project, "a.json"))
    with pytest.warns(CacheWarning, match="cannot be looked at"):
        assert f(1) == [1]
    assert (project / "a.json").read_text() == "mine"


def test_a_note_of_intent_out_of_reach_leaves_the_file_as_it_is(project: Path) -> None:
    f = Maker()(lambda x: [x], output="json:a.json", name="f")
    f(1)
    before = (project / "a.json").read_bytes()
    _put_out_of_reach(project / ".makeit/records/a.json.intent")
    with pytest.warns(CacheWarning, match="cannot be looked at"):
        assert f(2) == [2]
    assert (project / "a.json").read_bytes() == before


def test_an_output_out_of_reach_is_a_run(project: Path) -> None:
    f = Maker()(lambda x: [x], output="json:a.json", name="f")
    f(1)
    _put_out_of_reach(project / "a.json")
    with pytest.warns(CacheWarning, match="right but was not kept"):
        assert f(1) == [1]
    assert (project / "a.json").is_symlink()


def test_an_input_file_out_of_reach_is_a_run_that_is_not_reused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def typed(path: File) -> int:
        print("run")
        return 3

    def untyped(path: Path) -> int:
        print("run")
        return 3

    _put_out_of_reach(project / "in.bin")
    for function in (typed, untyped):
        f = Maker()(function, output=f"json:{function.__name__}.json")
        for _ in range(2):
            with pytest.warns(CacheWarning, match="argument path names a file that cannot be read, so the call runs"):
                assert f(project / "in.bin") == 3
    assert capsys.readouterr().out.split() == ["run"] * 4


def test_a_captured_file_out_of_reach_is_a_run_that_is_not_reused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = project / "in.bin"

    def length() -> int:
        print("run")
        return len(source.name)

    f = Maker()(length, output="json:a.json")
    _put_out_of_reach(source)
    for _ in range(2):
        with pytest.warns(CacheWarning, match="a file that the code names cannot be read, so the call runs"):
            assert f() == 6
    assert capsys.readouterr().out.split() == ["run"] * 2


class Forgetful(Persister):
    """Save texts, and fail to read as many times as `failures` says."""

    failures: list[Exception]

    def save(self, data: Any) -> None:
        self.filename.write_text(data)

    def load(self) -> Any:
        if self.failures:
            raise self.failures.pop()
        return self.filename.read_text()


def _forgetful(*failures: Exception) -> Forgetful:
    found = Forgetful("a.txt")
    found.failures = list(failures)
    return found


def test_a_saved_file_that_cannot_be_read_back_is_a_warning(project: Path) -> None:
    stale = OSError(errno.ESTALE, os.strerror(errno.ESTALE))
    f = Maker()(lambda: "text", output=_forgetful(stale, stale), name="f")
    with pytest.warns(CacheWarning, match="right but was not kept: .*Stale file handle"):
        assert f() == "text"
    assert not (project / "a.txt").exists()


@pytest.mark.parametrize("trouble", [OSError(errno.EIO, "glitch"), ValueError("not a text of this format")])
def test_a_reader_that_fails_once_has_a_second_try(project: Path, trouble: Exception) -> None:
    f = Maker()(lambda: "text", output=_forgetful(trouble), name="f")
    assert f() == "text"
    assert (project / "a.txt").read_text() == "text"


def test_E9_a_reader_that_cannot_read_a_sound_file_is_an_error_with_the_value() -> None:
    f = Maker()(lambda: "text", output=_forgetful(ValueError("no"), ValueError("no")), name="f")
    with pytest.raises(PersistError, match="saved this str but cannot load it again: ValueError: no") as caught:
        f()
    assert caught.value.value == "text"


def test_a_file_is_adopted_where_no_record_can_be_kept(project: Path) -> None:
    (project / "a.json").write_text("[1]")
    (project / "file").touch()
    f = Maker(cachedir=project / "file")(lambda x: [x], output="json:a.json", name="f", foreign="adopt")
    with pytest.warns(CacheWarning, match="was adopted, but no record of that was kept"):
        assert f(1) == [1]


def test_a_file_that_cannot_be_loaded_is_not_adopted(project: Path) -> None:
    (project / "a.json").write_text("[1")
    f = Maker()(lambda x: [x], output="json:a.json", name="f", foreign="adopt")
    with pytest.raises(MakeitError, match="is not adopted, because it cannot be loaded: JSONDecodeError"):
        f(1)
    assert (project / "a.json").read_text() == "[1"
