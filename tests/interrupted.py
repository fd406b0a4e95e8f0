"""Interrupts at every point where the interpreter handles one, while a lock or a private folder is made and given back.

`python -m tests.interrupted NAME FOLDER STEP`: a step of 1 takes every point, 4 a quarter of them by chance.
A process of its own: what is interrupted inside a library may be left as it is for good, but not on the disk.
"""

from __future__ import annotations

import dis
import fcntl
import itertools
import os
import random
import sys
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from makeit import waiting
from makeit.model import Call, CodePrint
from makeit.store import lock
from makeit.store.atomic import private_folder
from makeit.store.lock import commit_lock
from makeit.store.project import Project
from makeit.waiting import Turn

# After these, CPython looks whether a signal came.
_CHECKS = {"CALL", "CALL_FUNCTION_EX", "CALL_KW", "RESUME", "JUMP_BACKWARD"}
# What is raised in these is lost, and no interrupt of a program.
_UNHEARD = {"__del__", "remove"}


@cache
def _names(code: CodeType) -> dict[int, str]:
    return {instruction.offset: instruction.opname for instruction in dis.get_instructions(code)}


class Interrupt:
    """Raise KeyboardInterrupt at the n-th such point of what runs under this trace function."""

    def __init__(self, number: int) -> None:
        self.left = number
        self._before: dict[FrameType, str] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self.left <= 0:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "return":
            self._before.pop(frame, None)
        elif event == "opcode":
            before, self._before[frame] = self._before.get(frame), _names(frame.f_code).get(frame.f_lasti, "")
            if before in _CHECKS and not _is_unheard(frame):
                self.left -= 1
                if not self.left:
                    sys.settrace(None)
                    self._before.clear()
                    raise KeyboardInterrupt
        return self


def _is_unheard(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name in _UNHEARD:
            return True
        frame = frame.f_back
    return False


def _everywhere(work: Callable[[], None], after: Callable[[], None], step: int) -> int:
    """Interrupt `work` at every `step`-th point in its turn, and look `after` each time; return the last number."""
    work()  # imports, and what is made once
    for number in itertools.count(random.randint(1, step), step):
        interrupt, before, heard = Interrupt(number), sys.gettrace(), False
        try:
            sys.settrace(interrupt)
            try:
                work()
            finally:
                sys.settrace(before)
        except KeyboardInterrupt:
            heard = True
        after()
        if interrupt.left > 0:
            return number
        assert heard, f"the interrupt at point {number} was lost"
    raise AssertionError("there are points without end")


def _assert_free(folder: Path) -> None:
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)


def commit(project: Project, step: int) -> int:
    """Take the commit locks of two outputs."""

    def work() -> None:
        with commit_lock(project, [f"{project.root}/a", f"{project.root}/b"]) as held:
            assert held == "held"

    def after() -> None:
        _assert_free(Path(project.cachedir, "locks"))
        assert not lock._mine

    return _everywhere(work, after, step)


def turn(project: Project, step: int) -> int:
    """Take a turn, as `once` does."""
    call = Call("f", "f", len, (), {}, {}, {}, CodePrint(), (), "", id="call/1:x")

    def work() -> None:
        with Turn(project, call, True) as mine:
            list(mine.pauses())

    def after() -> None:
        _assert_free(Path(project.cachedir, "locks"))
        assert not waiting._held
        assert not waiting._holds.get()

    return _everywhere(work, after, step)


def folder(project: Project, step: int) -> int:
    """Make a private folder, and remove it with all that is in it."""
    near = Path(project.root, "near")

    def work() -> None:
        with private_folder(str(near)) as private:
            for place in (Path(private, "parts"), Path(private, "parts", "more")):
                place.mkdir()
                place.joinpath("1.txt").touch()

    def after() -> None:
        with private_folder(str(near)) as private:
            assert os.listdir(near) == [os.path.basename(private)]
        assert not os.listdir(near)

    return _everywhere(work, after, step)


if __name__ == "__main__":
    warnings.simplefilter("ignore", ResourceWarning)  # files whose opening was interrupted are closed by the collector
    name, root, every = sys.argv[1:]
    print({"commit": commit, "turn": turn, "folder": folder}[name](Project(root, f"{root}/cache"), int(every)))
