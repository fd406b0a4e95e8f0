"""`makeit clean`: what was asked for goes, the cheapest first, and never a file that makeit did not write."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from makeit import Persister, make
from makeit.cli import main
from makeit.records import Record
from makeit.review.cleaning import Wish, plan
from makeit.store.catalogue import Catalogue
from makeit.store.ledger import Ledger
from makeit.store.outputs import Outputs
from makeit.store.project import Project

pytestmark = pytest.mark.filterwarnings("ignore:.*takes turns on the file")

Made = Callable[..., Any]


def clean(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["clean", *arguments], catch_exceptions=False)


def cleaned(*arguments: str) -> dict[str, Any]:
    """Remove without asking; return what went and what stayed, in words."""
    found = json.loads(clean("--json", *arguments, *(() if "--dry-run" in arguments else ("--yes",))).stdout)
    return {**found, **{name: [row["what"] for row in found[name]] for name in ("removed", "left")}}


def amend(change: Callable[[Record], dict[str, Any]]) -> None:
    """Write other facts into all records: what took long, and when it was."""
    catalogue = Catalogue(Project.locate(None, None))
    for filed in list(catalogue.records()):
        Ledger(catalogue.project).write_place(filed.place, evolve(filed.record, **change(filed.record)))


class Folder(Persister):
    """A folder with two files."""

    folder = True

    def save(self, data: str) -> None:
        self.filename.mkdir()
        for name in "ab":
            (self.filename / name).write_text(name + data)

    def load(self) -> str:
        return (self.filename / "a").read_text()[1:]


@pytest.fixture
def named(project: Path) -> Made:
    return make(lambda i, x=1: f"{i} {x} " * 100, output="text:named/{i}.txt", name="named", keep=4)


@pytest.fixture
def kept(project: Path) -> Made:
    return make(lambda i: "k" * i, name="kept", keep=None)


@pytest.fixture
def pair(project: Path) -> Made:
    return make(lambda i: (str(i), "p" * i), output=("text:pair/{i}.txt", None), name="pair")


def kept_files() -> list[Path]:
    return [path for path in Path(".makeit/results").rglob("*") if path.is_file()]


def test_only_what_lies_inside_the_cachedir_goes_and_runs_again(
    project: Path, named: Made, kept: Made, pair: Made
) -> None:
    for i in (1, 2):
        named(i), kept(i), pair(i)
    assert cleaned("--function", "*")["removed"] == ["kept", "kept", "pair (1)", "pair (2)"]
    assert kept_files() == []
    assert not list((project / ".makeit/records/@cachedir").rglob("*.json"))
    assert sorted(path.name for path in project.glob("*/*.txt")) == ["1.txt", "1.txt", "2.txt", "2.txt"]
    assert named.why(1).reuse
    assert [reason.kind for reason in pair.why(1).reasons] == ["missing"]
    assert pair(1) == ("1", "p")
    assert kept(2) == "kk"
    assert clean("--function", "nobody").stdout.startswith("nothing to remove")


def test_named_files_go_with_their_records_where_that_is_asked_for(project: Path, named: Made, pair: Made) -> None:
    for i in (1, 2):
        named(i), pair(i)
    assert cleaned("--function", "named", "--function", "p*r", "--outputs")["removed"] == [
        "named (1)", "named (2)", "pair (1)", "pair (2)"
    ]  # fmt: skip
    assert [*project.glob("*/*.txt"), *(project / ".makeit/records").rglob("*.json"), *kept_files()] == []
    assert named.why(1).reasons[0].kind == "never-run"
    (project / "named/1.txt").write_text("mine")
    assert named.why(1).reasons[-1].kind == "foreign"


def test_all_limits_have_to_be_met(project: Path, kept: Made) -> None:
    for i in (1000, 2000, 3000):
        kept(i)
    amend(lambda record: {"started": time.time() - 86400 * int(record.arguments["i"].repr) / 100})
    sizes = {path.stat().st_size for path in kept_files()}
    assert cleaned("--older-than", "15d", "--dry-run")["remaining"] == min(sizes)
    assert cleaned("--older-than", "2w", "--larger-than", "2.5kB", "--dry-run")["size"] == max(sizes)
    assert cleaned("--older-than", "1y", "--larger-than", "2.5kB", "--dry-run")["removed"] == []
    assert len(cleaned("--larger-than", "1.5 KiB")["removed"]) == 2
    assert [path.stat().st_size for path in kept_files()] == [min(sizes)]


def test_earlier_results_go_the_oldest_first(project: Path, named: Made) -> None:
    for x in (1, 2, 3, 4):
        named(1, x)
    assert len(cleaned("--versions", "--keep", "2", "--dry-run")["removed"]) == 1
    gone = cleaned("--versions", "--keep", "1")
    assert (len(gone["removed"]), gone["remaining"]) == (2, 400)
    assert named.why(1, 3).reuse
    assert not named.why(1, 2).reuse
    cleaned("--versions")
    assert not named.why(1, 3).reuse
    assert named.why(1, 4).reuse
    assert not (project / ".makeit/history/named/1.txt.versions").exists()


@pytest.fixture
def thousand(project: Path) -> dict[str, float]:
    """Store 1,000 named outputs of different sizes that took different times; return the seconds per byte of each."""
    made = make(lambda i: "x" * (1 + i % 37), output="text:out/{i}.txt", name="made")
    for i in range(1000):
        made(i)
    amend(lambda record: {"seconds": float(int(record.arguments["i"].repr) * 7919 % 1000)})
    return {f"made ({i})": (i * 7919 % 1000) / (1 + i % 37) for i in range(1000)}


def test_what_is_dearest_per_byte_stays_and_so_does_a_file_of_somebody_else(
    project: Path, thousand: dict[str, float]
) -> None:
    by_worth = sorted(thousand, key=lambda name: thousand[name])
    foreign = by_worth[3]
    edited = project / "out" / f"{foreign[6:-1]}.txt"
    edited.write_text("y" * edited.stat().st_size)
    done = cleaned("--max-size", "10kB", "--outputs")
    assert done["left"] == [foreign]
    assert edited.read_text()[0] == "y"
    gone = done["removed"]
    expected = [name for name in by_worth[: len(gone) + 1] if name != foreign]
    assert [thousand[name] for name in gone] == [thousand[name] for name in expected]
    assert 9_900 < done["remaining"] <= 10_000
    left = {f"made ({path.stem})" for path in (project / "out").iterdir()}
    assert left == {*thousand} - {*gone}
    assert max(thousand[name] for name in gone) <= min(thousand[name] for name in left - {foreign})
    assert cleaned("--max-size", "10kB", "--outputs")["removed"] == []


def test_a_limit_that_cannot_be_reached_is_said_by_the_exit_status(project: Path, named: Made) -> None:
    named(1)
    (project / "named/1.txt").rename(project / "named/2.txt")
    os.link(project / "named/2.txt", project / "named/1.txt")
    assert clean("--max-size", "0", "--outputs", "--dry-run").exit_code == 0  # what does not go does not count
    named(3)
    assert clean("--max-size", "100B", "--outputs", "--dry-run").exit_code == 0
    assert clean("--max-size", "100B", "--outputs", "--function", "other", "--dry-run").exit_code == 1


def test_time_spent_in_calls_that_are_kept_by_themselves_counts_for_those(project: Path) -> None:
    inner = make(lambda: time.sleep(0.2) or "inner" * 10, name="inner")
    outer = make(lambda: inner() + "outer", name="outer")
    outer()
    rows = json.loads(clean("--max-size", "0", "--dry-run", "--json").stdout)["removed"]
    found = {row["what"]: row["seconds"] for row in rows}
    whole, part = (made.record().seconds for made in (outer, inner))
    assert found == {"outer": pytest.approx(whole - part, abs=0.01), "inner": pytest.approx(part, abs=0.01)}
    assert part >= 0.2


def test_of_equal_worth_the_oldest_goes_first(project: Path, kept: Made) -> None:
    for i in (5, 5000):
        kept(i)
    ages = {5: 1000.0, 5000: 2000.0}
    amend(lambda record: {"seconds": 0.0, "started": ages[int(record.arguments["i"].repr)]})
    rows = json.loads(clean("--max-size", "0", "--dry-run", "--json").stdout)["removed"]
    assert [row["last_run"] for row in rows] == [1000.0, 2000.0]


def edit(path: Path) -> None:
    path.write_text("e" * path.stat().st_size)


def link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


def double(path: Path) -> None:
    os.link(path, path.with_suffix(".double"))


def unfetch(path: Path) -> None:
    path.unlink()
    path.symlink_to(".git/annex/objects/x/y/MD5E-s9--abc/MD5E-s9--abc")


def replace(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("hand", [edit, link, double, unfetch, replace])
def test_E3_what_makeit_did_not_write_like_this_stays(project: Path, hand: Callable[[Path], None]) -> None:
    two = make(lambda: ("first", "second"), output=("text:a.txt", "text:b.txt"), name="two")
    two()
    hand(project / "b.txt")
    before = sorted(os.listdir(project))
    done = clean("--function", "two", "--outputs", "--yes")
    assert done.exit_code == 0
    assert "stays: two: " in done.stdout
    assert sorted(os.listdir(project)) == before
    assert two.record() is not None
    assert (project / "a.txt").read_text() == "first"


def test_E3_an_adopted_file_is_never_removed(project: Path, named: Made) -> None:
    named(1)
    (project / "named/1.txt").write_text("mine")
    named.adopt(1)
    assert cleaned("--function", "named", "--outputs")["left"] == ["named (1)"]
    assert (project / "named/1.txt").read_text() == "mine"


def test_a_folder_goes_as_a_whole_and_only_as_it_was_written(project: Path) -> None:
    made = make(lambda: "x", output=Folder("tree.d"), name="tree")
    made()
    (project / "tree.d/c").write_text("mine")
    assert cleaned("--function", "tree", "--outputs")["left"] == ["tree"]
    assert sorted(os.listdir("tree.d")) == ["a", "b", "c"]
    (project / "tree.d/c").unlink()
    assert cleaned("--function", "tree", "--outputs")["removed"] == ["tree"]
    assert not (project / "tree.d").exists()
    assert not list(project.glob(".makeit-*"))


def test_E5_a_file_that_another_call_wrote_since_stays_with_that_call(project: Path) -> None:
    first = make(lambda: ("1", "same"), output=("text:1.txt", "text:shared.txt"), name="first")
    second = make(lambda: ("2", "same"), output=("text:2.txt", "text:shared.txt"), name="second")
    first(), second()
    assert cleaned("--function", "first", "--outputs")["removed"] == ["first"]
    assert not (project / "1.txt").exists()
    assert second.why().reuse
    assert cleaned("--function", "second", "--outputs")["removed"] == ["second"]
    assert not (project / "shared.txt").exists()


def test_a_kept_result_that_two_records_lead_to_stays_as_long_as_one_does(project: Path) -> None:
    old, new = (make(lambda: ("1", "kept"), output=(f"text:{o}.txt", None), name="moved") for o in ("old", "new"))
    old(), new()
    assert cleaned("--function", "moved")["removed"] == []
    assert new.why().reuse
    (project / "old.txt").unlink()
    assert cleaned("--function", "moved", "--outputs")["removed"] == ["moved", "moved"]


def test_links_inside_the_cachedir_are_not_followed(project: Path, tmp_path: Path, kept: Made) -> None:
    kept(1000)
    file = kept_files()[0]
    outside = tmp_path / "outside"
    file.parent.rename(outside)
    file.parent.symlink_to(outside)
    assert cleaned("--function", "kept")["left"] == ["kept"]
    assert (outside / file.name).exists()


def test_nothing_is_removed_without_an_answer(project: Path, kept: Made) -> None:
    kept(1)
    for arguments, status in (
        (("--function", "*"), 1),
        (("--function", "*", "--dry-run"), 0),
        (("--function", "*", "--json"), 2),
        ((), 2),
        (("--function", "*", "--keep", "1"), 2),
        (("--orphans", "--max-size", "1"), 2),
        (("--older-than", "soon"), 2),
    ):
        assert clean(*arguments).exit_code == status, arguments
    assert len(kept_files()) == 1
    assert "there is no terminal" in clean("--function", "*").output


def asked(*arguments: str, meanwhile: Callable[[], object] = lambda: None, answer: bytes = b"y\n") -> str:
    """Let a person answer in a terminal, and do something else before that."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "makeit", "clean", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True):
        os.close(theirs)
        printed = b""
        while b"?" not in printed.rpartition(b"Remove")[2]:
            printed += os.read(ours, 65536)
        meanwhile()
        os.write(ours, answer)
        with suppress(OSError):  # as the end of a terminal is called
            while True:
                printed += os.read(ours, 65536)
    os.close(ours)
    return printed.decode()


