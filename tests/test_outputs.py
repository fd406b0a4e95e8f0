"""What is known of the files at output paths, with as few of them read as is safe."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import ForeignFileError, MakeitError, TextFile, make
from makeit.identity.digest import METER, digest
from makeit.identity.files import stamp
from makeit.model import FileRecord, OutputRecord, Record
from makeit.store.ledger import Entry, Ledger
from makeit.store.outputs import Outputs
from makeit.store.project import Project

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]


def text(x: int) -> str:
    print("Running")
    return str(x).zfill(100_000)


def read_by(action: Callable[[], object]) -> int:
    before = METER.bytes
    action()
    return METER.bytes - before


def test_an_unchanged_named_file_is_vouched_for_by_its_stamp() -> None:
    made = make(func=text, output="text:a.txt")
    made(1)
    assert read_by(lambda: made(1)) < 1000
    os.utime("a.txt", (1, 1))
    assert read_by(lambda: made(1)) >= 100_000  # once, and the new stamp is kept
    time.sleep(0.05)
    made(1)
    assert read_by(lambda: made(1)) < 1000


def test_E3_an_edit_right_after_the_run_with_size_and_time_restored_is_seen(project: Path) -> None:
    made = make(func=text, output="text:a.txt")
    missed = 0
    for x in range(30):
        made(x)
        before = os.stat("a.txt")
        with open("a.txt", "r+") as file:
            file.write("EDIT")
        os.utime("a.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
        try:
            missed += made(x).startswith("0000")
            made(x + 1000)
        except ForeignFileError:
            pass
        assert Path("a.txt").read_text().startswith("EDIT")
        os.unlink("a.txt")
    assert not missed


@pytest.mark.parametrize("how", ["rewrite", "append", "truncate", "exchange", "exchange with the time kept"])
@pytest.mark.parametrize("output", ["text:a.txt", "pickle:a.pkl", "json:a.json"])
def test_E3_every_kind_of_change_is_seen(output: str, how: str, capsys: Printed) -> None:
    name = output.partition(":")[2]
    made = make(func=text, output=output, name="f")
    made(1)
    before = os.stat(name)
    if how == "rewrite":
        Path(name).write_bytes(b"x" * before.st_size)
    elif how == "append":
        with open(name, "a") as file:
            file.write(" ")
    elif how == "truncate":
        os.truncate(name, before.st_size - 1)
    else:
        Path("other").write_bytes(b"x" * before.st_size)
        if "kept" in how:
            os.utime("other", ns=(before.st_atime_ns, before.st_mtime_ns))
        os.replace("other", name)
    content = Path(name).read_bytes()
    assert not made.why(1).reuse
    for x in (1, 2):
        with pytest.raises(ForeignFileError, match="changed"):
            made(x)
    assert Path(name).read_bytes() == content
    assert capsys.readouterr().out == "Running\n"


def test_E2_a_change_that_is_taken_back_is_no_change(capsys: Printed) -> None:
    made = make(func=text, output="text:a.txt")
    made(1)
    shutil.copy("a.txt", "copy")
    Path("a.txt").write_text("mine")
    with pytest.raises(ForeignFileError):
        made(1)
    shutil.copy("copy", "a.txt")
    assert made(1) == text(1)
    made(2)
    assert Path("a.txt").read_text().endswith("2")


@pytest.mark.parametrize("back_ns", [0, 10**15])
@pytest.mark.parametrize(
    ("later_ns", "fine", "vouched"),
    [(1_000_000, False, False), (19_000_000, False, False), (20_000_000, False, True), (1_000_000, True, True)],
)
def test_a_stamp_vouches_only_for_a_file_that_was_at_rest_before_its_record(
    back_ns: int, later_ns: int, fine: bool, vouched: bool, project: Path
) -> None:
    """Whoever dates a file back moves its ctime, so that counts, too; where stamps are fine each change has its own."""
    path = project / "a.txt"
    path.write_text("EDITED")
    os.utime(path, ns=(0, path.stat().st_mtime_ns - back_ns))
    now = stamp(path)
    assert now is not None
    # The record is of other bytes: only who does not read the file can take it for the result.
    file = FileRecord("a.txt", now.size, now.mtime_ns, now.ctime_ns, now.inode, digest(b"result"), fine)
    record = Record("", "f", {}, {}, (OutputRecord("a.txt", "text", (file,)),), 0.0, 0.0, {})
    where = Project(str(project), str(project / ".makeit"))
    entry = Entry(record, now._replace(mtime_ns=max(now.mtime_ns, now.ctime_ns) + later_ns))
    examined = Outputs(where, Ledger(where)).examine(entry, [TextFile(path)])
    assert (not examined.faults) is vouched


def test_E3_the_error_says_who_wrote_it_and_when(project: Path) -> None:
    made = make(func=text, output="text:a.txt")
    made(1)
    Path("a.txt").write_text("mine")
    with pytest.raises(ForeignFileError, match=rf"{project}/a\.txt was changed after \S*test_outputs\.text wrote it"):
        made(1)


def test_E4_a_file_of_another_function_is_replaced_and_not_foreign(capsys: Printed) -> None:
    import warnings

    def one(x: int) -> Any:
        return f"one {x}"

    def two(x: int) -> Any:
        return f"two {x}"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # E5 is tested elsewhere
        for function in (one, two, one):
            made = make(func=function, output="text:a.txt")
            assert made(1) == f"{function.__name__} 1"
            assert Path("a.txt").read_text() == f"{function.__name__} 1"


def test_a_small_kept_result_is_checked_by_content_at_every_load(project: Path, capsys: Printed) -> None:
    def f(x: int) -> list[int]:
        print("Running")
        return [x]

    made = make(func=f)
    made(1)
    (kept,) = (project / ".makeit" / "results").rglob("*.pkl")
    for damaged in (b"", bytes(kept.stat().st_size), kept.read_bytes()[:-1]):
        before = kept.stat()
        kept.write_bytes(damaged)
        os.utime(kept, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert made(1) == [1]
    assert capsys.readouterr().out == "Running\n" * 4


def test_a_large_kept_result_that_was_changed_runs_again(project: Path, capsys: Printed) -> None:
    made = make(func=text)
    made(1)
    (kept,) = [path for path in (project / ".makeit" / "results").rglob("*") if path.is_file()]
    kept.write_bytes(bytes(kept.stat().st_size))
    assert made(1) == "1".zfill(100_000)
    assert capsys.readouterr().out == "Running\n" * 2


def test_a_scalar_is_read_again_when_its_file_changes(project: Path, run: Run) -> None:
    made = make(func=len, output="json:a.json", name="n")
    assert made([1, 2]) == made([1, 2]) == 2
    other = """
        import warnings
        from makeit import make

        warnings.simplefilter("ignore")
        print(make(func=len, output="json:a.json", name="n")([1, 2, 3]))
    """
    assert run(other) == "3\n"
    assert made([1, 2, 3]) == 3
    assert made([1, 2]) == 2


def test_E4_a_link_to_content_that_is_not_there_is_not_replaced(project: Path) -> None:
    made = make(lambda: "computed", name="f", output="text:x.txt")
    os.symlink("annex/unfetched", project / "x.txt")
    with pytest.raises(ForeignFileError, match="link to a file that is not there"):
        made()
    assert os.readlink(project / "x.txt") == "annex/unfetched"


def test_a_pickle_that_everybody_can_write_is_not_adopted(project: Path) -> None:
    made = make(lambda: 1, name="f", output="pickle:x.pkl")
    (project / "x.pkl").write_bytes(b"\x80\x05K\x02.")
    os.chmod(project / "x.pkl", 0o666)
    with pytest.raises(MakeitError, match="chmod o-w"):
        made.adopt()
    os.chmod(project / "x.pkl", 0o644)
    made.adopt()
    assert made() == 2


@pytest.mark.parametrize("foreign", ["refuse", "adopt", "replace"])
def test_a_pipe_at_an_output_is_neither_read_nor_replaced(foreign: Any, project: Path) -> None:
    os.mkfifo("a.txt")
    with pytest.raises(ForeignFileError, match=r"is a device, a pipe or a socket.*name another output"):
        make(func=str, output="text:a.txt", name="a", foreign=foreign)("x")
    assert Path("a.txt").is_fifo()
