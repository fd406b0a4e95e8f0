"""Calls that come in the middle of another: in a forked child, a signal handler or another thread, at every step of it;
and calls while the interpreter shuts down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]

FUNCTIONS = """
import makeit.works, makeit.ground, makeit.shelves, makeit.plugins, makeit.decision, makeit.formats.defaults
import makeit.identity.objects, makeit.identity.code.places, makeit.store.history
import filelock, importlib.metadata, difflib, json, pickle, platform
from makeit import make

@make(output="json:one.json")
def one(x):
    return [x, helper(x)]

@make(output="json:many-{x}.json", keep=2)
def many(x):
    return [x, helper(x)]

@make
def kept(x):
    return {"x": (x, nested(x))}

@make(keep=None)
def nested(x):
    return helper(x)

def helper(x):
    return x + 1

def right(x):
    for made in (one, many):
        assert made(x) == [x, x + 1], (made, made(x))
    assert kept(x) == {"x": (x, x + 1)}, kept(x)
"""

# `between` is called at each event that Python reports from a line of makeit, the first time that it is reached. While
# modules are imported nobody can fork, or import them in another thread: that is Python's own affair.
STEPS = """
import os, sys, threading
import filelock, makeit

MAKEIT = os.path.dirname(makeit.__file__) + os.sep
LOCKING = os.path.dirname(filelock.__file__) + os.sep

class Steps:
    def __init__(self, between):
        self.between, self.seen, self.thread = between, set(), None
        sys.addaudithook(self)

    def __enter__(self):
        self.thread = threading.get_ident()
        return self

    def __exit__(self, *error):
        self.thread = None

    def __call__(self, event, args):
        if self.thread != threading.get_ident():
            return
        thread, self.thread = self.thread, None
        places = []
        frame = sys._getframe(1)
        while frame:
            places.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        own = next((place for place in places if place[0].startswith(MAKEIT)), None)
        importing = any(place[0].startswith("<frozen importlib") for place in places)
        if own and not importing and (event, own) not in self.seen:
            self.seen.add((event, own))
            self.between(places)
        self.thread = thread
"""


@pytest.fixture(autouse=True)
def modules(project: Path) -> None:
    (project / "functions.py").write_text(FUNCTIONS)
    (project / "steps.py").write_text(STEPS)


def litter(folder: Path) -> list[Path]:
    return [*folder.rglob(".makeit-*"), *folder.rglob("*~"), *folder.rglob("*.intent")]


@pytest.mark.parametrize("warm", [False, True])
def test_a_child_that_is_forked_at_any_step_of_another_thread_can_call(warm: bool, run: Run, project: Path) -> None:
    script = """
        import os, signal, sys, threading, warnings
        from functions import right
        from makeit.store import lock
        from steps import LOCKING, Steps

        warnings.simplefilter("ignore")
        lock._TIMEOUT_S = 0.1  # who holds the lock waits for the child
        arrived, go_on = threading.Event(), threading.Event()
        finished = waited_for = False

        def between(places):
            global waited_for
            inside = any(file.startswith(LOCKING) or file.endswith("texts.py") for file, line in places)
            if waited_for and inside:
                return
            waited_for = inside  # by the fork itself, until the other thread is through
            arrived.set()
            go_on.wait()
            go_on.clear()

        sys.addaudithook(lambda event, args: go_on.set() if event == "os.fork" and waited_for else None)

        def work():
            global finished
            with steps:
                for x in (1, 1, 2):
                    right(x)
            finished = True
            arrived.set()

        if sys.argv[1] == "warm":
            right(0)
        steps = Steps(between)
        threading.Thread(target=work).start()
        while True:
            arrived.wait()
            arrived.clear()
            if finished:
                break
            waited = waited_for
            child = os.fork()
            if not child:
                signal.alarm(300)  # a child that hangs must not hang the tests
                code = 1
                try:
                    right(3)
                    code = 0
                finally:
                    os._exit(code)
            found = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if found:
                print("the child ended with", found, "at", steps.seen, flush=True)
                os._exit(1)
            if not waited:
                go_on.set()
        print(len(steps.seen))
    """
    assert int(run(script, "warm" if warm else "cold")) > (20 if warm else 50)
    assert litter(project) == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("how", ["signal", "thread"])
@pytest.mark.parametrize("same", [False, True])
def test_a_call_at_any_step_of_another_gives_the_right_value(how: str, same: bool, run: Run, project: Path) -> None:
    script = """
        import signal, sys, threading, warnings
        from functions import kept, many, nested, one, right
        from makeit.store import lock
        from steps import LOCKING, Steps

        how, same = sys.argv[1:]
        x = 1 if same == "True" else 5
        lock._TIMEOUT_S = 0.1  # who holds the lock waits for us
        warnings.simplefilter("ignore")
        failed = []

        def call(*_):
            try:
                right(x)
            except BaseException as error:
                failed.append(repr(error))

        def between(places):
            if how == "signal":
                signal.raise_signal(signal.SIGUSR1)
            elif not any(file.endswith("texts.py") or file.startswith(LOCKING) for file, line in places):
                thread = threading.Thread(target=call)
                thread.start()
                thread.join()

        signal.signal(signal.SIGUSR1, call)
        with Steps(between) as steps:
            for y in (1, 1, 2, 1):
                right(y)
        assert not failed, failed[:3]
        for y in (1, 5, 2):
            right(y)
        assert all(made.why(y).reuse for made, y in [(many, 1), (many, 2), (nested, 1), (one, 2), (kept, 2)])
        print(len(steps.seen))
    """
    assert int(run(script, how, str(same))) > 30
    assert litter(project) == []


SHUTDOWN = {
    "atexit": "import atexit; atexit.register(body)",
    "daemon": "t = threading.Thread(target=body, daemon=True); t.start(); t.join()",
    "after main": "threading.Thread(target=lambda: (threading.main_thread().join(), body())).start()",
    "excepthook": "sys.excepthook = lambda *error: body(); raise ValueError",
}


@pytest.mark.parametrize("how", SHUTDOWN)
def test_calls_while_the_interpreter_shuts_down(how: str, run: Run, project: Path) -> None:
    script = f"""
        import sys, threading
        from functions import right

        def body():
            right(1)
            right(1)
            print("right", flush=True)

        {SHUTDOWN[how]}
    """
    assert run(script, check=how != "excepthook") == "right\n"
    assert litter(project) == []


def test_a_daemon_thread_that_is_cut_off_in_a_call_leaves_nothing_wrong(run: Run, project: Path) -> None:
    script = """
        import threading, warnings
        from functions import one, right

        warnings.simplefilter("ignore")
        under_way = threading.Event()

        def work():
            try:
                for x in range(1000):
                    right(x % 3)
                    if x == 10:
                        under_way.set()
            finally:
                under_way.set()

        threading.Thread(target=work, daemon=True).start()
        under_way.wait()
    """
    for _ in range(3):
        assert run(script) == ""
        # At least one of the two runs: a note of intent beside what was published stays until then.
        assert run("from functions import right\nright(1)\nright(2)\n") == ""
        assert litter(project) == []