def test_E3_a_file_that_is_edited_while_the_question_waits_stays(project: Path, named: Made) -> None:
    for i in (1, 2, 3):
        named(i)

    def meanwhile() -> None:
        edit(project / "named/1.txt")
        named.rerun(2)

    printed = asked("--function", "named", "--outputs", meanwhile=meanwhile)
    assert "1.txt was changed by hand" in printed
    assert "named (2): it was replaced" in printed
    assert sorted(os.listdir(project / "named")) == ["1.txt", "2.txt"]
    assert named.why(2).reuse
    assert "nothing was removed" in asked("--function", "named", "--outputs", answer=b"\n")
    assert sorted(os.listdir(project / "named")) == ["1.txt", "2.txt"]


def test_orphans_are_what_no_function_and_no_record_leads_to(project: Path, kept: Made) -> None:
    module = project / "steps.py"
    module.write_text(
        "from makeit import make\n@make\ndef stays(): return 1\n@make\ndef goes(): return 2\n"
        "@make(output='text:named.txt')\ndef named(): return 'n'\n"
    )
    script = "import steps; steps.stays(), steps.goes(), steps.named()"
    subprocess.run([sys.executable, "-c", script], check=True)
    module.write_text("from makeit import make\n@make\ndef stays(): return 1\n")
    kept(1)
    (lost,) = Path(".makeit/results/kept").iterdir()
    cachedir = project / ".makeit"
    Path(Ledger(Project.locate(None, None)).place(str(project / lost.with_suffix("")))).unlink()
    (cachedir / "code/code-1-old.py").write_text("def old(): pass")
    dead = subprocess.run([sys.executable, "-c", _OWNER], capture_output=True, text=True, check=True).stdout
    (cachedir / f"records/deep/.makeit-{dead}-abc").mkdir(parents=True)
    raw = project / "raw.bin"
    raw.write_bytes(b"r" * 100_000)
    make(lambda path: 1, name="reader", output="json:read.json")(raw)
    raw.unlink()
    digest = next((cachedir / "files").glob("*/*.json"))
    for path in (lost, cachedir / "code/code-1-old.py", digest):
        os.utime(path, (0, 0))
    orphans = {
        "goes",
        f"@cachedir/{lost.relative_to('.makeit')}",
        "@cachedir/code/code-1-old.py",
        f"@cachedir/records/deep/.makeit-{dead}-abc",
        f"@cachedir/{digest.relative_to(cachedir)}",
    }
    assert {*cleaned("--orphans", "--dry-run")["removed"]} == orphans
    assert {*cleaned("--orphans")["removed"]} == orphans
    assert cleaned("--orphans", "--outputs")["removed"] == ["named"]
    assert cleaned("--orphans", "--outputs")["removed"] == []
    assert subprocess.run([sys.executable, "-c", "import steps; steps.stays()"], check=True)
    assert (cachedir / "code").exists()


