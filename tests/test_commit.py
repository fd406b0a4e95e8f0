"""The write protocol, at the points where a process can be killed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from makeit import CacheWarning, ForeignFileError, Maker, Persister, PersistError, hookimpl, make
from makeit.formats.pickle import PickleFile
from makeit.store import pruning

Run = Callable[..., str]
STRACE = shutil.which("strace")

# Its key parts are asked for in every call; in the killed process the persister's files() is what
# the record is made from, between the rename and the writing of the record.
SCRIPT = dedent("""
    import os, sys
    from pathlib import Path
    from makeit import Persister, make

    class Deadly(Persister):
        def save(self, data):
            self.filename.write_text(data)
            if where == "save":
                os._exit(9)

        def load(self):
            if where == "load":
                os._exit(9)
            return self.filename.read_text()

        def files(self):
            done = self.filename.parent == Path.cwd() and self.filename.exists()
            if where == "renamed" and done and self.filename.read_text() == value:
                os._exit(9)
            return (self.filename,)

    value, where = sys.argv[1:]

    @make(output=(Deadly("a.txt"), Deadly("b.txt")))
    def f(value):
        print("Running", value)
        return value, value

    print(f(value))
    """)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.startswith(".makeit-") or path.name.endswith("~")]


@pytest.fixture
def killed(project: Path, run: Run) -> Callable[[str, str], None]:
    """Run the script once as it should, then have it die at a given point with another value."""
    script = project / "script.py"
    script.write_text(SCRIPT)

    def kill(value: str, where: str) -> None:
        done = subprocess.run([sys.executable, str(script), value, where], capture_output=True, text=True, check=False)
        assert done.returncode == 9, done.stderr

    return kill


@pytest.mark.parametrize("where", ["save", "load", "renamed"])
@pytest.mark.parametrize("before", ["old", None])
def test_E1_E7_a_kill_leaves_old_or_new_and_never_a_mixed_reuse(
    project: Path, run: Run, killed: Callable[[str, str], None], where: str, before: str | None
) -> None:
    script = project / "script.py"
    if before:
        assert run(script, before, "") == f"Running {before}\n{(before, before)}\n"
    killed("new", where)
    seen = {(project / name).read_text() if (project / name).exists() else None for name in ("a.txt", "b.txt")}
    assert seen <= {before, "new"}
    assert seen == {"new"} if where == "renamed" else seen == {before}
    # whatever was asked for last, and whatever is asked for next: the right value, and no error
    value = before or "new"
    assert run(script, value, "").splitlines()[-1] == str((value, value))
    assert run(script, value, "") == f"{(value, value)}\n"
    assert run(script, "other", "") == f"Running other\n{('other', 'other')}\n"
    assert not leftovers(project)


def test_after_a_kill_before_the_record_the_files_are_makeits_own(
    project: Path, run: Run, killed: Callable[[str, str], None]
) -> None:
    killed("new", "renamed")
    assert run(project / "script.py", "other", "") == "Running other\n('other', 'other')\n"


def test_after_a_kill_a_hand_edit_is_still_somebody_elses(
    project: Path, run: Run, killed: Callable[[str, str], None]
) -> None:
    killed("new", "renamed")
    (project / "a.txt").write_text("mine")
    out = run(project / "script.py", "new", "", check=False)
    assert "ForeignFileError" in out
    assert (project / "a.txt").read_text() == "mine"


def test_what_the_dead_left_is_swept_and_what_the_living_hold_stays(
    project: Path, run: Run, killed: Callable[[str, str], None]
) -> None:
    killed("new", "save")
    (dead,) = leftovers(project)
    alive = re.sub(r"-\d+-", f"-{os.getpid()}-", dead)
    (project / alive).mkdir()
    (project / ".makeit-unrelated").write_text("a person's")
    run(project / "script.py", "new", "")
    assert sorted(leftovers(project)) == sorted([alive, ".makeit-unrelated"])


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_a_file_is_synced_before_its_rename_and_its_folder_after_and_the_record_comes_last(project: Path) -> None:
    assert STRACE
    script = project / "script.py"
    script.write_text(SCRIPT)
    log = project / "log"
    command = [STRACE, "-f", "-y", "-o", str(log), "-e", "trace=fsync,fdatasync,rename,renameat,renameat2"]
    done = subprocess.run([*command, sys.executable, str(script), "x", ""], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"strace cannot trace here: {done.stderr[-200:]}")
    events = []
    for line in log.read_text().splitlines():
        if match := re.search(r"(fsync|fdatasync)\(\d+<([^>]*)>", line):
            events.append(("sync", match[2]))
        elif match := re.search(r'rename\w*\((?:\S+ )?"([^"]*)",(?: \S+)? "([^"]*)"', line):
            events.append(("rename", match[2]))
    renames = [path for kind, path in events if kind == "rename"]
    for name in ("a.txt", "b.txt"):
        at = events.index(("rename", str(project / name)))
        assert any(kind == "sync" and path.endswith(f"/{name}") for kind, path in events[:at]), name
        assert ("sync", str(project)) in events[at:], name
    record = str(project / ".makeit" / "records" / "a.txt.json")
    intent = next(path for path in renames if path.endswith(".intent"))
    assert renames.index(intent) < renames.index(str(project / "a.txt"))
    assert renames.index(record) > renames.index(str(project / "b.txt"))
    at = events.index(("rename", record))
    assert ("sync", str(project)) in events[:at]
    assert any(kind == "sync" and path.startswith(record) for kind, path in events[:at])


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("call", ["rename", "fsync"])
def test_E1_E7_killed_at_each_rename_and_sync_of_a_save(project: Path, run: Run, call: str) -> None:
    assert STRACE
    script = project / "script.py"
    script.write_text(SCRIPT)
    run(script, "old", "")
    kills = 0
    for number in range(1, 30):
        inject = f"inject={call}:signal=SIGKILL:when={number}"
        trace = [STRACE, "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", inject]
        value = f"new{number}"
        done = subprocess.run([*trace, sys.executable, str(script), value, ""], capture_output=True, check=False)
        files = [(project / name).read_text() for name in ("a.txt", "b.txt")]
        assert all(re.fullmatch(r"old|new\d+", text) for text in files)
        if done.returncode == 0:
            break
        kills += 1
        if number % 3 == 0:
            assert run(script, value, "").splitlines()[-1] == str((value, value))
    else:
        pytest.fail("it never got through")
    if not kills:
        pytest.skip("strace cannot inject here")
    assert kills >= 3
    assert not leftovers(project)


def test_files_get_the_mode_of_the_umask(project: Path) -> None:
    before = os.umask(0o027)
    try:
        make(func=str, output="text:a.txt", name="a")("x")
    finally:
        os.umask(before)
    assert Path("a.txt").stat().st_mode & 0o777 == 0o640


def test_a_result_replaces_a_file_and_open_readers_keep_the_old_one(project: Path) -> None:
    made = make(func=str, output="text:a.txt", name="a")
    made("old")
    with open("a.txt") as reader:
        made("new")
        assert reader.read() == "old"
    assert Path("a.txt").read_text() == "new"


def test_a_file_pair_is_replaced_like_one_file(project: Path) -> None:
    class Pair(Persister):
        def save(self, data: str) -> None:
            for path in self.files():
                path.write_text(data)

        def load(self) -> str:
            return "".join(path.read_text() for path in self.files())

        def files(self) -> tuple[Path, ...]:
            return (Path(self.filename), Path(self.filename).with_suffix(".b"))

    made = make(func=str, output=Pair("x.a"), name="pair")
    for value in ("1", "2"):
        assert made(value) == value * 2
    Path("x.b").write_text("mine")
    with pytest.raises(ForeignFileError, match=r"x\.b was changed after pair wrote it"):
        made("3")


def test_who_finds_a_lock_busy_does_not_publish_and_gives_the_value(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from makeit.store import lock

    made = make(func=str, output="text:a.txt", name="a")
    made("old")
    monkeypatch.setattr(lock, "_TIMEOUT_S", 0.1)
    opened = made._works.bench
    with lock.commit_lock(opened.project, [str(project / "a.txt")]) as held:
        assert held == "held"
        with pytest.warns(CacheWarning, match="somebody else is writing"):
            assert made("new") == "new"
    assert Path("a.txt").read_text() == "old"
    assert made("old") == "old"


def test_results_that_no_record_knows_are_removed_after_an_hour(
    project: Path, run: Run, killed: Callable[[str, str], None]
) -> None:
    results = project / ".makeit" / "results"
    made = make(func=str, name="kept")
    made("x")
    for name, age in (("0123.json", 7200), ("4567.json", 60)):
        orphan = results / "kept" / name
        orphan.write_text("1")
        os.utime(orphan, (time.time() - age, time.time() - age))
    pruning._collected.clear()
    make(func=str, name="kept")("y")
    assert not (results / "kept" / "0123.json").exists()
    assert (results / "kept" / "4567.json").exists()


def test_nothing_stays_of_a_kept_result_that_was_replaced(project: Path) -> None:
    made = make(func=lambda x: (x, x), output=("text:a.txt", None), name="pair")
    for value in ("1", "2", "3"):
        made(value)
    assert len(list((project / ".makeit" / "results" / "pair").iterdir())) == 1


def test_a_killed_save_of_an_unnamed_result_is_swept_by_any_later_call(project: Path, run: Run) -> None:
    script = project / "script.py"
    script.write_text(
        dedent("""
        import os, sys
        from makeit import make

        class Deadly:
            def __reduce__(self):
                os._exit(9)

        @make
        def f(x):
            return Deadly() if x == 1 else {x}

        f(int(sys.argv[1]))
        """)
    )
    subprocess.run([sys.executable, str(script), "1"], capture_output=True, check=False)
    assert len(leftovers(project)) == 1
    run(script, "2")
    assert not leftovers(project)


def test_E7_a_kept_result_is_one_file_beside_the_others_and_nothing_else(project: Path) -> None:
    made = make(func=lambda x: {x}, name="kept", keep=None)
    both = make(func=lambda x: ({x}, x), output=(None, None), name="both", keep=None)
    for x in (1, 2):
        made(x)
        both(x)
    results = project / ".makeit" / "results"
    assert [path.suffix for path in (results / "kept").iterdir()] == [".pkl"] * 2
    names = sorted(path.name for path in (results / "both").iterdir())
    keys = sorted({re.split("[.-]", name)[0] for name in names})
    assert names == sorted(f"{key}{ending}" for key in keys for ending in (".pkl", "-1.json"))


class Chatty(PickleFile):
    """A format of somebody's own that writes notes beside its file and does not say so."""

    def save(self, data: object) -> None:
        super().save(data)
        (self.filename.parent / "notes.txt").write_text("notes")


