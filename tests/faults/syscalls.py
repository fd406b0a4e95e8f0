"""Suites that kill, or make fail, every system call on files of one save or one reuse, one at a time."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

from attrs import evolve, frozen

from tests.faults.apart import processes, share, tally_of
from tests.faults.catalogue import until_noticed
from tests.faults.children import calling, set_up, warm_up
from tests.faults.scenes import BY_NAME, PERSONAL, REUSES, SAVES, TOUCHED, Place, Scene, other_file_system
from tests.faults.suite import Protection, Suite, Tally
from tests.faults.tracing import Run, Syscall, obstacle, run
from tests.faults.verdicts import inspect, judge, named, recover

_KILL = "signal=SIGKILL"
_SEED = 4

_SPACE = ("ENOSPC", "EDQUOT")
_REACH = ("EIO", "ESTALE")
_RIGHT = ("EACCES", "EROFS")
#: The errors that a call on a file can end with, by its name.
_ERRORS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("read", "pread64", "readv", "lseek", "getdents64"), _REACH),
    **dict.fromkeys(("fstat", "newfstatat", "stat", "lstat", "statx", "readlink", "readlinkat"), (*_REACH, "EACCES")),
    **dict.fromkeys(("access", "faccessat", "faccessat2"), (*_REACH, *_RIGHT)),
    **dict.fromkeys(
        ("write", "pwrite64", "writev", "ftruncate", "fallocate", "fsync", "fdatasync"), (*_SPACE, *_REACH)
    ),
    **dict.fromkeys(("sendfile", "copy_file_range"), (*_SPACE, *_REACH)),
    **dict.fromkeys(("rmdir", "unlink", "unlinkat", "utimensat", "chmod", "fchmod", "fchmodat"), (*_REACH, *_RIGHT)),
    "close": (*_SPACE, *_REACH),
    "flock": (*_REACH, "ENOLCK"),
    "mmap": ("EACCES", "ENODEV", "ENOMEM"),
}
_CREATING = (*_SPACE, *_REACH, *_RIGHT)


@frozen
class Case:
    """One fault in one scene: a system call of the call under test, and what happens to it."""

    scene: str
    syscall: Syscall
    fault: str

    @property
    def group(self) -> tuple[str, str]:
        """What cases are spread over."""
        return self.scene, self.syscall.name

    def __str__(self) -> str:
        return f"[{self.scene}] {self.syscall.name} {self.syscall.number} ({self.syscall.arguments[:90]}) {self.fault}"


def _killed(scene: Scene, syscall: Syscall) -> list[Case]:
    return [Case(scene.name, syscall, f"{_KILL}:when={syscall.number}")]


def _failed(scene: Scene, syscall: Syscall) -> list[Case]:
    """Return a failure of the call, and one that goes on for all calls of its name from there.

    The errors that fit take turns: in each scene every kind of call meets each of them, and in one scene or
    another every single call does.
    """
    errors = _ERRORS.get(syscall.name, _CREATING)
    if syscall.name in ("openat", "open") and "O_CREAT" not in syscall.arguments:
        errors = (*_REACH, "EACCES")
    turn = syscall.number + list(BY_NAME).index(scene.name)
    once = Case(scene.name, syscall, f"error={errors[turn % len(errors)]}:when={syscall.number}")
    if syscall.name == "lseek" or (syscall.arguments[:1].isdigit() and syscall.name == "newfstatat"):
        # Of a file that is open: the system answers without a look at the disk, and goes wrong once at most.
        return [once]
    return [once, Case(scene.name, syscall, f"error={errors[(turn + 1) % len(errors)]}:when={syscall.number}+")]


def attack(fault: str, names: Sequence[str], count: int) -> Tally:
    """Try `count` of all cases of some scenes, in this process and its children."""
    if other_file_system() is None:
        return Tally(skipped="there is no second file system in the temporary folder, /dev/shm or /var/tmp")
    scenes = [BY_NAME[name] for name in names]
    warm_up(scenes)
    total, chance = Tally(), random.Random(_SEED)
    cases = _spread([case for scene in scenes for case in _cases(scene, fault)], count, chance)
    for case in until_noticed(cases, total):
        total.add(_try(case))
    return total


def _cases(scene: Scene, fault: str) -> list[Case]:
    """Make the call of a scene once under strace, without a fault, and return its cases."""
    place = Place.new(elsewhere=scene.elsewhere)
    set_up(scene, place)
    calls = run(calling(scene, place, [scene.wanted])).calls()
    place.remove()
    make = {"killed": _killed, "failed": _failed}[fault]
    shown = [evolve(item, arguments=item.arguments.replace(f"{place.root}/", "")) for item in calls]
    return [case for syscall in shown for case in make(scene, syscall)]


def _try(case: Case) -> Tally:
    """Let one call meet its fault, look at the files, and call again."""
    tally, scene = Tally(), BY_NAME[case.scene]
    place = Place.new(elsewhere=scene.elsewhere)
    set_up(scene, place)
    there = named(place)
    met = run(calling(scene, place, [scene.wanted]), f"{case.syscall.name}:{case.fault}")
    if met.injected:
        tally.tried += 1
        _judge(case, met, tally)
        inspect(scene, place, there, tally, str(case))
        reused = recover(scene, place, tally, str(case))
        if met.report and not (reused or met.report[0].warnings or met.report[0].error):
            tally.bad("error", f"{case}: the result was not kept, and nobody said so")
    place.remove()
    return tally


def _judge(case: Case, met: Run, tally: Tally) -> None:
    if met.report:
        scene = BY_NAME[case.scene]
        documented = (*scene.documented, "ForeignFileError") if scene.persons else scene.documented
        judge(met.report[0], tally, str(case), documented)
    elif _KILL not in case.fault:
        tally.bad("error", f"{case}: the process died with status {met.status}")


def _run(fault: str, scenes: Sequence[Scene], count: int, without: str) -> Tally:
    """Try `count` of all cases of the scenes, shared out among one process for each processor."""
    if why := obstacle():
        return Tally(skipped=why)
    chosen = [scene.name for scene in random.Random(_SEED).sample(scenes, min(len(scenes), count))]
    parts = min(processes(without), len(chosen))
    batches = [(fault, chosen[part::parts], number) for part, number in enumerate(share(count, parts))]
    # One process for each processor is enough; threads of NumPy's would make each fork slow.
    return tally_of(attack, without, *batches, ahead=("env", "OPENBLAS_NUM_THREADS=1"))


def _spread(cases: Sequence[Case], count: int, chance: random.Random) -> list[Case]:
    """Return all cases, or `count` of them: each system call of each scene comes up before any comes up again."""
    if count >= len(cases):
        return list(cases)
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in chance.sample(cases, len(cases)):
        groups.setdefault(case.group, []).append(case)
    rounds = itertools.zip_longest(*chance.sample(list(groups.values()), len(groups)))
    return [case for one_round in rounds for case in one_round if case is not None][:count]


def _pass_trouble_on() -> None:
    """Let trouble with keeping a result reach the caller, who then has no value."""
    from makeit.formats import tree
    from makeit.keeping import Keeping

    def keep(self: Any, call: Any, value: Any, *rest: Any) -> Any:
        return self._keep(call, tree.split(self._targets.root, value), *rest)

    Keeping.keep = keep  # type: ignore[method-assign]


def _pass_unreadable_results_on() -> None:
    """Let trouble with loading a result reach the caller, where the function could run."""
    from makeit.results import Results

    def unloadable(self: Any, call: Any, error: Exception) -> None:
        raise error

    Results._unloadable = unloadable  # type: ignore[method-assign]


def _take_for_ones_own() -> None:
    """Take a file whose record cannot be read for makeit's own."""
    from makeit.store import commit

    commit.confirm = lambda outputs, anchor, claims: claims