_OWNER = "from makeit.store.owner import owner; print(owner(), end='')"


def scene(project: Path) -> list[Made]:
    """Store what has several files: two named ones with a kept one, a folder, earlier results."""
    three = make(lambda: ("1", "2", "3"), output=("text:1.txt", "text:2.txt", None), name="three")
    tree = make(lambda: "x" * 10, output=Folder("tree.d"), name="tree")
    lists = make(lambda: ("a", "b"), output=(None, None), name="lists")
    again = make(lambda x: str(x), output="text:again.txt", name="again", keep=2)
    again(2)
    calls = [three, tree, lists, lambda: again(1)]
    for call in calls:
        call()
    return calls


def killed_at(number: int) -> bool:
    """Clean in a process that is killed before its n-th change of a name; tell whether it came that far."""
    child = os.fork()
    if not child:
        steps = iter(range(number))

        def hook(event: str, _: object) -> None:
            if event in ("os.remove", "os.rename", "os.rmdir", "os.unlink") and next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        clean("--function", "*", "--outputs", "--yes")
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def test_E7_a_kill_at_any_moment_leaves_no_wrong_result_and_no_file_that_counts_as_foreign(project: Path) -> None:
    calls = scene(project)
    number = 0
    while killed_at(number):
        number += 1
        states = json.loads(CliRunner().invoke(main, ["verify", "--json"]).stdout)["wrong"]
        assert {fault["state"] for fault in states} <= {"missing"}
        assert [call() for call in calls] == [("1", "2", "3"), "x" * 10, ("a", "b"), "1"]
    assert number > 10
    assert not list(project.rglob("*.txt"))


