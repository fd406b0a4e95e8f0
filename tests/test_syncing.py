"""Files on their way to the disk: nothing is published before they are there, and trouble on the way is told."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from makeit import CacheWarning, make
from makeit.store import atomic, syncing
from makeit.store.syncing import Syncing

_LARGE = 2 << 20


def test_who_waits_waits_for_the_disk(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    go_on = threading.Event()
    real = atomic.sync_file

    def slowly(path: str) -> None:
        go_on.wait()
        real(path)
        steps.append("synced")

    monkeypatch.setattr(atomic, "sync_file", slowly)
    (project / "large").write_bytes(b"x" * _LARGE)
    found = Syncing(str(project / "large"), _LARGE)
    steps.append("digested meanwhile")
    go_on.set()
    found.wait()
    assert steps == ["digested meanwhile", "synced"]


@pytest.mark.parametrize("size", [10, _LARGE])
def test_trouble_is_raised_by_who_waits(size: int, project: Path) -> None:
    found = Syncing(str(project / "gone"), size)
    with pytest.raises(FileNotFoundError):
        found.wait()


def test_without_threads_it_is_done_at_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    (project / "large").write_bytes(b"x" * _LARGE)
    monkeypatch.setattr(threading.Thread, "start", none_left)
    Syncing(str(project / "large"), _LARGE).wait()


@pytest.mark.parametrize("output", ["text:large.txt", None])
def test_a_result_that_does_not_reach_the_disk_is_not_published(
    output: str | None, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: str) -> None:
        if os.path.getsize(path) >= _LARGE:
            raise OSError(errno.EIO, "Input/output error", path)

    monkeypatch.setattr(syncing, "sync_path", broken)
    made = make(func=lambda x: "x" * _LARGE, name="f", output=output)
    with pytest.warns(CacheWarning, match="Input/output error"):
        assert len(made(1)) == _LARGE
    assert made.record(1) is None
    assert not (project / "large.txt").exists()
    assert not list(project.rglob(".makeit-*"))
