"""Folders that go, or become something else, between two calls or in the middle of one; layouts of a newer makeit."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, ForeignFileError, MakeitError, Maker, UnwritableError, hookimpl, make

OUTPUTS = [None, "json:out/x.json", ("json:out/x.json", None), "json:@cachedir/own/x.json"]
GONE = [[".makeit"], ["out"], [".makeit", "out"], [".makeit/records"], [".makeit/results"], [".makeit/locks"], ["."]]


def nothing() -> None:
    pass


def removal(*names: str) -> Callable[[], None]:
    """Return what removes folders of the project, wherever the working folder is then."""
    paths = [os.path.abspath(name) for name in names]

    def remove() -> None:
        for path in paths:
            shutil.rmtree(path, ignore_errors=True)

    return remove


def function(output: Any, **options: Any) -> Any:
    """Make a function that lets something happen while it runs."""

    def single(x: int, meanwhile: Callable[[], None]) -> Any:
        meanwhile()
        return [x]

    def double(x: int, meanwhile: Callable[[], None]) -> Any:
        meanwhile()
        return [x], x

    inner = double if isinstance(output, tuple) else single
    return make(func=inner, output=output, name="f", ignore="meanwhile", **options)


@pytest.mark.parametrize("output", OUTPUTS, ids=str)
@pytest.mark.parametrize("gone", GONE, ids=str)
def test_folders_that_vanish_in_the_middle_of_a_run_are_made_again(output: Any, gone: list[str], project: Path) -> None:
    made = function(output)
    right = ([1], 1) if isinstance(output, tuple) else [1]
    made(0, nothing)
    assert made(1, removal(*gone)) == right
    assert made(1, nothing) == right
    assert made.why(1, nothing).reuse


@pytest.mark.parametrize("output", OUTPUTS, ids=str)
@pytest.mark.parametrize("gone", GONE, ids=str)
def test_folders_that_vanish_between_two_calls_are_made_again(output: Any, gone: list[str], project: Path) -> None:
    made = function(output)
    right = ([1], 1) if isinstance(output, tuple) else [1]
    made(1, nothing)
    removal(*gone)()
    unknown = project / "out" / "x.json" if output != OUTPUTS[3] else project / ".makeit" / "own" / "x.json"
    if unknown.exists() and gone in ([".makeit"], [".makeit/records"]):
        with pytest.raises(ForeignFileError):  # nobody knows any more that makeit wrote it
            made(1, nothing)
        unknown.unlink()
    for _ in range(2):
        assert made(1, nothing) == right
    assert made.why(1, nothing).reuse


@pytest.mark.parametrize("output", [None, "json:out/x.json"])
def test_a_file_that_takes_the_place_of_a_folder_meanwhile_stays(output: Any, project: Path) -> None:
    folder = project / ("out" if output else ".makeit")

    def exchange() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.write_text("mine")

    made = function(output)
    made(0, nothing)
    with pytest.warns(CacheWarning, match="is right but was not kept"):
        assert made(1, exchange) == [1]
    if output:
        with pytest.raises(UnwritableError, match="is a file, not a folder"):
            made(1, nothing)
    else:
        with pytest.warns(CacheWarning, match="is right but was not kept"):
            assert made(1, nothing) == [1]
    assert folder.read_text() == "mine"


def test_E4_a_folder_that_takes_the_place_of_an_output_meanwhile_stays(project: Path) -> None:
    target = project / "out" / "x.json"

    def exchange() -> None:
        target.unlink()
        target.mkdir()
        (target / "mine").touch()

    made = function("json:out/x.json")
    made(0, nothing)
    with pytest.warns(CacheWarning, match="is right but was not kept"):
        assert made(1, exchange) == [1]
    with pytest.raises(ForeignFileError):
        made(1, nothing)
    assert os.listdir(target) == ["mine"]


@pytest.mark.parametrize("output", [None, "json:out/x.json"])
def test_the_working_folder_may_be_deleted_after_the_first_call(
    output: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = project / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    made = function(output)
    made(0, nothing)
    below.rmdir()
    for _ in range(2):
        assert made(1, nothing) == [1]
    assert made.why(1, nothing).reuse
    assert not below.exists()


def test_a_working_folder_that_was_deleted_before_the_first_call_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = project / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    below.rmdir()
    for _ in range(2):
        with pytest.raises(MakeitError, match="working folder"):
            function(None)(1, nothing)
    assert Maker(cachedir=project / "cache", root=project)(func=len, name="f")([1]) == 1


def tree(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Return all that can be known of a folder, but for when it was read."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        state = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        found[str(path)] = (state.st_mode, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, content)
    return found


class Newcomer:
    """A plugin; a maker with plugins of its own knows nothing of a project yet, as in a new process."""

    @hookimpl
    def makeit_call_finished(self, call: Any, outcome: Any) -> None:
        print(outcome)


def numbers(x: int) -> list[int]:
    return [x]


async def numbers_later(x: int) -> list[int]:
    return [x]


@pytest.mark.parametrize("layout", ["2", "2\n", "99\n", "1.5\n", "2-beta\n"])
def test_a_cachedir_of_a_newer_layout_is_named_and_not_touched(layout: str, project: Path) -> None:
    for output in (None, "json:a.json"):
        make(func=numbers, name="f", output=output)(1)
    place = project / ".makeit" / "layout"
    now = place.read_text().strip()
    place.write_text(layout)
    before = tree(project)
    for output in (None, "json:a.json", "json:new.json", "json:@cachedir/own.json"):
        made = Maker(plugins=[Newcomer()])(func=numbers, name="f", output=output)
        for ask in (made, made.rerun, made.why, made.record, made.forget, made.accept, made.adopt, made.undo):
            with pytest.raises(MakeitError) as caught:
                ask(1)
            assert repr(layout.strip()) in str(caught.value)
            assert repr(now) in str(caught.value)
            assert str(project / ".makeit") in str(caught.value)
        later = Maker(plugins=[Newcomer()])(func=numbers_later, output=output)
        with pytest.raises(MakeitError, match="layout"):
            asyncio.run(later(1))
    assert tree(project) == before
