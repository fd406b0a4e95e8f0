"""Installed distributions found in the folders of the path: the same ones that importlib.metadata finds."""

from __future__ import annotations

import importlib.metadata
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from makeit.installed import Installed, announcements, headers, installed

METADATA = """Metadata-Version: 2.1
Name: Some_Thing
version: 1.0
Summary: of two
{indented}
    lines
Requires-Dist: numpy
Requires-Dist: makeit-core>=0.1;
  python_version > "3"

Name: not a header
""".replace("{indented}", "    ")


def named(found: Iterable[Installed]) -> list[tuple[str, str, tuple[str, ...], str | None]]:
    def of(one: Installed, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in headers(one) if key == name)

    return sorted(
        (*of(one, "name")[:1], *of(one, "version")[:1], of(one, "requires-dist"), one.read_text("entry_points.txt"))
        for one in found
    )


def test_they_are_those_that_importlib_metadata_finds() -> None:
    expected = sorted(
        (
            one.metadata["Name"],
            one.version,
            tuple(one.metadata.get_all("Requires-Dist") or ()),
            one.read_text("entry_points.txt"),
        )
        for one in importlib.metadata.distributions()
    )
    assert named(installed()) == expected
    assert len(expected) > 20


def test_folders_old_files_eggs_and_archives_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("new/thing-1.dist-info", "old/thing-1.EGG-INFO", "thing.egg/EGG-INFO"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / ("METADATA" if "new" in folder else "PKG-INFO")).write_text(METADATA)
    (tmp_path / "file").mkdir()
    (tmp_path / "file" / "thing-1.egg-info").write_text(METADATA)
    (tmp_path / "thing.zip").parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(tmp_path / "thing.zip", "w") as archive:
        archive.writestr("thing-1.dist-info/METADATA", METADATA)
    places = [str(tmp_path / name) for name in ("new", "old", "thing.egg", "file", "thing.zip", "nowhere")]
    monkeypatch.setattr(sys, "path", places)
    found = list(installed())
    assert len(found) == len(list(importlib.metadata.distributions())) == 5
    for one in found:
        given = headers(one)
        assert ("name", "Some_Thing") in given
        assert ("summary", "of two  lines") in given
        assert [value for name, value in given if name == "requires-dist"][1].endswith('python_version > "3"')
        assert [name for name, _ in given].count("name") == 1


class Finder:
    """A finder that knows a distribution that lies in no folder of the path."""

    @staticmethod
    def find_spec(*anything: object) -> None:
        """Find no module."""

    @staticmethod
    def find_distributions(context: object = None) -> list[importlib.metadata.Distribution]:
        """Find one distribution."""
        return [importlib.metadata.distribution("makeit-core")]


def test_finders_of_others_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    core = importlib.metadata.distribution("makeit-core")
    monkeypatch.setattr(Finder, "find_distributions", lambda context=None: [core])
    monkeypatch.setattr(sys, "path", [])
    assert not list(installed())
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert dict(headers(next(iter(installed()))))["name"] == "makeit-core"


def test_what_is_announced_is_read_by_groups() -> None:
    text = "[makeit]\n# a comment\nnumpy = makeit_numpy.hooks\n\n[makeit.suffixes]\n.npy=numpy:File [extra]\n"
    assert list(announcements(text)) == [
        ("makeit", "numpy", "makeit_numpy.hooks"),
        ("makeit.suffixes", ".npy", "numpy:File [extra]"),
    ]
    with pytest.raises(ValueError, match="unpack"):
        list(announcements("[makeit]\nno value\n"))
