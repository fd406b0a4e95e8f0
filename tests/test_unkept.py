"""The laws E8, E9, E11: what cannot be kept is refused before the run, or its value is not lost; no error is kept."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, Persister, PersistError, PluginError, SpecError, UnwritableError, make
from tests.printed import lines, printing

Printed = pytest.CaptureFixture[str]


def test_C14_a_deep_result_is_an_error_that_keeps_the_value() -> None:
    @make
    def f() -> Any:
        nested: list[Any] = []
        for _ in range(10_000):
            nested = [nested]
        return nested

    with pytest.raises(PersistError, match="pickle cannot hold this list") as caught:
        f()
    assert len(caught.value.value) == 1


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("nosuchformat:x.dat", PluginError),
        ("x.nosuchsuffix", PluginError),
        ("s3://bucket/x.txt", SpecError),
        ("text:x.txt?colour=red", SpecError),
        ("text:{y}.txt", ValueError),
        ("text:{x", ValueError),
        (("text:a.txt", "text:./a.txt"), SpecError),
        ("text:file/x.txt", UnwritableError),
        ("text:caf\udce9.txt", SpecError),
    ],
)
def test_E8_what_cannot_work_is_an_error_before_the_run(
    output: Any, error: type[Exception], capsys: Printed, project: Path
) -> None:
    (project / "file").touch()
    with pytest.raises(error):
        make(func=printing, output=output)(1)
    assert lines(capsys) == []
    assert sorted(os.listdir(project)) == ["file", "pyproject.toml"]


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written to, not even by root."""
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK) and subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", folder]).returncode:
        pytest.skip("root may write everywhere, and may not mount here")
    yield folder
    if os.path.ismount(folder):
        subprocess.run(["umount", folder], check=True)
    folder.chmod(0o755)


def test_E8_an_unwritable_folder_is_an_error_before_the_run(locked: Path, capsys: Printed) -> None:
    made = make(func=printing, output=f"text:{locked}/deeper/x.txt")
    with pytest.raises(UnwritableError, match="not writable") as caught:
        made(1)
    assert caught.value.path == locked / "deeper" / "x.txt"
    assert isinstance(caught.value, PermissionError)
    assert lines(capsys) == []


