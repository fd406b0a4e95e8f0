"""`once=True`: a second caller of the same call waits for the first, and loads what it stored."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from makeit import ArgumentError, make

Run = Callable[..., str]
PATIENCE_S = 120

# Runs until a file named "go" appears, so that a test decides how long it takes.
SCRIPT = textwrap.dedent("""
    import os, sys, time
    from pathlib import Path
    from makeit import make

    @make(once=True, output="text:{name}.txt")
    def slow(name):
        with open("ran", "a") as file:
            print(os.getpid(), file=file)
        for _ in range(20_000):
            if Path("go").exists():
                return name
            time.sleep(0.005)
        raise TimeoutError("it was never told to go on")

    print(slow(*sys.argv[1:]))
    """)


def start(project: Path, *arguments: str, script: str = SCRIPT) -> subprocess.Popen[str]:
    # Never written twice: a process that is starting may be reading it.
    if not (project / "script.py").exists() or (project / "script.py").read_text() != script:
        (project / "script.py").write_text(script)
    command = [sys.executable, "-W", "error", str(project / "script.py"), *arguments]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def runs(project: Path) -> list[str]:
    return (project / "ran").read_text().splitlines() if (project / "ran").exists() else []


def until(condition: Callable[[], object]) -> None:
    """Wait for what is to happen; a process that died before would be waited for in vain."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"it did not happen in {PATIENCE_S} s"
        time.sleep(0.005)


def test_processes_wait_for_the_one_that_runs(project: Path) -> None:
    first = start(project, "a")
    until(lambda: runs(project))
    others = [start(project, "a") for _ in range(3)]
    time.sleep(0.7)  # they are all waiting now, or would have run
    (project / "go").touch()
    for process in (first, *others):
        out, error = process.communicate()
        assert (out, error) == ("a\n", "")
    assert len(runs(project)) == 1


def test_other_arguments_do_not_wait(project: Path) -> None:
    first = start(project, "a")
    until(lambda: runs(project))
    second = start(project, "b")
    until(lambda: len(runs(project)) == 2)
    (project / "go").touch()
    assert [process.communicate()[0] for process in (first, second)] == ["a\n", "b\n"]


def test_a_turn_ends_with_its_holder(project: Path) -> None:
    first = start(project, "a")
    until(lambda: runs(project))
    second = start(project, "a")
    time.sleep(0.5)
    first.kill()
    first.communicate()
    until(lambda: len(runs(project)) == 2)
    (project / "go").touch()
    assert second.communicate()[0] == "a\n"


def test_threads_wait_for_the_one_that_runs() -> None:
    begun, go = threading.Event(), threading.Event()
    ran: list[int] = []

    def slow(x: int) -> int:
        ran.append(x)
        begun.set()
        go.wait()
        return x

    made = make(func=slow, name="slow", once=True, version=1)
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(made(5))) for _ in range(4)]
    threads[0].start()
    begun.wait()
    for thread in threads[1:]:
        thread.start()
    time.sleep(0.3)
    go.set()
    for thread in threads:
        thread.join()
    assert results == [5] * 4
    assert ran == [5]


def test_coroutines_wait_without_holding_up_the_loop() -> None:
    ran: list[int] = []

    async def slow(x: int) -> int:
        ran.append(x)
        await asyncio.sleep(0.1)
        return x

    made = make(func=slow, name="slow", once=True, version=1)

    async def main() -> list[int]:
        return list(await asyncio.gather(*(made(5) for _ in range(5))))

    assert asyncio.run(main()) == [5] * 5
    assert ran == [5]


def test_after_so_many_seconds_it_runs_with_a_warning(project: Path) -> None:
    first = start(project, "a", script=SCRIPT.replace("once=True", "once=0.2"))
    until(lambda: runs(project))
    second = start(project, "a", script=SCRIPT.replace("once=True", "once=0.2"))
    until(lambda: len(runs(project)) == 2 or second.poll() is not None)
    (project / "go").touch()
    first.communicate()
    assert "CacheWarning: slow (a) runs although another caller is running it" in second.communicate()[1]