def test_what_a_format_of_somebodys_own_writes_beside_a_kept_result_is_refused(project: Path) -> None:
    class Chooser:
        @hookimpl
        def makeit_choose_persister(self, value: object) -> Persister:
            return Chatty("value.pkl")

    with pytest.raises(PersistError, match=r"wrote .*\.pkl, notes\.txt instead of .*\.pkl"):
        Maker(plugins=[Chooser()])(func=lambda: {1}, name="chatty")()
    assert not [path for path in (project / ".makeit" / "results").rglob("*") if path.is_file()]


def test_a_cachedir_that_was_removed_between_two_runs_is_made_again(project: Path) -> None:
    made = make(func=lambda x: {x}, name="kept", keep=None)
    made(1)
    shutil.rmtree(project / ".makeit")
    made(2)
    assert made.why(2).reuse
    assert not leftovers(project)


def test_E7_a_folder_in_the_place_of_a_kept_result_gives_way_and_leaves_nothing(project: Path) -> None:
    made = make(func=lambda x: {x}, name="kept")
    made(1)
    (file,) = (project / ".makeit" / "results" / "kept").iterdir()
    file.unlink()
    file.mkdir()
    (file / "inside").touch()
    assert made(1) == {1}
    assert made.why(1).reuse
    assert file.is_file()
    assert not leftovers(project)