def test_E1_clean_beside_writers_never_makes_a_result_wrong(project: Path) -> None:
    script = (
        "from makeit import make\n"
        "named = make(lambda n: (str(n) * 9000, str(n)), output=('text:{n}.txt', 'text:{n}b.txt'), name='named')\n"
        "kept = make(lambda n: str(n) * 9000, name='kept', keep=None)\n"
        "print(flush=True)\n"
        "for turn in range(10**9):\n"
        "    for n in range(3):\n"
        "        assert named(n) == (str(n) * 9000, str(n)) and kept(n) == str(n) * 9000\n"
    )
    command = [sys.executable, "-W", "error", "-c", script]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    try:
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()
        while not (project / ".makeit/layout").exists():
            pass
        deadline = time.monotonic() + 1.5
        removed = 0
        while time.monotonic() < deadline or not removed:
            removed += len(cleaned("--function", "*", "--outputs")["removed"])
        assert [writer.poll() for writer in writers] == [None, None]
    finally:
        for writer in writers:
            writer.kill()
        errors = [writer.communicate()[1].decode() for writer in writers]
    assert errors == ["", ""]
    assert removed > 5


def test_a_record_that_was_replaced_after_the_look_stays(project: Path, kept: Made) -> None:
    kept(3)
    catalogue = Catalogue(Project.locate(None, None))
    planned = plan(catalogue, Outputs(catalogue.project, Ledger(catalogue.project)), Wish(functions=("*",)))
    kept.rerun(3)
    assert planned.remove(planned.chosen[0]) == "it was replaced or removed meanwhile"
    assert kept.why(3).reuse
