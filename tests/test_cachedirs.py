"""Cachedirs that are read-only or full: the value is right all the same, with a warning, and nothing is half written."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, MakeitError, make

NOBODY = 65534


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
def unmounts(project: Path) -> Iterator[Path]:
    yield project
    for path in (project / ".makeit", project / "out"):
        if path.is_mount():
            subprocess.run(["umount", path], check=True)


@pytest.fixture
def read_only(unmounts: Path) -> Iterator[Callable[[], Path]]:
    """Make the cachedir read-only, for root by a mount."""
    folder = unmounts / ".makeit"

    def make_read_only() -> Path:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)
        if os.access(folder, os.W_OK) and not (
            mounted(folder, "--bind", str(folder)) and mounted(folder, "-o", "remount,bind,ro")
        ):
            pytest.skip("root may write everywhere, and may not mount here")
        return folder

    yield make_read_only
    if folder.is_mount():
        subprocess.run(["umount", folder], check=True)
    for path in [folder, *folder.rglob("*")]:
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
    before, files = tree(folder), tree(project / "out")
    for made in functions():
        for _ in range(2):
            with pytest.warns(CacheWarning, match=r"the result of .* is right but was not kept: .*[Rr]ead-only|denied"):
                assert made(2) == [2] * 3
    assert json.loads((project / "history.json").read_text()) == [1] * 3
    assert (tree(folder), tree(project / "out")) == (before, files)
    for made in functions(strict=True):
        with pytest.raises(MakeitError, match="was not kept") as caught:
            made(2)
        assert caught.value.value == [2] * 3


def test_a_touched_file_beside_a_read_only_cachedir_is_reused(read_only: Callable[[], Path], project: Path) -> None:
    made = functions()[2]
    made(1)
    os.utime(project / "out" / "1.json")
    read_only()
    with pytest.warns(CacheWarning, match="cannot be renewed"):
        assert functions()[2](1) == [1] * 3
    assert functions()[2].why(1).reuse


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_a_user_who_may_not_write_the_cachedir_gets_the_value_and_a_warning(project: Path, tmp_path: Path) -> None:
    for made in functions():
        made(1)
    for path in [*reversed(project.parents), project, *project.rglob("*")]:
        if path == tmp_path or tmp_path in path.parents:
            path.chmod(0o755 if path.is_dir() else 0o644)
    if any(not folder.stat().st_mode & stat.S_IXOTH for folder in [tmp_path, *tmp_path.parents]):
        pytest.skip("the folder of tests is closed to other users")
    script = project / "script.py"
    script.write_text(
        "import os, warnings\n"
        "from makeit import CacheWarning, UnwritableError, make\n\n"
        "def numbers(x):\n    return [x] * 3\n\n"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "kept, everything = make(func=numbers, name='kept'), make(func=numbers, name='all', keep=None)\n"
        "named = make(func=numbers, name='named', output='json:out/{x}.json')\n"
        "assert kept(1) == everything(1) == named(1) == [1] * 3\n"
        "for made in (kept, everything):\n"
        "    with warnings.catch_warnings(record=True) as caught:\n"
        "        warnings.simplefilter('always')\n"
        "        assert made(2) == [2] * 3\n"
        "    assert [one.category for one in caught] == [CacheWarning], caught\n"
        "try:\n    named(2)\nexcept UnwritableError as error:\n    print('refused', error.path.name)\n"
    )
    before = tree(project / ".makeit")
    done = subprocess.run([sys.executable, str(script)], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "refused 2.json\n"), done.stderr
    assert tree(project / ".makeit") == before


@pytest.mark.parametrize("size", ["16k", "40k", "64k", "100k"])
def test_a_full_cachedir_gives_the_value_and_a_warning(size: str, unmounts: Path) -> None:
    folder = unmounts / ".makeit"
    folder.mkdir()
    if not mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "none"):
        pytest.skip("cannot mount a small file system here")
    large = make(func=lambda x: str(x) * 50_000, name="large", keep=None)
    named = make(func=lambda x: str(x) * 50_000, name="named", output="text:out/{x}.txt")
    with pytest.warns(CacheWarning, match="was not kept.*No space left"):
        for x in range(5):
            assert large(x) == named(x) == str(x) * 50_000
    for path in (unmounts / "out").glob("*"):
        assert path.read_text() == path.stem * 50_000
        assert named.record(int(path.stem)) is not None
    assert not [*folder.rglob(".makeit-*"), *folder.rglob("*~")]
