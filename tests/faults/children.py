"""Children that make calls and report in shared memory, so that no call of the system tells of them."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import pickle
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from attrs import frozen

import makeit.amending  # noqa: F401  # of adoptions alone, which no warming up comes to
from tests.faults.functions import has_run
from tests.faults.scenes import SHAPES, Place, Scene

_ROOM = 1 << 20
# No call of a scene takes a second, a lock that cannot be had ten: what takes longer never ends.
_HANGS_S = 120
_PR_SET_PTRACER = 0x59616D61
_GO, _LENGTH = 0, slice(1, 9)
_CONTENT = 9


@frozen
class Called:
    """What became of one call: whether the value was right, what was raised instead, and what was said."""

    argument: int
    right: bool
    ran: bool
    error: str
    warnings: tuple[str, ...]


class Child:
    """A forked process that waits for `go`, makes calls, and ends."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._shared = mmap.mmap(-1, _ROOM)
        self.pid = os.fork()
        if not self.pid:
            try:
                gc.disable()
                _allow_tracing()
                signal.alarm(_HANGS_S)
                sys.unraisablehook = lambda unraisable: None
                while not self._shared[_GO]:
                    time.sleep(0.0005)
                self._report(work())
            finally:
                os._exit(0)

    def _report(self, result: object) -> None:
        content = pickle.dumps(result)
        self._shared[_CONTENT : _CONTENT + len(content)] = content
        self._shared[_LENGTH] = len(content).to_bytes(8, "little")

    def go(self) -> None:
        """Let it work."""
        self._shared[_GO] = 1

    def end(self) -> tuple[Any, int]:
        """Wait for its end; return what it reported, None if it died before, and its exit status."""
        _, status = os.waitpid(self.pid, 0)
        length = int.from_bytes(self._shared[_LENGTH], "little")
        return (pickle.loads(self._shared[_CONTENT : _CONTENT + length]) if length else None), status


def _allow_tracing() -> None:
    # Where the Yama module is strict, only those may attach that a process has named: here, anybody.
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1))


def calling(scene: Scene, place: Place, arguments: Sequence[int]) -> Child:
    """Fork a child that waits, then calls the function of a scene with each argument."""

    def work() -> list[Called]:
        made = scene.made(place)
        return [call(scene, made, argument) for argument in arguments]

    return Child(work)


def set_up(scene: Scene, place: Place) -> None:
    """Bring a project to where the call that meets a fault finds it."""
    if scene.has_source:
        place.write_source()
    if scene.before:
        called(scene, place, *scene.before)
    if scene.prepare:
        scene.prepare(place)


def called(scene: Scene, place: Place, *arguments: int) -> list[Called]:
    """Call the function of a scene in a child of its own; a single call that failed where it died."""
    child = calling(scene, place, arguments)
    child.go()
    found, status = child.end()
    return found or [Called(arguments[0], False, False, f"died with status {status}", ())]


def warm_up(scenes: Iterable[Scene]) -> None:
    """Call the functions of scenes here, so that children import nothing under a fault."""
    # A named output besides, because locks are imported for those alone.
    for scene in {scene.shape: scene for scene in (*scenes, SHAPES[0])}.values():
        place = Place.new(elsewhere=scene.elsewhere)
        # The second project finds the cachedir of the first.
        for root, argument in ((place.root, 1), (place.root, 1), (place.root / "other", 2)):
            seen = Place(root, place.cachedir)
            seen.write_source()
            call(scene, scene.made(seen), argument)
        place.remove()


def call(scene: Scene, made: Callable[[int], Any], argument: int) -> Called:
    """Make one call and compare its value with what the function returns."""
    has_run()
    error, right = "", False
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            value = made(argument)
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
    ran = has_run()
    if not error:
        right = is_same(value, scene.function(argument))
    return Called(argument, right, ran, error, tuple(str(warning.message) for warning in said))


def is_same(found: Any, expected: Any) -> bool:
    """Tell whether two values of a scene are equal, in content and, but for maps of arrays, in type."""
    if isinstance(expected, np.ndarray):
        return isinstance(found, np.ndarray) and found.dtype == expected.dtype and np.array_equal(found, expected)
    if hasattr(expected, "dataobj"):
        return (
            type(found) is type(expected)
            and np.array_equal(found.affine, expected.affine)
            and is_same(np.asanyarray(found.dataobj), np.asanyarray(expected.dataobj))
        )
    if isinstance(expected, dict):
        return (
            type(found) is dict
            and list(found) == list(expected)
            and all(map(is_same, found.values(), expected.values()))
        )
    if isinstance(expected, list | tuple):
        return type(found) is type(expected) and len(found) == len(expected) and all(map(is_same, found, expected))
    return type(found) is type(expected) and bool(found == expected)
