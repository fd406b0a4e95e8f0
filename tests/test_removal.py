"""Removal: what was replaced, changed or recorded between the look and the removal stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from makeit import make
from makeit.identity.files import stamp
from makeit.store.catalogue import Catalogue, Filed
from makeit.store.ledger import Ledger
from makeit.store.outputs import Outputs
from makeit.store.project import Project
from makeit.store.removal import LeftAlone, Removal, take

pytestmark = pytest.mark.filterwarnings("ignore:.*takes turns on the file")


def removal() -> Removal:
    project = Project.locate(None, None)
    return Removal(Catalogue(project), Outputs(project, Ledger(project)), named=True)


def filed() -> Filed:
    return next(Catalogue(Project.locate(None, None)).records())


@pytest.mark.parametrize("output", ["text:x.txt", None])
def test_a_call_that_ran_again_since_it_was_looked_at_stays(project: Path, output: str | None) -> None:
    made = make(lambda: "x" * 1000, output=output, name="made")
    made()
    before = filed()
    made.rerun()
    with pytest.raises(LeftAlone, match="replaced meanwhile"):
        removal().result(before)
    assert made.why().reuse
    removal().result(filed())
    assert not made.why().reuse


def test_an_earlier_result_that_was_brought_back_stays(project: Path) -> None:
    made = make(lambda x: str(x), output="text:x.txt", name="made", keep=2)
    made(1), made(2)
    catalogue = Catalogue(Project.locate(None, None))
    place = next((project / ".makeit/history").rglob("record.json"))
    before = catalogue.at(str(place))
    assert isinstance(before, Filed)
    made(1)
    with pytest.raises(LeftAlone):
        removal().version(before)
    assert made.why(2).reuse


def test_a_record_that_lies_elsewhere_removes_nothing(project: Path) -> None:
    made = make(lambda: "x", output="text:x.txt", name="made")
    made()
    copy = project / ".makeit/records/copy.json"
    copy.write_bytes((project / ".makeit/records/x.txt.json").read_bytes())
    found = Catalogue(Project.locate(None, None)).at(str(copy))
    assert isinstance(found, Filed)
    with pytest.raises(LeftAlone, match="where makeit does not look"):
        removal().result(found)
    assert made.why().reuse


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_changed_since_it_was_looked_at_is_not_taken(project: Path, kind: str) -> None:
    path = project / "it"
    file = path if kind == "file" else path / "part"
    if kind == "folder":
        path.mkdir()
    file.write_text("before")
    before = stamp(path)
    file.write_text("changed")
    with pytest.raises(LeftAlone, match="changed meanwhile"):
        take(str(path), before)
    assert file.read_text() == "changed"
    take(str(path), stamp(path))
    assert not path.exists()
    take(str(path), before)
    assert not list(project.glob(".makeit-*"))


def test_a_leftover_that_is_young_recorded_or_a_link_stays(project: Path) -> None:
    make(lambda: "x", name="made")()
    recorded = next((project / ".makeit/results/made").iterdir())
    young = project / ".makeit/results/made/young"
    young.mkdir()
    link = project / ".makeit/code/link.py"
    (project / "mine.py").write_text("mine")
    link.symlink_to(project / "mine.py")
    record = project / ".makeit/records/@cachedir/results/made" / f"{recorded.stem}.json"
    os.utime(recorded, (0, 0))
    os.utime(record, (0, 0))
    os.utime(link, (0, 0), follow_symlinks=False)
    for path in (recorded, young, link, record):
        with pytest.raises(LeftAlone):
            removal().leftover(str(path))
        assert os.path.lexists(path)
    os.utime(young, (0, 0))
    removal().leftover(str(young))
    assert not young.exists()
