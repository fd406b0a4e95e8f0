"""Records that somebody made up or damaged: nothing they say is believed, read, run or removed beyond a result."""

from __future__ import annotations

import json
import os
import pickle
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, ForeignFileError, make
from makeit.identity.digest import checksum, digest_file
from makeit.store.sealing import opened, seal

Printed = pytest.CaptureFixture[str]
Change = Callable[[dict[str, Any]], Any]


def function(x: int) -> list[int]:
    print("Running")
    return [x]


def kept(**options: Any) -> Any:
    return make(func=function, name="kept", **options)


def named(**options: Any) -> Any:
    return make(func=function, name="named", output="json:n.json", **options)


def place(project: Path, name: str) -> Path:
    (found,) = project.glob(f".makeit/records/**/{name}")
    return found


def forge(path: Path, change: Change) -> None:
    """Change what a record says, and seal it again."""
    body = json.loads(opened(path.read_bytes()))
    change(body)
    path.write_bytes(seal(body))


def pointing(name: str, target: Path) -> Change:
    """Let the first output of a record be another file, with everything that is known of it."""

    def change(body: dict[str, Any]) -> None:
        found = target.stat()
        output = body["outputs"][0]
        output["path"] = name
        output["files"] = [
            {
                "path": name,
                "size": found.st_size,
                "mtime_ns": found.st_mtime_ns,
                "ctime_ns": found.st_ctime_ns,
                "inode": found.st_ino,
                "digest": digest_file(target),
            }
        ]

    return change


class Bomb:
    """What leaves a mark when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("exploded",)


ELSEWHERE = ["{outside}/x.pkl", "../outside/x.pkl", "@cachedir/results/../../../outside/x.pkl", "@cachedir/../x.pkl"]


@pytest.fixture
def outside(tmp_path: Path, project: Path) -> Path:
    """A folder beside the project, and a pickle there and in the project, whose loading would be seen."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for path in (folder / "x.pkl", project / "x.pkl"):
        path.write_bytes(pickle.dumps(Bomb()))
    return folder


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("then", ["call", "rerun", "forget", "another call"])
def test_a_record_cannot_name_a_file_that_is_no_result_of_its_function(
    name: str, then: str, outside: Path, project: Path
) -> None:
    kept()(1)
    target = project / "x.pkl" if name == "@cachedir/../x.pkl" else outside / "x.pkl"
    forge(place(project, "kept/*.json"), pointing(name.format(outside=outside), target))
    made = kept()
    if then == "call":
        assert made(1) == made(1) == [1]
    elif then == "rerun":
        assert made.rerun(1) == [1]
    elif then == "forget":
        made.forget(1)
    else:
        assert made(2) == [2]
    assert not (project / "exploded").exists()
    assert (outside / "x.pkl").exists()
    assert (project / "x.pkl").exists()


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_record_cannot_move_a_named_output(name: str, outside: Path, project: Path, capsys: Printed) -> None:
    made = make(func=function, name="p", output="pickle:p.pkl")
    made(1)
    target = project / "x.pkl" if name == "@cachedir/../x.pkl" else outside / "x.pkl"
    forge(place(project, "p.pkl.json"), pointing(name.format(outside=outside), target))
    with pytest.raises(ForeignFileError):
        make(func=function, name="p", output="pickle:p.pkl")(1)
    assert not (project / "exploded").exists()
    assert pickle.loads((project / "p.pkl").read_bytes()) == [1]
    assert capsys.readouterr().out == "Running\n"