NESTED = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from makeit import make

    def meet(name):
        Path(name).touch()
        for _ in range(10_000):
            if Path("f").exists() and Path("g").exists():
                return
            time.sleep(0.005)
        raise TimeoutError("the other one never came")

    @make(once=True, version=1)
    def f(inside):
        meet("f")
        return g(False) if inside else "f"

    @make(once=True, version=1)
    def g(inside):
        meet("g")
        return f(False) if inside else "g"

    print({"f": f, "g": g}[sys.argv[1]](True))
    """)


@pytest.mark.parametrize("order", ["direct", "threads", "processes"])
def test_calls_nested_in_opposite_order_do_not_wait_for_each_other_for_good(project: Path, order: str) -> None:
    script = NESTED
    if order == "threads":
        # Nobody can tell a pool's thread from one that has nothing to do with the call; then patience is short.
        script = script.replace("from makeit import make", THREADS).replace("g(False) if", "within(g) if")
        script = script.replace("f(False) if", "within(f) if")
    if order == "processes":
        script = script.replace("g(False) if", 'child("g") if').replace("f(False) if", 'child("f") if')
        script = script.replace("from makeit import make", CHILD).replace("(True))", '(sys.argv[-1] == "True"))')
    processes = [start(project, name, "True", script=script) for name in ("f", "g")]
    found = [process.communicate() for process in processes]
    assert [out.strip() for out, _ in found] == ["g", "f"], found


THREADS = """from makeit import make, waiting
from concurrent.futures import ThreadPoolExecutor
waiting._PATIENCE_INSIDE_S = 0.3
import warnings
warnings.simplefilter("ignore")

def within(function):
    with ThreadPoolExecutor() as pool:
        return pool.submit(function, False).result()
"""

CHILD = """from makeit import make
import subprocess

def child(name):
    command = [sys.executable, __file__, name, "False"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
"""


def test_a_fork_holds_nothing(project: Path) -> None:
    read, write = os.pipe()

    def forks(x: int) -> int:
        if os.fork() == 0:
            os.close(write)
            os.read(read, 1)  # lives on until the test is over
            os._exit(0)
        os.kill(os.getpid(), 9)
        return x

    parent = os.fork()
    if parent == 0:
        make(func=forks, name="f", once=True, version=1)(1)
        os._exit(1)
    os.waitpid(parent, 0)
    started = time.monotonic()
    assert make(func=lambda x: x, name="f", once=60, version=1)(1) == 1
    assert time.monotonic() - started < 30  # it would have waited for the forked child
    os.close(write)
    os.close(read)


def test_rerun_waits_and_then_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = make(func=lambda x: print("Running"), name="f", once=True)
    for _ in range(2):
        made.rerun(1)
    assert capsys.readouterr().out == "Running\n" * 2


@pytest.mark.parametrize("value", [0, -1, "yes", None, float("nan")])
def test_what_once_means_is_checked_at_decoration(value: object) -> None:
    with pytest.raises(ArgumentError, match="how many seconds"):
        make(func=str, name="f", once=value)  # type: ignore[call-overload]


def test_a_cachedir_without_locks_is_no_reason_to_wait(project: Path) -> None:
    (project / ".makeit").mkdir()
    (project / ".makeit" / "locks").write_text("in the way")
    made = make(func=lambda x: x, name="f", once=True, output="text:a.txt")
    assert made("x") == "x"
    assert made("x") == "x"


def test_an_error_of_the_function_ends_its_turn() -> None:
    def fails(x: int) -> int:
        raise ValueError(x)

    made = make(func=fails, name="f", once=True, version=1)
    for _ in range(2):
        with pytest.raises(ValueError, match="5"):
            made(5)
