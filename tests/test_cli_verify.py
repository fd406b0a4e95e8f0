"""`makeit verify`: every file that is not as makeit wrote it is named, and nothing else."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from makeit import Persister, make
from makeit.cli import main
from makeit.store.verifying import ahead

pytestmark = pytest.mark.filterwarnings("ignore:.*takes turns on the file")


def verify(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["verify", *arguments], catch_exceptions=False)


def wrong(*arguments: str) -> dict[str, str]:
    """Return what is wrong, by file, and check that the exit status says the same."""
    done = verify("--json", *arguments)
    found = {fault["path"]: fault["state"] for fault in json.loads(done.stdout)["wrong"]}
    assert done.exit_code == bool(found)
    return found


@pytest.fixture
def results(project: Path) -> Path:
    """Store named, kept, mixed and earlier results."""
    named = make(lambda i, x=1: f"{i} {x} " * 100, output="text:named/{i}.txt", name="named", keep=2)
    pair = make(lambda i: (str(i), i), output=("text:pair/{i}.txt", None), name="pair")
    kept = make(lambda i: list(range(i)), name="kept", keep=None)
    for i in range(3):
        for step in (named, pair, kept):
            step(i)
        named(i, 2)
    return project


@pytest.mark.parametrize("options", [(), ("--quick",)])
def test_all_is_well_where_nobody_touched_anything(results: Path, options: tuple[str, ...]) -> None:
    done = verify(*options)
    assert done.exit_code == 0
    assert "12 records, 15 files" in done.stdout
    assert done.stdout.endswith("all as recorded\n")


def test_each_file_that_is_not_as_written_is_named(results: Path) -> None:
    version = next((results / ".makeit/history/named/2.txt.versions").iterdir())
    same_size = (results / "named/0.txt").read_text().replace("0 2", "0 3")
    (results / "named/0.txt").write_text(same_size)
    (results / "named/1.txt").unlink()
    (version / "0").write_text("1")
    kept_file = next((results / ".makeit/results/kept").iterdir())
    kept_file.write_bytes(b"")
    record = results / ".makeit/records/pair/1.txt.json"
    record.write_text(record.read_text().replace("pair", "fair"))
    touched = results / "named/2.txt"
    os.utime(touched)
    everything = {
        "named/0.txt": "changed",
        "named/1.txt": "missing",
        f"@cachedir/{version.relative_to(results / '.makeit')}/0": "changed",
        f"@cachedir/{kept_file.relative_to(results / '.makeit')}": "changed",
        "@cachedir/records/pair/1.txt.json": "damaged",
    }
    assert wrong() == everything
    quick = {**everything, "named/0.txt": "touched", "named/2.txt": "touched"}
    assert wrong("--quick") == quick
    assert wrong("named/0.txt", "pair (2)") == {"named/0.txt": "changed"}
    done = verify()
    assert done.exit_code == 1
    assert "named (1)" in done.stdout
    assert "5 not as recorded" in done.stdout


def test_a_file_that_cannot_be_read_or_is_an_unfetched_link_is_no_crash(results: Path) -> None:
    (results / "named/0.txt").unlink()
    (results / "named/0.txt").symlink_to(".git/annex/objects/x/y/MD5E-s9--abc/MD5E-s9--abc")
    (results / "named/1.txt").unlink()
    (results / "named/1.txt").symlink_to("1.txt")
    assert wrong() == {"named/0.txt": "missing", "named/1.txt": "unreadable"}
    assert "datalad get" in verify("named/0.txt").stdout


def test_a_kept_result_and_a_pointer_without_a_record_are_reported_once_they_are_old(results: Path) -> None:
    two = make(lambda: ("a", "b"), output=("text:a.txt", "text:b.txt"), name="two")
    two()
    (results / ".makeit/records/a.txt.json").unlink()
    pointer = results / ".makeit/records/b.txt.json"
    place = next((results / ".makeit/records/@cachedir/results/kept").iterdir())
    place.unlink()
    (kept,) = (results / ".makeit/results/kept").glob(f"{place.stem}.*")
    assert wrong() == {}  # somebody may be about to write the records
    for path in (pointer, kept):
        os.utime(path, (0, 0))
    assert wrong() == {
        "@cachedir/records/b.txt.json": "astray",
        f"@cachedir/results/kept/{kept.name}": "unrecorded",
    }
    assert wrong("named") == {}


def test_a_file_that_two_calls_claim_names_the_one_that_wrote_it_last(project: Path) -> None:
    for number in (1, 2):
        made = make(lambda n: (str(n), str(n)), output=(f"text:{number}.txt", "text:shared.txt"), name=f"made{number}")
        made(number)
    assert wrong() == {"shared.txt": "changed"}
    assert "made2 has written it since" in verify().stdout


class Folder(Persister):
    """A folder with one file."""

    folder = True

    def save(self, data: str) -> None:
        self.filename.mkdir()
        (self.filename / "part").write_text(data)

    def load(self) -> str:
        return (self.filename / "part").read_text()


def test_a_folder_is_verified_as_one_output(project: Path) -> None:
    make(lambda: "text", output=Folder("tree.d"), name="tree")()
    assert wrong() == wrong("--quick") == {}
    (project / "tree.d/part").write_text("test")
    assert wrong() == {"tree.d": "changed"}
    assert wrong("--quick") == {"tree.d": "touched"}


def test_results_published_meanwhile_are_not_reported(project: Path, run: Any) -> None:
    """E1: who verifies while another process publishes sees whole results, the old ones or the new ones."""
    script = project / "writer.py"
    script.write_text(
        "from makeit import make\nmade = make(lambda n: str(n) * 70000, output='text:x.txt', name='x', keep=2)\n"
        "kept = make(lambda n: str(n), name='k')\n"
        "print(flush=True)\nfor n in range(10**9):\n    made(n), kept(n)\n"
    )
    writer = subprocess.Popen([sys.executable, "-W", "ignore", str(script)], stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        while not (project / ".makeit/records/x.txt.json").exists():
            pass
        assert [wrong() for _ in range(20)] == [{}] * 20
    finally:
        writer.kill()
        writer.communicate()


def test_few_results_are_ahead_of_those_that_were_asked_for() -> None:
    started = []
    found = ahead(lambda n: started.append(n) or n, iter(range(10_000)), 4)
    assert next(found) == 0
    assert len(started) < 1000
    assert list(found) == list(range(1, 10_000))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("makeit")]


def test_a_terminal_gets_a_bar_on_standard_error_and_a_pipe_does_not(results: Path) -> None:
    command = [sys.executable, "-m", "makeit", "verify"]
    ours, theirs = pty.openpty()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    assert b"verify" in os.read(ours, 65536)
    os.close(ours)
    assert done.stdout.startswith(b"read 12 records")
    assert subprocess.run(command, capture_output=True, check=True).stderr == b""


def test_what_is_not_there_is_no_target(results: Path) -> None:
    done = verify("named/9.txt")
    assert done.exit_code == 2
    assert "no file and no call" in done.output
