"""keep=N: earlier results of named outputs come back by rename, instead of by a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from makeit import ForeignFileError, make

Printed = pytest.CaptureFixture[str]
pytestmark = pytest.mark.filterwarnings("ignore:.*takes turns on the file")


def shout(x: int) -> str:
    print(f"run {x}")
    return f"value {x}\n" * 1000


def lines(capsys: Printed) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_keep_restores_the_newest_n_results_of_a_named_output(project: Path, capsys: Printed) -> None:
    made = make(shout, output="text:x.txt", keep=3)
    for x in (1, 2, 3, 1, 2, 3):
        assert made(x) == f"value {x}\n" * 1000
        assert (project / "x.txt").read_text() == f"value {x}\n" * 1000
    assert lines(capsys) == ["run 1", "run 2", "run 3"]
    made(4)
    made(1)
    assert lines(capsys) == ["run 4", "run 1"]


def test_a_restored_file_is_the_old_one_byte_for_byte_and_inode(project: Path) -> None:
    made = make(shout, output="text:x.txt", keep=2)
    made(1)
    before = (project / "x.txt").read_bytes(), (project / "x.txt").stat()
    made(2)
    made(1)
    after = (project / "x.txt").stat()
    assert (project / "x.txt").read_bytes() == before[0]
    assert (after.st_ino, after.st_mtime_ns) == (before[1].st_ino, before[1].st_mtime_ns)
    assert after.st_nlink == 1


def test_the_default_keeps_no_earlier_result(project: Path, capsys: Printed) -> None:
    made = make(shout, output="text:x.txt")
    for x in (1, 2, 1):
        made(x)
    assert lines(capsys) == ["run 1", "run 2", "run 1"]
    assert not (project / ".makeit/history").exists()


def test_D6_going_back_to_the_code_of_yesterday_restores_its_file(run: Any, project: Path) -> None:
    script = """
        from makeit import make
        @make(output="text:x.txt", keep=5)
        def f():
            print("run")
            return {!r}
        print(f.why()); f()
        print(open("x.txt", "rb").read().decode()) if False else None
    """
    assert run(script.format("old")).splitlines()[1] == "run"
    old = (project / "x.txt").read_bytes()
    assert "run" in run(script.format("new")).splitlines()
    assert (project / "x.txt").read_bytes() == b"new"
    back = run(script.format("old")).splitlines()
    assert "run" not in back
    assert "is restored" in back[0]
    assert (project / "x.txt").read_bytes() == old


def test_why_says_that_a_result_would_be_restored_and_changes_nothing(project: Path) -> None:
    made = make(shout, output="text:x.txt", keep=2)
    made(1)
    made(2)
    decision = made.why(1)
    assert decision.reuse
    assert [reason.kind for reason in decision.reasons] == ["argument", "restored"]
    assert (project / "x.txt").read_text().startswith("value 2")


def test_E3_a_file_edited_by_hand_is_not_replaced_by_an_earlier_result(project: Path) -> None:
    made = make(shout, output="text:x.txt", keep=2)
    made(1)
    made(2)
    (project / "x.txt").write_text("mine")
    with pytest.raises(ForeignFileError):
        made(1)
    assert (project / "x.txt").read_text() == "mine"


def test_a_damaged_version_is_not_restored(project: Path, capsys: Printed) -> None:
    made = make(shout, output="text:x.txt", keep=2)
    made(1)
    made(2)
    [version] = (project / ".makeit/history/x.txt.versions").glob("*/0")
    content = bytearray(version.read_bytes())
    content[3] ^= 1
    version.write_bytes(content)
    assert made(1) == "value 1\n" * 1000
    assert lines(capsys) == ["run 1", "run 2", "run 1"]


def test_several_outputs_come_back_together(project: Path, capsys: Printed) -> None:
    @make(output={"a": "npy:{name}/a.npy", "n": None, "t": "text:{name}/t.txt"}, keep=2)
    def f(name: str, x: int) -> dict[str, Any]:
        print("run", x)
        return {"a": np.full(3, x), "n": [x], "t": str(x)}

    for x in (1, 2, 1, 2):
        found = f("s", x)
        assert (found["a"].tolist(), found["n"], found["t"]) == ([x] * 3, [x], str(x))
        assert np.load(project / "s/a.npy").tolist() == [x] * 3
        assert (project / "s/t.txt").read_text() == str(x)
    assert lines(capsys) == ["run 1", "run 2"]


def test_history_works_from_a_cachedir_that_cannot_be_linked_to(
    project: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    made = make(shout, output="text:x.txt", keep=2)
    for x in (1, 2, 1, 2):
        assert made(x) == f"value {x}\n" * 1000
    assert lines(capsys) == ["run 1", "run 2"]


def test_forget_removes_the_history(project: Path, capsys: Printed) -> None:
    made = make(shout, output="text:x.txt", keep=3)
    made(1)
    made(2)
    assert made.forget(2)
    assert not list((project / ".makeit/history").glob("**/record.json"))
    made(1)
    assert lines(capsys) == ["run 1", "run 2", "run 1"]