FORGERIES: dict[str, Change] = {
    "a size of 1 GB": lambda body: body["outputs"][0]["files"][0].update(size=1 << 30),
    "a negative size": lambda body: body["outputs"][0]["files"][0].update(size=-1),
    "a huge inode": lambda body: body["outputs"][0]["files"][0].update(inode=1 << 63),
    "no files": lambda body: body["outputs"][0].update(files=[]),
    "no outputs": lambda body: body.update(outputs=[]),
    "two outputs": lambda body: body["outputs"].append(body["outputs"][0]),
    "another format": lambda body: body["outputs"][0].update(format="pickle"),
    "an unknown format": lambda body: body["outputs"][0].update(format="nosuch"),
    "a format with a path": lambda body: body["outputs"][0].update(format="../../evil"),
    "an option": lambda body: body["outputs"][0].update(options={"mmap_mode": "'r+'"}),
    "another layout": lambda body: body.update(layout=99),
    "no argument": lambda body: body.update(arguments={}),
    "an argument of another type": lambda body: body.update(arguments=[]),
    "deep key parts": lambda body: body.update(key_parts=[body["key_parts"]]),
    "another function": lambda body: body.update(function="os.system"),
    "no code": lambda body: body.update(code={}),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_record_gives_no_other_value(case: str, project: Path) -> None:
    kept()(1)
    forge(place(project, "kept/*.json"), FORGERIES[case])
    made = kept()
    made.why(1)
    assert made(1) == made(1) == [1]
    assert kept().why(1).reuse


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_record_of_a_named_file_loses_nothing(case: str, project: Path) -> None:
    named()(1)
    forge(place(project, "n.json.json"), FORGERIES[case])
    with suppress(ForeignFileError):
        assert named()(1) == [1]
    assert json.loads((project / "n.json").read_text()) == [1]
    assert named(foreign="replace")(1) == [1]
    assert named().why(1).reuse


DEEP = {"lists": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "dicts": b'{"a":' * 100_000 + b"1" + b"}" * 100_000}


@pytest.mark.parametrize("case", DEEP)
def test_a_record_nested_deeply_is_damaged(case: str, project: Path) -> None:
    kept()(1)
    path = place(project, "kept/*.json")
    body = json.loads(opened(path.read_bytes()))
    body["key_parts"] = "HERE"
    deep = json.dumps(body).encode().replace(b'"HERE"', DEEP[case])[1:]
    sealed = path.read_bytes()
    head, tail = sealed[: sealed.index(b'"', 20)], b'",'
    path.write_bytes(head[: head.rindex(b'"') + 1] + checksum(deep).encode() + tail + deep + b"\n")
    assert opened(path.read_bytes()) == b"{" + deep
    made = kept()
    assert not made.why(1).reuse
    assert made(1) == [1]


@pytest.mark.parametrize("what", ["a link to a record", "a link to nothing", "a loop", "a link to a device"])
def test_a_link_in_the_place_of_a_record_is_replaced_and_never_written_through(
    what: str, tmp_path: Path, project: Path
) -> None:
    kept()(1)
    path = place(project, "kept/*.json")
    theirs = tmp_path / "theirs.json"
    theirs.write_bytes(path.read_bytes())
    path.unlink()
    aims = {"a link to a record": theirs, "a link to nothing": tmp_path / "no", "a loop": path}
    path.symlink_to(aims.get(what, Path("/dev/null")))
    made = kept()
    before = theirs.read_bytes()
    assert made.rerun(1) == made(1) == [1]
    assert theirs.read_bytes() == before
    assert not (tmp_path / "no").exists()
    assert not path.is_symlink()
    assert made.why(1).reuse


@pytest.fixture
def never_waits() -> Iterator[None]:
    """Turn a wait for good, for a pipe that nobody writes to, into an error."""

    def fail(*_: object) -> None:
        raise AssertionError("waits for good")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("never_waits")
@pytest.mark.parametrize("which", ["kept/*.json", "n.json.json"])
@pytest.mark.parametrize("kind", ["a folder", "a pipe"])
def test_what_is_no_file_in_the_place_of_a_record_is_damage(kind: str, which: str, project: Path) -> None:
    made = kept() if which.startswith("kept") else named()
    made(1)
    path = place(project, which)
    path.unlink()
    path.mkdir() if kind == "a folder" else os.mkfifo(path)
    assert not made.why(1).reuse
    if which.startswith("n"):
        with pytest.raises(ForeignFileError):
            made(1)
        assert json.loads((project / "n.json").read_text()) == [1]
    else:
        with pytest.warns(CacheWarning, match="was not kept") if kind == "a folder" else nullcontext():
            assert made(1) == [1]


def draw(stream: Any) -> float:
    print("Running")
    return float(stream.random())


def forget_state(text: str) -> Change:
    return lambda body: body["arguments"]["stream"].update(states_after={"": text})


@pytest.mark.parametrize("text", ["evil_module:Thing", "{}", "[3, [1], null]", "x" * 100_000])
def test_C11_a_state_of_a_stream_that_is_none_makes_the_call_run(text: str, capsys: Printed) -> None:
    made = make(func=draw, name="drawn", output="json:drawn.json")
    made(random.Random(1))
    forge(place(Path.cwd(), "drawn.json.json"), forget_state(text))
    stream, twin = random.Random(1), random.Random(1)
    assert made(stream) == twin.random()
    assert stream.random() == twin.random()
    assert capsys.readouterr().out == "Running\n" * 2
    made(random.Random(1))
    assert capsys.readouterr().out == ""