def test_a_cachedir_that_cannot_be_written_to_gives_the_value_and_a_warning(locked: Path, capsys: Printed) -> None:
    made = make(func=printing, cachedir=locked / "cache")
    with pytest.warns(CacheWarning, match="is right but was not kept"):
        assert made(1) == "1"
    assert lines(capsys) == ["Running"]


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 200 KB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", folder], capture_output=True).returncode:
        pytest.skip("cannot mount here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_gives_the_value_and_a_warning_and_the_old_file_stays(tiny: Path) -> None:
    @make(output=f"text:{tiny}/out.txt")
    def f(n: int) -> str:
        return "x" * n

    f(1000)
    with pytest.warns(CacheWarning, match="is right but was not kept.*No space left"):
        assert f(1_000_000) == "x" * 1_000_000
    assert (tiny / "out.txt").read_text() == "x" * 1000
    assert os.listdir(tiny) == ["out.txt"]
    assert f.why(1000).reuse


def test_a_full_disk_under_the_cachedir_gives_the_value_and_a_warning(tiny: Path) -> None:
    @make(cachedir=tiny / "cache")
    def f(n: int) -> str:
        return "x" * n

    f(1000)
    with pytest.warns(CacheWarning, match="is right but was not kept.*No space left"):
        assert f(1_000_000) == "x" * 1_000_000
    assert f(1000) == "x" * 1000


@pytest.mark.parametrize(
    ("output", "value", "holds"),
    [
        ("json:x.json", (1, 2), "dict with str keys"),
        ("json:x.json", {"a": {1: 2}}, "int key"),
        ("json:x.json", float("nan"), "finite"),
        ("text:x.txt", 3, "text holds a str"),
        ("pickle:x.pkl", lambda: 1, "pickle cannot hold"),
        (("json:x.json", None), [1, 2], "describes a tuple of 2"),
        ({"a": None}, {"b": 1}, "has the keys"),
        (("json:x.json", 5), (1, 6), "is the constant 5"),
        (("json:x.json", 5), (1, 5.0), "is the constant 5"),
    ],
)
def test_E9_a_value_that_cannot_be_held_is_in_the_exception(output: Any, value: Any, holds: str) -> None:
    def f() -> Any:
        return value

    with pytest.raises(PersistError, match=holds) as caught:
        make(func=f, output=output, name="f")()
    assert caught.value.value is value
    assert not os.path.exists("x.json")
    assert not os.path.exists("x.pkl")


def test_E9_the_old_file_and_its_record_survive_a_value_that_cannot_be_held(capsys: Printed) -> None:
    @make(output="json:x.json")
    def f(x: int) -> Any:
        print("Running")
        return {x} if x == 2 else [x]

    f(1)
    with pytest.raises(PersistError) as caught:
        f(2)
    assert caught.value.value == {2}
    assert f(1) == [1]
    assert lines(capsys) == ["Running"] * 2


class Broken(Persister):
    """A persister that fails in a chosen way."""

    def __init__(self, filename: str, fault: str) -> None:
        self.filename = Path(filename)
        self.fault = fault

    def save(self, data: Any) -> dict[str, Any] | None:
        if self.fault == "save":
            raise RuntimeError("no luck")
        if self.fault == "name":
            self.filename.with_suffix(".other").write_text("x")
            return None
        if self.fault == "more":
            self.filename.with_suffix(".other").write_text("x")
        self.filename.write_text("x")
        return {"x": object()} if self.fault == "notes" else None

    def load(self) -> Any:
        raise RuntimeError("cannot read")


@pytest.mark.parametrize("fault", ["save", "name", "more", "notes", "load"])
def test_E9_a_broken_persister_loses_no_value_and_leaves_no_litter(fault: str, project: Path) -> None:
    def f() -> list[int]:
        return [1, 2, 3]

    with pytest.raises(PersistError, match="Broken") as caught:
        make(func=f, output=Broken("out/x.b", fault))()
    assert caught.value.value == [1, 2, 3]
    assert os.listdir("out") == []


@pytest.mark.parametrize("kind", [KeyError, StopIteration, GeneratorExit, KeyboardInterrupt, SystemExit, OSError])
def test_E11_exceptions_of_the_function_pass_untouched_and_are_never_stored(
    kind: type[BaseException], capsys: Printed
) -> None:
    error = kind("mine")

    def f(x: int) -> int:
        print("Running")
        raise error

    made = make(func=f, output="json:f.json")
    for _ in range(2):
        with pytest.raises(kind) as caught:
            made(1)
        assert caught.value is error
        assert error.__cause__ is None
        assert error.__context__ is None
    assert lines(capsys) == ["Running"] * 2
    assert made.record(1) is None
    assert not os.path.exists("f.json")


def test_a_file_in_the_place_of_the_cachedir_gives_the_value_and_a_warning(project: Path, capsys: Printed) -> None:
    (project / ".makeit").write_text("not a folder")
    kept = make(func=printing)
    named = make(func=printing, output="text:out.txt", name="named")
    for function in (kept, named):
        for _ in range(2):
            with pytest.warns(CacheWarning, match="is right but was not kept"):
                assert function(1) == "1"
        assert not function.why(1).reuse
    assert (project / ".makeit").read_text() == "not a folder"
    assert lines(capsys) == ["Running"] * 4


def test_a_cachedir_that_leads_in_circles_gives_the_value_and_a_warning(project: Path) -> None:
    (project / "loop").symlink_to("loop")
    with pytest.warns(CacheWarning, match="is right but was not kept"):
        assert make(func=printing, cachedir="loop/x")(1) == "1"


@pytest.mark.parametrize("how", ["option", "environment"])
def test_strict_raises_what_would_be_a_warning(how: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from makeit import MakeitError

    (project / ".makeit").write_text("not a folder")
    if how == "environment":
        monkeypatch.setenv("MAKEIT_STRICT", "1")
    with pytest.raises(MakeitError, match="is right but was not kept"):
        make(func=printing, strict=how == "option")(1)


def test_warnings_point_at_the_line_that_called(project: Path) -> None:
    (project / ".makeit").write_text("not a folder")
    with pytest.warns(CacheWarning) as caught:
        make(func=printing)(1)
    assert caught[0].filename == __file__


def test_a_stored_result_that_cannot_be_loaded_runs_again_with_a_warning(capsys: Printed) -> None:
    class Moody(Persister):
        def save(self, data: Any) -> None:
            self.filename.write_text(str(data))

        def load(self) -> Any:
            if os.path.exists("mood"):
                raise ValueError("bad mood")
            return self.filename.read_text()

    made = make(func=printing, output=Moody("f.m"))
    made(1)
    Path("mood").touch()
    with (
        pytest.warns(CacheWarning, match="unchanged but cannot be loaded.*bad mood"),
        pytest.raises(PersistError) as caught,
    ):
        made(1)
    assert caught.value.value == "1"
    os.unlink("mood")
    assert made(1) == "1"
    assert lines(capsys) == ["Running"] * 2
