"""The look at what is installed: known from an earlier process until something is installed, removed or rewritten."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from makeit.scan import Scan
from makeit.store.journal import Journal

Install = Callable[..., Path]

_POINTS = {"makeit.persisters": {"one": "one:One"}}
_AT_REST_S = 0.03


@pytest.fixture
def journal(project: Path) -> Journal:
    return Journal(str(project / "journal"))


@pytest.fixture
def site(install: Install) -> Path:
    site = install("makeit-one", "1.0", _POINTS, one="")
    time.sleep(_AT_REST_S)
    return site


def announced(journal: Journal | None) -> dict[str, list[str]]:
    """Return what a new process finds, and let it keep that."""
    scan = Scan(journal)
    found = {one.name: [point.value for point in one.announced] for one in scan.announced()}
    if journal is not None:
        scan.keep(journal)
    return found


def reads(look: Callable[[], object], path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Tell whether a look opens a file; the system's own notes of that are not kept everywhere."""
    opened: list[str] = []
    real = os.open

    def noting(name: str, *rest: int) -> int:
        opened.append(str(name))
        return real(name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", noting)
        look()
    return str(path) in opened


def test_another_process_finds_the_same_without_reading_it(
    site: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = site / "makeit_one-1.0.dist-info" / "entry_points.txt"
    assert reads(lambda: announced(journal), file, monkeypatch)
    assert not reads(lambda: announced(journal), file, monkeypatch)
    assert announced(journal) == announced(None)
    assert announced(journal)["makeit-one"] == ["one:One"]


def test_what_is_installed_and_removed_later_is_noticed(site: Path, journal: Journal, install: Install) -> None:
    announced(journal)
    install("makeit-two", "1.0", {"makeit.suffixes": {".two": "two:Two"}}, two="")
    assert announced(journal)["makeit-two"] == ["two:Two"]
    time.sleep(_AT_REST_S)
    announced(journal)
    for file in (site / "makeit_one-1.0.dist-info").iterdir():
        file.unlink()
    (site / "makeit_one-1.0.dist-info").rmdir()
    assert "makeit-one" not in announced(journal)


def test_announcements_rewritten_in_place_are_noticed(site: Path, journal: Journal) -> None:
    announced(journal)
    file = site / "makeit_one-1.0.dist-info" / "entry_points.txt"
    file.write_text(file.read_text().replace("one:One", "two:Two"))
    assert announced(journal)["makeit-one"] == ["two:Two"]


def test_another_path_is_another_look(site: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    announced(journal)
    monkeypatch.setattr(sys, "path", [name for name in sys.path if name != str(site)])
    assert "makeit-one" not in announced(journal)


def test_a_folder_that_is_not_at_rest_yet_is_looked_at_again(
    install: Install, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = install("makeit-one", "1.0", _POINTS, one="")
    soon = time.time_ns() + 3_600_000_000_000
    os.utime(site, ns=(soon, soon))
    announced(journal)
    assert reads(lambda: announced(journal), site / "makeit_one-1.0.dist-info" / "entry_points.txt", monkeypatch)


def test_after_a_forgotten_look_all_is_read(site: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    announced(journal)
    scan, file = Scan(journal), site / "makeit_one-1.0.dist-info" / "entry_points.txt"
    assert not reads(lambda: list(scan.announced()), file, monkeypatch)
    scan.forget()
    assert reads(lambda: list(scan.announced()), file, monkeypatch)


def test_what_is_installed_is_kept_in_the_project_that_is_worked_in(site: Path, tmp_path: Path) -> None:
    """One look serves all projects of a process; nothing is written to one that is over, or gone."""
    first, second = (Journal.own(str(tmp_path / name / "readings" / "installed")) for name in ("first", "second"))
    (tmp_path / "second").mkdir()
    scan = Scan(first)
    names = [one.name for one in scan.announced()]
    time.sleep(_AT_REST_S)
    scan.forget()
    list(scan.announced())
    scan.keep(second)
    assert not (tmp_path / "first").exists()
    assert [one.name for one in Scan(second).announced()] == names
    Journal.own(str(tmp_path / "gone" / "readings" / "installed")).append("lost")
    assert not (tmp_path / "gone").exists()
