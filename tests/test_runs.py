"""The run log: one line for each run and for what a person did; trouble with it is never anybody else's."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from makeit import CacheWarning, Decision, Maker, Reason, __version__, hookimpl
from makeit.records import Record
from makeit.store.project import Project
from makeit.store.runs import Because, Event, RunLog, _put_aside


def log(project: Path) -> RunLog:
    return RunLog(Project(str(project), str(project / ".makeit")))


def events(project: Path) -> list[Event]:
    """Return the lines in the order in which they were written."""
    return list(log(project).newest())[::-1]


def lines(project: Path) -> list[dict[str, Any]]:
    (path,) = (project / ".makeit/log").iterdir()
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def twice(x: int) -> int:
    return 2 * x


# --- what is written --------------------------------------------------------------------------


def test_each_run_is_a_line_and_a_reuse_is_none(project: Path) -> None:
    f = Maker()(twice, output="json:o/{x}.json", name="f")
    f(1)
    f(1)
    f(1)
    (line,) = lines(project)
    record = f.record(1)
    assert record is not None
    assert (line["started"], line["seconds"]) == (record.started, record.seconds)
    assert line["call"] == record.call
    assert (line["function"], line["label"], line["record"]) == ("f", "f (1)", "o/1.json")
    assert (line["outcome"], line["error"], line["parent"], line["thread"]) == ("ran", "", None, "")
    assert line["reasons"] == [{"kind": "never-run", "text": "never run"}]
    assert line["process"] == {
        "host": platform.node(), "pid": os.getpid(), "user": line["process"]["user"],
        "program": line["process"]["program"], "python": platform.python_version(), "makeit": __version__,
    }  # fmt: skip


def test_a_line_and_a_record_say_why_it_ran_and_where(project: Path) -> None:
    f = Maker()(twice, name="f")
    f(1)
    f(2)
    record = f.record(2)
    assert record is not None
    assert record.reason == "argument x 1 → 2"
    assert record.process == f"{platform.node()}:{os.getpid()}"
    assert events(project)[-1].reasons == (Because("argument", "argument x 1 → 2"),)


def test_a_record_of_before_says_neither_and_is_read(project: Path) -> None:
    f = Maker()(twice, name="f")
    f(1)
    found = msgspec.to_builtins(f.record(1))
    del found["reason"], found["process"]
    old = msgspec.json.decode(msgspec.json.encode(found), type=Record)
    assert (old.reason, old.process) == ("", "")


def test_reasons_without_end_are_cut_in_the_line_and_in_the_record(project: Path) -> None:
    class Chatty:
        @hookimpl
        def makeit_decide(self, call: Any, record: Any) -> Decision:
            return Decision(
                False, [Reason("plugin", f"{number}\n\x1b[31m\udc80" + "x" * 1000) for number in range(1000)]
            )

    f = Maker(plugins=[Chatty()])(twice, output="json:f.json", name="f")
    f(1)
    f(2)
    record = f.record(2)
    assert record is not None
    assert record.reason.startswith(r"0 \x1b[31m\udc80xxx")
    assert len(record.reason) == 500
    (path,) = (project / ".makeit/log").iterdir()
    assert all(len(line) < 4096 for line in path.read_bytes().split(b"\n"))
    assert len(events(project)[-1].reasons) == 8


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")

    def __bool__(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("error", "said"),
    [(ValueError("bad\nworse"), "ValueError: bad"), (KeyboardInterrupt(), "KeyboardInterrupt"), (Mute(), "Mute")],
)
def test_a_run_that_raises_is_a_line_though_nothing_was_ever_kept(
    project: Path, error: BaseException, said: str
) -> None:
    def fail() -> None:
        raise error

    f = Maker()(fail, output="json:f.json", name="f")
    with pytest.raises(type(error)):
        f()
    (event,) = events(project)
    assert (event.outcome, event.error, event.label) == ("failed", said, "f")
    assert "log/" in (project / ".makeit/README").read_text()


def test_a_result_that_was_not_kept_is_a_line(project: Path) -> None:
    f = Maker()(twice, name="f")
    (project / ".makeit").mkdir()
    (project / ".makeit/results").touch()
    with pytest.warns(CacheWarning, match="not kept"):
        assert f(1) == 2
    assert [event.outcome for event in events(project)] == ["not kept"]


def test_a_call_inside_another_names_its_parent_and_a_thread_its_name(project: Path) -> None:
    maker = Maker()
    inner = maker(twice, name="inner")
    outer = maker(lambda: inner(1), name="outer", depends=())
    thread = threading.Thread(target=outer, name="reader")
    thread.start()
    thread.join()
    first, second = events(project)
    assert (first.label, second.label) == ("inner", "outer")
    assert (first.parent, second.parent) == (second.call, None)
    assert first.thread == second.thread == "reader"


def test_what_a_person_did_is_a_line(project: Path) -> None:
    f = Maker()(twice, output="json:f.json", name="f", version=1)
    f(1)
    g = Maker()(twice, output="json:f.json", name="f", version=2)
    g.accept(1)
    g.accept(1)  # which changes nothing
    g.undo(1)
    (project / "f.json").write_text("7")
    f.adopt(1)
    f.forget(1)
    f.forget(1)
    found = events(project)
    assert [event.outcome for event in found] == ["ran", "accepted", "undone", "adopted", "forgotten"]
    assert {(event.label, event.record, event.function) for event in found} == {("f", "f.json", "f")}
    assert {event.call for event in found} == {found[0].call}
    assert found[1].reasons == (Because("code", "version 1 → 2"),)
    user = found[1].process.user
    assert found[2].reasons[0].text == f"it was accepted by {user}"
    log(project).amended("cleaned", "gone.json")
    assert events(project)[-1].record == "gone.json"


def test_a_file_that_is_adopted_by_the_option_is_a_line(project: Path) -> None:
    (project / "f.json").write_text("7")
    assert Maker()(twice, output="json:f.json", name="f", foreign="adopt")(1) == 7
    assert [event.outcome for event in events(project)] == ["adopted"]


# --- what is torn, and what is in the way -----------------------------------------------------


def _event(label: str, started: float | None = None) -> Event:
    return Event("ran", time.time() if started is None else started, label=label)


@pytest.mark.parametrize(
    "rubbish",
    [
        b'\n{"outcome":"ran","sta',
        b"\n" + b"\0" * 4096,
        b"\n[]",
        b'\n{"outcome":"dreamt","started":1}',
        b'\n{"outcome":"ran","started":1,"label":"\xff"}',
        b'\n{"later":' + b"[" * 100_000,
        b"\n" * 200_000,
        b"\n" + b"x" * 300_000,
    ],
)
def test_what_is_torn_spoils_no_other_line(project: Path, rubbish: bytes) -> None:
    log(project).append(_event("before"))
    (path,) = (project / ".makeit/log").iterdir()
    with path.open("ab") as file:
        file.write(rubbish)
    log(project).append(_event("after"))
    assert [event.label for event in events(project)] == ["before", "after"]


def test_a_line_of_a_later_makeit_is_read_as_far_as_it_is_known(project: Path) -> None:
    log(project).append(_event("before"))
    (path,) = (project / ".makeit/log").iterdir()
    path.write_text('\n{"outcome":"ran","started":5,"label":"later","process":{"pid":3,"gpu":"x"},"joules":7}')
    (event,) = events(project)
    assert (event.label, event.started, event.process.pid) == ("later", 5, 3)


def _folder_is_a_file(path: Path) -> None:
    path.parent.touch()


def _a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def _a_pipe(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)


def _a_link(path: Path) -> None:
    path.parent.mkdir()
    (path.parent.parent.parent / "mine").write_text("mine")
    path.symlink_to(path.parent.parent.parent / "mine")


@pytest.mark.parametrize("put", [_folder_is_a_file, _a_folder, _a_pipe, _a_link])
def test_trouble_with_the_log_is_no_trouble(project: Path, put: Callable[[Path], None]) -> None:
    (project / ".makeit").mkdir()
    put(Path(log(project)._path(_event("f"))))
    f = Maker()(twice, name="f", strict=True)
    assert (f(1), f(1), f(2)) == (2, 2, 4)
    assert events(project) == []
    if (project / "mine").exists():
        assert (project / "mine").read_text() == "mine"
    log(project).forget_before(time.time() + 1e9)


def test_processes_that_append_at_once_lose_no_line(project: Path) -> None:
    children = []
    for number in range(4):
        child = os.fork()
        if not child:
            for turn in range(200):
                log(project).append(_event(f"{number}-{turn}"))
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert sorted(event.label for event in events(project)) == sorted(f"{n}-{t}" for n in range(4) for t in range(200))
    assert {event.process.pid for event in events(project)} == set(children)


# --- months, hosts and bounds -----------------------------------------------------------------

_NOVEMBER, _DECEMBER = 1795000000.0, 1797000000.0


def _write(project: Path, name: str, *events: Event) -> Path:
    path = project / ".makeit/log" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(b"\n" + msgspec.json.encode(event) for event in events))
    return path


def test_the_newest_comes_first_over_months_and_hosts(project: Path) -> None:
    _write(project, "2026-11-a-0.jsonl", _event("1", _NOVEMBER), _event("3", _NOVEMBER + 2))
    _write(project, "2026-11-b-0.jsonl", _event("2", _NOVEMBER + 1), _event("4", _NOVEMBER + 3))
    _write(project, "2026-12-a-0.old.jsonl", _event("5", _DECEMBER))
    _write(project, "2026-12-a-0.jsonl", _event("6", _DECEMBER + 1))
    (project / ".makeit/log/notes.txt").write_text("mine")
    newest = log(project).newest
    assert [event.label for event in newest()] == ["6", "5", "4", "3", "2", "1"]
    assert [event.label for event in newest(_NOVEMBER + 2)] == ["6", "5", "4", "3"]
    assert [event.label for event in newest(_DECEMBER + 1)] == ["6"]
    assert list(newest(1e300)) == []


def test_months_that_were_over_are_forgotten_as_a_whole(project: Path) -> None:
    old = _write(project, "2026-11-a-0.jsonl", _event("1", _NOVEMBER))
    new = _write(project, "2026-12-a-0.jsonl", _event("2", _DECEMBER))
    assert log(project).forget_before(_NOVEMBER + 1) == []
    assert log(project).older(_DECEMBER) == [str(old)]
    assert log(project).forget_before(_DECEMBER) == [str(old)]
    assert os.listdir(new.parent) == [new.name]


def test_who_begins_a_month_removes_what_is_older_than_two_years(project: Path) -> None:
    old = _write(project, "2001-01-a-0.jsonl", _event("1", 979000000.0))
    recent = time.time() - 600 * 86400
    kept = _write(project, time.strftime("%Y-%m-a-0.jsonl", time.gmtime(recent)), _event("2", recent))
    log(project).append(_event("3"))
    assert not old.exists()
    assert kept.exists()


def test_a_month_that_grows_too_large_is_put_aside_once(project: Path) -> None:
    log(project).append(_event("1"))
    path = Path(log(project)._path(_event("")))
    os.truncate(path, 17 << 20)  # of zeros, which take no room
    log(project).append(_event("2"))
    log(project).append(_event("3"))
    os.truncate(path, 17 << 20)
    assert sorted(os.listdir(path.parent)) == sorted([path.name, path.name.replace(".jsonl", ".old.jsonl")])
    assert [event.label for event in events(project)] == ["1", "2", "3"]
    log(project).append(_event("4"))
    log(project).append(_event("5"))
    assert [event.label for event in events(project)] == ["3", "4", "5"]
    _put_aside(str(path), 17 << 20)  # by a process that saw it before it was put aside
    assert path.exists()


def test_a_long_log_is_read_in_little_memory(project: Path) -> None:
    log(project).append(_event("1"))
    path = Path(log(project)._path(_event("")))
    with path.open("ab") as file:
        file.write(b"x" * (8 << 20))
    log(project).append(_event("2"))
    tracemalloc.start()
    try:
        assert [event.label for event in log(project).newest()] == ["2"]
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_the_program_is_the_script_the_package_or_the_notebook(project: Path) -> None:
    package = project / "steps"
    package.mkdir()
    (package / "__main__.py").write_text("from makeit.process import present; print(present().program)")
    (project / "one.py").write_text((package / "__main__.py").read_text())
    environment = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}

    def program(*arguments: str, **more: str) -> str:
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env=environment | more
        ).stdout.strip()

    assert program("one.py") == "one.py"
    assert program("-m", "steps") == "steps"
    assert program("one.py", JPY_SESSION_NAME="/home/me/fit.ipynb") == "fit.ipynb"
