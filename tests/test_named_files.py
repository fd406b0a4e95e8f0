"""The laws E1 to E7: files at the outputs of calls, read, moved, edited, and in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from makeit import CacheWarning, ForeignFileError, Persister, make
from tests.printed import lines

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]


def test_E1_readers_see_wholly_old_or_wholly_new(run: Run, project: Path) -> None:
    writer = project / "writer.py"
    writer.write_text(
        "import os\nfrom makeit import make\n\n@make(output='text:big.txt')\ndef f(x):\n"
        "    return str(x % 10) * 300_000\n\n"
        "for x in range(10_000):\n    f(x)\n    if x > 20 and os.path.exists('enough'):\n        break\nprint('done')\n"
    )
    seen: set[str] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            if os.path.exists("big.txt"):
                text = Path("big.txt").read_text()
                seen.add(text[:1] if len(text) == 300_000 and text == text[0] * 300_000 else f"torn {len(text)}")
            if len(seen) > 3:  # however slowly these threads get on, beside the process that writes
                Path("enough").touch()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert run(writer) == "done\n"
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(seen) > 1
    assert not [item for item in seen if item.startswith("torn")]


def test_E2_deleted_runs_again_and_touched_or_copied_is_reused(capsys: Printed, project: Path) -> None:
    @make(output=["json:a.json", "json:b.json"])
    def f(x: int) -> list[int]:
        print("Running")
        return [x, x]

    f(1)
    for name in ("a.json", "b.json"):
        os.unlink(name)
        assert f.why(1).reasons[0].kind == "missing"
        assert f(1) == [1, 1]
    assert lines(capsys) == ["Running"] * 3
    os.utime("a.json", (1, 1))
    assert f(1) == [1, 1]
    shutil.copy("b.json", "c")
    os.replace("c", "b.json")
    assert f.why(1).reuse
    assert f(1) == [1, 1]
    assert lines(capsys) == []


@pytest.mark.parametrize("how", ["move", "copy"])
def test_E2_a_moved_or_copied_project_still_hits(run: Run, tmp_path: Path, how: str) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "pyproject.toml").touch()
    (here / "raw.txt").write_text("raw")
    (here / "work.py").write_text(
        "from pathlib import Path\nfrom makeit import make\n\n"
        "@make(output='json:out/{x}.json')\ndef f(x, path):\n    print('f')\n    return [x]\n\n"
        "@make(depends=Path(__file__).with_name('raw.txt'))\ndef g(y):\n    print('g')\n    return y\n\n"
        "print(g(f(1, Path(__file__).with_name('raw.txt'))))\n"
    )
    assert run(here / "work.py", cwd=here) == "f\ng\n[1]\n"
    there = tmp_path / "there" / "deeper"
    there.parent.mkdir()
    (shutil.move if how == "move" else shutil.copytree)(here, there)
    assert run(there / "work.py", cwd=there) == "[1]\n"
    assert run(there / "work.py", cwd=there / "out") == "[1]\n"


def test_three_processes_in_three_working_folders_share_one_project(run: Run, project: Path) -> None:
    (project / "a" / "b").mkdir(parents=True)
    script = project / "script.py"
    script.write_text(
        "from makeit import make\n\n@make(output='json:out/f.json')\ndef f(x):\n    print('Running')\n    return x\n\n"
        "@make\ndef g(x):\n    print('Running g')\n    return x\n\nprint(f(1), g(2))\n"
    )
    assert run(script) == "Running\nRunning g\n1 2\n"
    for folder in ("a", "a/b"):
        assert run(script, cwd=project / folder) == "1 2\n"
    assert [path.name for path in project.rglob(".makeit")] == [".makeit"]
    assert (project / "out" / "f.json").exists()


@pytest.mark.parametrize("reset_mtime", [False, True])
@pytest.mark.parametrize("same_process", [True, False])
def test_E3_an_output_changed_by_hand_is_refused_before_the_run_and_kept(
    run: Run, project: Path, reset_mtime: bool, same_process: bool
) -> None:
    body = dedent(f"""
        import os
        from makeit import ForeignFileError, make

        @make(output="text:mask.txt")
        def f(x):
            print("Running", x)
            return f"result {{x}}"

        def edit():
            before = os.stat("mask.txt")
            with open("mask.txt", "r+") as file:
                file.write("EDITED")
            if {reset_mtime}:
                os.utime("mask.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
        """)
    check = dedent("""
        for x in (1, 2):
            try:
                print("stale", f(x))
            except ForeignFileError as error:
                print(all(word in str(error) for word in ("mask.txt", "adopt", "delete", "replace")), error.path.name)
        """)
    refused = "True mask.txt\nTrue mask.txt\n"
    if same_process:
        assert run(body + "f(1)\nedit()\n" + check) == "Running 1\n" + refused
    else:
        run(body + "f(1)\nedit()\n")
        assert run(body + check) == refused
    assert (project / "mask.txt").read_text() == "EDITED 1"


def test_E3_rerun_and_force_do_not_overwrite_a_changed_file_either(capsys: Printed, project: Path) -> None:
    def f(x: int) -> str:
        print("Running")
        return str(x)

    made = make(func=f, output="text:out.txt")
    forced = make(func=f, output="text:out.txt", force=True)
    made(1)
    Path("out.txt").write_text("mine")
    for call in (made.rerun, forced):
        with pytest.raises(ForeignFileError):
            call(1)
    assert Path("out.txt").read_text() == "mine"
    assert lines(capsys) == ["Running"]
    os.unlink("out.txt")
    assert made(1) == "1"


def test_E3_a_file_changed_while_the_function_runs_is_kept_and_the_value_returned(project: Path) -> None:
    @make(output="text:out.txt")
    def f(x: int) -> str:
        if x == 2:
            Path("out.txt").write_text("written meanwhile")
        return str(x)

    f(1)
    with pytest.warns(CacheWarning, match="is right but was not kept.*while the function ran"):
        assert f(2) == "2"
    assert Path("out.txt").read_text() == "written meanwhile"


def test_E4_a_file_that_was_there_before_is_refused_and_named(capsys: Printed, project: Path) -> None:
    @make(output=("text:new.txt", "text:out.txt"))
    def f(x: int) -> tuple[str, str]:
        print("Running")
        return str(x), str(x)

    Path("out.txt").write_text("mine")
    with pytest.raises(ForeignFileError, match="was not written by makeit") as caught:
        f(1)
    assert caught.value.path == project / "out.txt"
    assert isinstance(caught.value, FileExistsError)
    decision = f.why(1)
    assert not decision.reuse
    assert [reason.kind for reason in decision.reasons][-1] == "foreign"
    assert lines(capsys) == []
    assert Path("out.txt").read_text() == "mine"
    assert not Path("new.txt").exists()


def test_E4_a_folder_at_the_output_is_refused_before_the_run_whatever_foreign_says(capsys: Printed) -> None:
    os.makedirs("out.txt/inside")
    for foreign in ("refuse", "adopt", "replace"):

        @make(output="text:out.txt", foreign=foreign)  # type: ignore[arg-type]
        def f() -> str:
            print("Running")
            return ""

        with pytest.raises(ForeignFileError, match="it is a folder"):
            f()
    assert os.path.isdir("out.txt/inside")
    assert lines(capsys) == []


def test_E6_a_symlinked_target_is_replaced_and_never_written_through(project: Path) -> None:
    (project / "precious.txt").write_text("precious")
    (project / "out.txt").symlink_to("precious.txt")

    @make(output="text:out.txt", foreign="replace")
    def f() -> str:
        return "new"

    assert f() == f() == "new"
    assert not (project / "out.txt").is_symlink()
    assert (project / "precious.txt").read_text() == "precious"


def test_E7_a_mixed_set_is_never_reused(capsys: Printed) -> None:
    @make(output=("json:a.json", "json:b.json"))
    def f(x: int) -> tuple[int, int]:
        print("Running")
        return x, x

    f(1)
    old = Path("b.json").read_bytes()
    f(2)
    Path("b.json").write_bytes(old)  # as after a restore of one file of two
    assert not f.why(2).reuse
    with pytest.raises(ForeignFileError):
        f(2)
    assert lines(capsys) == ["Running"] * 2


class Meddled(Persister):
    """While it is being loaded, somebody else publishes another result."""

    def save(self, data: Any) -> None:
        self.filename.write_text(str(data))

    def load(self) -> str:
        if os.path.exists("meddle"):
            os.unlink("meddle")
            subprocess.run([sys.executable, "-W", "ignore", "other.py"], check=True)
        return self.filename.read_text()


def test_E7_a_set_that_is_replaced_while_it_is_loaded_is_never_mixed(project: Path) -> None:
    def f(x: int) -> tuple[str, int]:
        return str(x), x

    (project / "other.py").write_text(
        "from makeit import Persister, make\n\nclass Plain(Persister):\n    def save(self, data):\n"
        "        self.filename.write_text(str(data))\n    def load(self):\n        return self.filename.read_text()\n\n"
        "make(func=lambda x: (str(x), x), name='f', output=('text:a.txt', Plain('b.txt')))(2)\n"
    )
    made = make(func=f, name="f", output=("text:a.txt", Meddled("b.txt")))
    assert made(1) == ("1", "1")
    (project / "meddle").touch()
    assert made(1) == ("1", "1")
    assert not (project / "meddle").exists()
