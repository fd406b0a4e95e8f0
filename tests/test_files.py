"""Stamps and digests of files: content decides, and a stamp stands in for it only where it may."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from makeit import ArgumentError
from makeit.identity.digest import METER, digest_file
from makeit.identity.files import COARSE_TICK_NS, FINE_TICK_NS, FileDigests, settled, stamp
from makeit.records import FileStamp
from makeit.store.digests import DigestMemo
from makeit.store.project import Project

LARGE = 200_000


@pytest.fixture
def digests(project: Path) -> Callable[[], FileDigests]:
    """Make a reader of digests as a new process would have."""
    where = Project(str(project), str(project / ".makeit"))
    return lambda: FileDigests(DigestMemo(where))


def read_by(action: Callable[[], object]) -> int:
    before = METER.bytes
    action()
    return METER.bytes - before


def write_old(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    os.utime(path, (1_000_000, 1_000_000))


def test_a_stamp_is_none_only_where_there_is_nothing(project: Path) -> None:
    (project / "file").touch()
    assert stamp(project / "missing") is None
    assert stamp(project / "file" / "inside") is None
    assert stamp(project / "file") == stamp(str(project / "file"))
    (project / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        stamp(project / "loop")


def test_settled_counts_the_later_time_and_gives_whole_seconds_more() -> None:
    fine, coarse = 1_700_000_000_123_456_789, 1_700_000_000_000_000_000
    for mtime, ctime in ((fine, fine), (coarse, fine), (fine, coarse), (fine - 10**12, fine)):
        now, latest = FileStamp(1, mtime, ctime, 1), max(mtime, ctime)
        assert settled(now, latest + FINE_TICK_NS)
        assert not settled(now, latest + FINE_TICK_NS - 1)
        assert not settled(now, latest - 1)
    now = FileStamp(1, coarse, coarse, 1)
    assert settled(now, coarse + COARSE_TICK_NS)
    assert not settled(now, coarse + COARSE_TICK_NS - 1)


def test_C10_a_large_file_is_read_once_even_by_a_new_process(project: Path, digests: Callable[[], FileDigests]) -> None:
    path = project / "raw"
    write_old(path, bytes(LARGE))
    os.utime(path, ns=(1, 1_000_000_000_000_000_001))
    import time

    time.sleep(0.05)  # its ctime has to settle, too
    one = digests()
    assert read_by(lambda: one.digest(str(path))) == LARGE
    assert read_by(lambda: one.digest(str(path))) == 0
    assert read_by(lambda: digests().digest(str(path))) == 0
    assert one.digest(str(path)) == digest_file(path)


def test_C10_touched_but_equal_is_the_same_digest(project: Path, digests: Callable[[], FileDigests]) -> None:
    path = project / "raw"
    path.write_bytes(bytes(LARGE))
    before = digests().digest(str(path))
    os.utime(path, (5, 5))
    assert digests().digest(str(path)) == before


@pytest.mark.parametrize("size", [10, LARGE])
def test_C10_rewritten_at_once_with_size_and_time_restored_is_seen(
    project: Path, digests: Callable[[], FileDigests], size: int
) -> None:
    path = project / "raw"
    path.write_bytes(bytes(size))
    os.utime(path, (1_000_000, 1_000_000))
    one = digests()
    for number in range(60):
        content = b"%04d" % number + bytes(size - 4)
        with open(path, "r+b") as file:
            file.write(content)
        os.utime(path, (1_000_000, 1_000_000))
        expected = digest_file(path)
        assert one.digest(str(path)) == expected
        assert digests().digest(str(path)) == expected


def test_C10_another_file_in_its_place_is_seen(project: Path, digests: Callable[[], FileDigests]) -> None:
    path, other = project / "raw", project / "other"
    path.write_bytes(bytes(LARGE))
    other.write_bytes(b"1" * LARGE)
    for item in (path, other):
        os.utime(item, (1_000_000, 1_000_000))
    before = digests().digest(str(path))
    os.replace(other, path)
    assert digests().digest(str(path)) != before


def test_C10_a_memo_that_was_tampered_with_is_not_believed_for_another_file(
    project: Path, digests: Callable[[], FileDigests]
) -> None:
    for name in ("a", "b"):
        (project / name).write_bytes(name.encode() * LARGE)
        digests().digest(str(project / name))
    memos = sorted((project / ".makeit" / "files").rglob("*.json"))
    assert len(memos) == 2
    content = [memo.read_bytes() for memo in memos]
    memos[0].write_bytes(content[1])
    memos[1].write_bytes(b"{not json")
    for name in ("a", "b"):
        assert digests().digest(str(project / name)) == digest_file(project / name)


def test_a_missing_file_is_an_error(project: Path, digests: Callable[[], FileDigests]) -> None:
    with pytest.raises(FileNotFoundError):
        digests().digest(str(project / "missing"))


def test_a_cachedir_that_cannot_be_written_costs_a_second_reading_and_no_more(project: Path) -> None:
    (project / ".makeit").write_text("a file")
    where = Project(str(project), str(project / ".makeit"))
    (project / "raw").write_bytes(bytes(LARGE))
    reader = FileDigests(DigestMemo(where))
    assert reader.digest(str(project / "raw")) == reader.digest(str(project / "raw"))


def test_a_folder_counts_by_names_and_contents(project: Path, digests: Callable[[], FileDigests]) -> None:
    folder = project / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a").write_text("1")
    (folder / "b").write_text("2")
    seen = set()

    def note() -> None:
        seen.add(digests().digest(str(folder)))

    note()
    os.utime(folder / "b", (1, 1))
    note()
    assert len(seen) == 1
    changes: list[Callable[[], object]] = [
        lambda: (folder / "b").write_text("3"),
        lambda: (folder / "b").rename(folder / "c"),
        lambda: (folder / "c").rename(folder / "sub" / "c"),
        lambda: (folder / "empty").mkdir(),
        lambda: (folder / "link").symlink_to("nowhere"),
        lambda: ((folder / "link").unlink(), (folder / "link").symlink_to("elsewhere")),
    ]
    for count, change in enumerate(changes, start=2):
        change()
        note()
        assert len(seen) == count


def test_a_file_that_changes_while_it_is_read_is_an_error(project: Path) -> None:
    path = project / "raw"
    path.write_bytes(bytes(LARGE))

    class Meddling:
        """A memo that is asked between the stamp and the reading: time enough for somebody else."""

        def recall(self, path: str, stamp: object) -> None:
            with open(path, "ab") as file:
                file.write(b"more")

        def keep(self, path: str, stamp: object, digest: str) -> bool:
            raise AssertionError("a digest of no one state was kept")

    with pytest.raises(ArgumentError, match="changed while it was being read"):
        FileDigests(Meddling()).digest(str(path))  # type: ignore[arg-type]


def test_C10_what_a_path_names_stays_that_when_the_function_changes_the_working_folder(
    run: Callable[..., str],
) -> None:
    script = """
        import os, warnings
        from pathlib import Path
        from makeit import File, make

        @make(output="json:out.json")
        def f(path: Path, name: File, several: list) -> str:
            print("run")
            text = path.read_text() + Path(name).read_text() + several[0].read_text()
            os.chdir("below")
            return text

        def show(message, *rest):
            print(message)

        warnings.showwarning = show
        warnings.simplefilter("always")
        os.makedirs("work/below")
        Path("work/below/a").write_text("another")
        os.chdir("work")
        for letter in "abc":
            Path(letter).write_text(letter)
        print(f(Path("a"), "b", [Path("c")]))
        os.chdir("..")
        print(f(Path("a"), "b", [Path("c")]))
        record = f.record(Path("a"), "b", [Path("c")])
        print([argument.files for argument in record.arguments.values()])
    """
    first, warned, *rest = run(script).splitlines()
    assert first == "run"
    assert warned.startswith("the working folder changed while f ran, which a reuse does not do")
    assert rest == ["abc", "abc", "[('work/a',), ('work/b',), ('work/c',)]"]