_ALL = 1_000_000
KILLED = Suite(
    "killed syscalls",
    "SIGKILL at every file system call of a save",
    lambda count, without: _run("killed", (*SAVES, *TOUCHED, *PERSONAL), count, without),
    72,
    _ALL,
)
FAILING = Suite(
    "failing syscalls",
    "every file system call of a save fails",
    lambda count, without: _run("failed", SAVES, count, without),
    72,
    _ALL,
)
REUSE = Suite(
    "failing reuse",
    "every file system call of a reuse fails",
    lambda count, without: _run("failed", (*REUSES, *TOUCHED), count, without),
    72,
    _ALL,
)
FOREIGN = Suite(
    "failing beside a person's file",
    "every file system call of a call fails where a person's file lies at its output",
    lambda count, without: _run("failed", PERSONAL, count, without),
    36,
    _ALL,
)
SUITES: tuple[Suite, ...] = (KILLED, FAILING, REUSE, FOREIGN)
PROTECTIONS: tuple[Protection, ...] = (
    Protection("trouble with a save is a warning", _pass_trouble_on, FAILING, 30),
    Protection("trouble with a load is a run", _pass_unreadable_results_on, REUSE, 60),
    Protection("files that cannot be told are left alone", _take_for_ones_own, FOREIGN, 60),
)
