"""Outputs that are folders: saved, published, recognised and kept like files."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, ForeignFileError, Maker, Persister, PersistError, hookimpl, make
from makeit.formats.spec import Spec
from makeit.identity import trees
from makeit.store import moving

Ran = Callable[[], list[str]]


class Chunks(Persister):
    """A folder with one file for each item, and one more folder below."""

    suffixes = (".chunks",)
    folder = True
    faithful = True

    def save(self, data: list[str]) -> None:
        self.filename.mkdir()
        (self.filename / "meta").mkdir()
        (self.filename / "meta" / "count").write_text(str(len(data)))
        for number, item in enumerate(data):
            (self.filename / str(number)).write_text(item)

    def load(self) -> list[str]:
        count = int((self.filename / "meta" / "count").read_text())
        return [(self.filename / str(number)).read_text() for number in range(count)]


def words(text: str) -> list[str]:
    print(text)
    return text.split()


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str]) -> Ran:
    """Give what the function was run with since it was last asked."""
    return lambda: capsys.readouterr().out.splitlines()


def made(**options: Any) -> Any:
    return make(func=words, output=Chunks("out/words.chunks"), name="words", **options)


def leftovers() -> list[str]:
    return [str(path) for path in Path().rglob("*") if path.name.startswith(".makeit-") or path.name.endswith("~")]


def test_a_folder_is_an_output_like_a_file(ran: Ran) -> None:
    assert made()("a b") == ["a", "b"]
    assert made()("a b") == ["a", "b"]
    assert ran() == ["a b"]
    assert made()("c") == ["c"]
    assert sorted(os.listdir("out/words.chunks")) == ["0", "meta"]
    assert made()("c") == ["c"]
    assert ran() == ["c"]
    assert not leftovers()


def test_E1_a_reader_of_a_folder_sees_all_old_or_all_new() -> None:
    made()("a b")
    before = os.open("out/words.chunks", os.O_RDONLY)
    made()("c d")
    assert Chunks("out/words.chunks").load() == ["c", "d"]
    assert os.fstat(before).st_ino != os.stat("out/words.chunks").st_ino
    os.close(before)


@pytest.mark.parametrize("name", ["0", "meta/count"])
def test_E2_a_folder_touched_or_copied_is_reused(name: str, ran: Ran) -> None:
    made()("a b")
    os.utime(f"out/words.chunks/{name}")
    assert made()("a b") == ["a", "b"]
    shutil.copytree("out/words.chunks", "copy")
    shutil.rmtree("out/words.chunks")
    shutil.move("copy", "out/words.chunks")
    assert made()("a b") == ["a", "b"]
    shutil.rmtree("out/words.chunks")
    assert made()("a b") == ["a", "b"]
    assert ran() == ["a b", "a b"]


def _edit() -> None:
    Path("out/words.chunks/1").write_text("X")


def _edit_unseen() -> None:
    before = os.stat("out/words.chunks/1")
    _edit()
    os.utime("out/words.chunks/1", ns=(before.st_atime_ns, before.st_mtime_ns))


def _add() -> None:
    Path("out/words.chunks/2").write_text("")


def _add_folder() -> None:
    Path("out/words.chunks/empty").mkdir()


def _remove() -> None:
    Path("out/words.chunks/1").unlink()


def _swap() -> None:
    for old, new in (("0", "x"), ("1", "0"), ("x", "1")):
        os.rename(f"out/words.chunks/{old}", f"out/words.chunks/{new}")


def _link() -> None:
    Path("elsewhere").write_text("b")
    Path("out/words.chunks/1").unlink()
    Path("out/words.chunks/1").symlink_to(Path("elsewhere").absolute())


@pytest.mark.parametrize("change", [_edit, _edit_unseen, _add, _add_folder, _remove, _swap, _link])
def test_E3_anything_changed_in_a_folder_by_hand_is_refused(change: Any, ran: Ran) -> None:
    made()("a b")
    time.sleep(0.03)
    change()
    before = trees.digest_tree("out/words.chunks")
    with pytest.raises(ForeignFileError, match=r"was changed after words wrote it .*foreign=\"replace\""):
        made()("a b")
    assert ran() == ["a b"]
    assert trees.digest_tree("out/words.chunks") == before
    assert made(foreign="replace")("a b") == ["a", "b"]
    assert sorted(os.listdir("out/words.chunks")) == ["0", "1", "meta"]


def test_E4_a_folder_that_makeit_never_wrote_is_never_replaced(ran: Ran) -> None:
    Path("out/words.chunks").mkdir(parents=True)
    Path("out/words.chunks/precious").write_text("mine")
    for options in ({}, {"foreign": "replace"}):
        with pytest.raises(ForeignFileError, match="was not written by makeit") as caught:
            made(**options)("a b")
        assert "overwritten" not in str(caught.value)
    assert Path("out/words.chunks/precious").read_text() == "mine"
    assert not ran()


def test_a_folder_edited_by_hand_can_be_adopted(ran: Ran) -> None:
    made()("a b")
    Path("out/words.chunks/1").write_text("mine")
    made().adopt("a b")
    assert made()("a b") == ["a", "mine"]
    assert ran() == ["a b"]


def test_a_file_in_place_of_a_folder_and_the_reverse() -> None:
    Path("out").mkdir()
    Path("out/words.chunks").write_text("mine")
    with pytest.raises(ForeignFileError, match="it is a file"):
        made(foreign="adopt")("a b")
    made(foreign="replace")("a b")
    text = make(func=str, output="text:out/words.chunks", name="text")
    with pytest.warns(CacheWarning, match="claimed by two functions"):
        assert text("one file now") == "one file now"
    assert Path("out/words.chunks").read_text() == "one file now"
    assert made()("a b") == ["a", "b"]
    assert not leftovers()


@pytest.mark.parametrize("system", ["with exchange", "without"])
def test_folders_are_replaced_where_names_cannot_be_exchanged(
    system: str, monkeypatch: pytest.MonkeyPatch, ran: Ran
) -> None:
    if system == "without":
        monkeypatch.setattr(moving, "_exchange", lambda: None)
    for text in ("a b", "c", "d e f"):
        assert made()(text) == text.split()
        assert made()(text) == text.split()
    assert ran() == ["a b", "c", "d e f"]
    assert not leftovers()
    assert os.listdir("out") == ["words.chunks"]


def test_earlier_folders_are_kept_and_brought_back(ran: Ran) -> None:
    for text in ("a b", "c d", "a b", "c d"):
        assert made(keep=3)(text) == text.split()
    assert ran() == ["a b", "c d"]
    assert not leftovers()


def test_a_folder_is_declared_and_holds_files_alone() -> None:
    class Undeclared(Chunks):
        folder = False

    class Linked(Chunks):
        def save(self, data: list[str]) -> None:
            super().save(data)
            (self.filename / "link").symlink_to("0")

    for kind, match in ((Undeclared, "folder = True"), (Linked, "holds link")):
        with pytest.raises(PersistError, match=match) as caught:
            make(func=words, output=kind("x.chunks"), name="words")("a b")
        assert caught.value.value == ["a", "b"]
    assert not Path("x.chunks").exists()
    assert not leftovers()


def test_the_result_of_a_function_without_a_file_name_can_be_a_folder(project: Path, ran: Ran) -> None:
    class Chooser:
        @hookimpl
        def makeit_choose_persister(self, value: object) -> Persister | None:
            return Chunks("value.chunks") if isinstance(value, list) else None

        @hookimpl
        def makeit_resolve_persister(self, spec: Spec) -> Persister | None:
            return Chunks(spec.path) if spec.path.endswith(".chunks") else None

    keep = Maker(plugins=[Chooser()])(func=words, name="kept")
    for text in ("a b", "a b", "c"):
        assert keep(text) == text.split()
    assert ran() == ["a b", "c"]
    assert len(list((project / ".makeit" / "results").rglob("*.chunks"))) == 1
