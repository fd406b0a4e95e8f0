"""Cachedirs that are read-only or full: the value is right all the same, with a warning, and nothing is half done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, MakeitError, make


def numbers(x: int) -> list[int]:
    return [x] * 3


def functions(**options: Any) -> list[Any]:
    return [
        make(func=numbers, name="kept", **options),
        make(func=numbers, name="all", keep=None, **options),
        make(func=numbers, name="named", output="json:out/{x}.json", **options),
        make(func=numbers, name="history", output="json:history.json", keep=3, **options),
    ]


def tree(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Everything about everything in a folder but when it was read."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        state = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        found[str(path)] = (state.st_mode, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, content)
    return found


def mounted(folder: Path, *options: str) -> bool:
    return not subprocess.run(["mount", *options, folder], capture_output=True, check=False).returncode


@pytest.fixture
def mounting(project: Path) -> Iterator[Path]:
    """The folder of the cachedir, where something may be mounted."""
    folder = project / ".makeit"
    yield folder
    # Until nothing is mounted: nobody can tell a folder from a mount of itself.
    while not subprocess.run(["umount", folder], capture_output=True, check=False).returncode:
        pass


@pytest.fixture
def read_only(mounting: Path) -> Iterator[Callable[[], Path]]:
    """Make the cachedir read-only, for root by a mount."""
    changed: list[Path] = []

    def make_read_only() -> Path:
        if os.geteuid():
            changed.extend([mounting, *mounting.rglob("*")])
            for path in changed:
                path.chmod(path.stat().st_mode & ~0o222)
        elif not (mounted(mounting, "--bind", str(mounting)) and mounted(mounting, "-o", "remount,bind,ro")):
            pytest.skip("root may write everywhere, and may not mount here")
        return mounting

    yield make_read_only
    for path in changed:
        path.chmod(path.stat().st_mode | 0o200)


def test_what_a_read_only_cachedir_holds_is_reused_without_a_word(read_only: Callable[[], Path]) -> None:
    for made in functions():
        made(1)
    folder = read_only()
    before = tree(folder)
    for made in functions():
        assert made.why(1).reuse
        assert made(1) == [1] * 3
    assert tree(folder) == before


def test_a_read_only_cachedir_gives_the_value_and_a_warning_and_leaves_named_files_alone(
    read_only: Callable[[], Path], project: Path
) -> None:
    for made in functions():
        made(1)
    folder = read_only()
    before, file = tree(folder), tree(project / "out" / "1.json")
    for made in functions():
        for _ in range(2):
            with pytest.warns(CacheWarning, match=r"the result of .* is right but was not kept: .*[Rr]ead-only|denied"):
                assert made(2) == [2] * 3
    assert json.loads((project / "history.json").read_text()) == [1] * 3
    assert (tree(folder), tree(project / "out" / "1.json")) == (before, file)
    assert os.listdir(project / "out") == ["1.json"]
    for made in functions(strict=True):
        with pytest.raises(MakeitError, match="was not kept") as caught:
            made(2)
        assert caught.value.value == [2] * 3


def test_a_touched_file_beside_a_read_only_cachedir_is_reused(read_only: Callable[[], Path], project: Path) -> None:
    made = functions()[2]
    made(1)
    os.utime(project / "out" / "1.json")
    read_only()
    assert functions()[2](1) == [1] * 3
    assert functions()[2].why(1).reuse


SOMEBODY = """
import os, sys, warnings
from makeit import CacheWarning, UnwritableError, make

def numbers(x):
    return [x] * 3

def functions(**options):
    return (
        make(func=numbers, name="kept", **options),
        make(func=numbers, name="all", keep=None, **options),
        make(func=numbers, name="named", output="json:out/{x}.json", **options),
    )

def calls(x, functions):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert [made(x) for made in functions] == [[x] * 3] * len(functions)
    return [one.category for one in caught]

assert calls(1, functions()) == []
if sys.argv[1:]:
    assert calls(3, functions(cachedir="elsewhere")) == []  # whoever it is then may not import from everywhere
    os.setgroups([])
    os.setgid(int(sys.argv[1]))
    os.setuid(int(sys.argv[1]))
    assert calls(1, functions()) == []
    assert calls(2, functions()[:2]) == [CacheWarning] * 2
    try:
        functions()[2](2)
    except UnwritableError as error:
        print("refused", error.path.name)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_user_who_may_not_write_the_cachedir_gets_the_value_and_a_warning() -> None:
    # The folder of tests is closed to others, and TMPDIR may be.
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "pyproject.toml").touch()
        (folder / "script.py").write_text(SOMEBODY)
        command = [sys.executable, str(folder / "script.py")]
        for _ in range(2):  # what a process notes for the next one is written once files have been at rest
            subprocess.run(command, cwd=folder, check=True)
            time.sleep(0.05)
        before = tree(folder / ".makeit")
        done = subprocess.run([*command, "54321"], cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "refused 2.json\n"), done.stderr
        assert tree(folder / ".makeit") == before


@pytest.mark.parametrize("size", ["16k", "40k", "64k", "100k"])
def test_a_full_cachedir_gives_the_value_and_a_warning(size: str, mounting: Path) -> None:
    mounting.mkdir()
    if not mounted(mounting, "-t", "tmpfs", "-o", f"size={size}", "none"):
        pytest.skip("cannot mount a small file system here")
    large = make(func=content, name="large", keep=None)
    named = make(func=content, name="named", output="text:out/{x}.txt")
    with pytest.warns(CacheWarning, match="was not kept.*No space left"):
        found = [(large(x), named(x)) for x in range(5)]
    assert found == [(content(x), content(x)) for x in range(5)]
    for path in (mounting.parent / "out").glob("*"):
        assert path.read_text() == content(int(path.stem))
    with warnings.catch_warnings(action="ignore", category=CacheWarning):
        assert [(large(x), named(x)) for x in range(5)] == found
    assert not [*mounting.rglob(".makeit-*"), *mounting.rglob("*~")]
    subprocess.run(["umount", mounting], check=True)
    (mounting.parent / "out").rename(mounting.parent / "aside")
    assert [(large(x), named(x)) for x in range(5)] == found


def content(x: int) -> str:
    return str(x) * 50_000
