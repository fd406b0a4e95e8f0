"""Races: threads and processes that call, delete, touch, read and forget one output while the code changes."""

from __future__ import annotations

import multiprocessing
import os
import random
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from makeit import MakeitError, Maker
from makeit.store import commit, outputs
from tests.faults import apart
from tests.faults.catalogue import remove, until_noticed
from tests.faults.contests import ARGUMENTS, CONTESTS, VERSIONS, Contest
from tests.faults.suite import Protection, Suite, Tally

_THREADS = 3
_PROCESSES = ("fork", "spawn", "fork", "spawn")
# Memory maps that a thread still holds while new results replace the file they show.
_HELD = 10


def run(count: int, without: str) -> Tally:
    """Race for each output in turn, two at the same time."""
    total = Tally()
    names = list(CONTESTS)
    shares = dict(zip(names, apart.share(count, len(names)), strict=True))
    for pair in zip(names[::2], names[1::2], strict=True):
        total.add(apart.tally_of(race, without, *([name, shares[name], without] for name in pair)))
    return total


def run_slow(count: int, without: str) -> Tally:
    """Race for an output that takes its time to be read, where a replacement is most likely to come between."""
    return apart.tally_of(race, without, ["slow", count, without])


def race(name: str, count: int, without: str) -> Tally:
    """Let processes, forked from one that has called before and fresh ones, call the functions of a contest."""
    functions = CONTESTS[name].functions(_maker())
    for x in ARGUMENTS:
        functions[0](x)
    folder = tempfile.mkdtemp(prefix="tallies-", dir=os.getcwd())
    started = []
    for number, (method, calls) in enumerate(zip(_PROCESSES, apart.share(count, len(_PROCESSES)), strict=True)):
        context: BaseContext = multiprocessing.get_context(method)
        said = os.path.join(folder, str(number))
        process = context.Process(target=_race_in, args=(name, calls, number, without, said))  # type: ignore[attr-defined]
        process.start()
        started.append((process, Path(said)))
    total = Tally()
    for process, place in started:
        process.join()
        total.add(_said(place, process.exitcode))
    return total


def _said(place: Path, status: int | None) -> Tally:
    if place.exists():
        return apart.decoded(place.read_text())
    tally = Tally()
    tally.bad("error", f"a racing process ended with {status}")
    return tally


def _race_in(name: str, count: int, number: int, without: str, said: str) -> None:
    """Be one of the processes: some threads that call, one that meddles with the files."""
    apart.be_quiet()
    remove(without)
    contest = CONTESTS[name]
    functions = contest.functions(_maker())
    tallies = [Tally() for _ in range(_THREADS)]
    callers = [
        threading.Thread(target=_call, args=(contest, functions, calls, random.Random(f"{number} {place}"), tally))
        for place, (calls, tally) in enumerate(zip(apart.share(count, _THREADS), tallies, strict=True))
    ]
    meddled = Tally()
    with _meddling(contest, functions, random.Random(number), meddled):
        for thread in callers:
            thread.start()
        for thread in callers:
            thread.join()
    total = Tally()
    for tally in (*tallies, meddled):
        total.add(tally)
    Path(f"{said}~").write_text(apart.encoded(total))
    os.replace(f"{said}~", said)


def _maker() -> Maker:
    return Maker(cachedir=os.path.abspath(".makeit"), root=os.getcwd())


def _call(contest: Contest, functions: list[Any], count: int, chance: random.Random, tally: Tally) -> None:
    held: list[tuple[Any, int, int]] = []
    version, x = 0, 0
    for _ in until_noticed(range(count), tally):
        # Often what was called before, so that there is something to reuse.
        if chance.random() < 0.5:
            version, x = chance.choice(VERSIONS), chance.choice(ARGUMENTS)
        tally.tried += 1
        with _judged(tally, f"call of version {version} with {x} on {contest.name}"):
            value = functions[version](x)
            if not contest.is_right(value, version, x):
                tally.bad("wrong", f"{contest.name}: version {version} of {x} gave {str(value)[:60]!r}")
            held = [*held, (value, version, x)][-_HELD:]
            if not contest.is_right(*held[0]):
                tally.bad("wrong", f"{contest.name}: a value changed while its file was replaced")


@contextmanager
def _meddling(contest: Contest, functions: list[Any], chance: random.Random, tally: Tally) -> Iterator[None]:
    """Meddle with the files of a contest in a thread of its own."""
    done = threading.Event()
    thread = threading.Thread(target=_meddle, args=(contest, functions, chance, tally, done))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _meddle(contest: Contest, functions: list[Any], chance: random.Random, tally: Tally, done: threading.Event) -> None:
    while not done.wait(chance.random() * 0.02):
        what = chance.choice(_MEDDLINGS)
        with _judged(tally, f"{what.__name__} on {contest.name}"):
            what(contest, functions, chance, tally)


def _delete(contest: Contest, functions: list[Any], chance: random.Random, tally: Tally) -> None:
    if contest.named:
        with suppress(FileNotFoundError):
            os.unlink(chance.choice(contest.named))


def _touch(contest: Contest, functions: list[Any], chance: random.Random, tally: Tally) -> None:
    if contest.named:
        with suppress(FileNotFoundError):
            os.utime(chance.choice(contest.named), chance.choice([None, (1, 1)]))


def _read(contest: Contest, functions: list[Any], chance: random.Random, tally: Tally) -> None:
    for name in contest.named:
        with suppress(FileNotFoundError):
            content = Path(name).read_bytes()
            if not contest.is_whole(name, content):
                tally.bad("torn", f"{contest.name}: {name} was {len(content)} bytes, {content[:40]!r}...")


def _forget(contest: Contest, functions: list[Any], chance: random.Random, tally: Tally) -> None:
    chance.choice(functions).forget(chance.choice(ARGUMENTS))


def _ask(contest: Contest, functions: list[Any], chance: random.Random, tally: Tally) -> None:
    chance.choice(functions).why(chance.choice(ARGUMENTS))


_MEDDLINGS: tuple[Callable[..., None], ...] = (_delete, _touch, _read, _read, _forget, _ask)


@contextmanager
def _judged(tally: Tally, what: str) -> Iterator[None]:
    """Count what a call raises: nobody edits a file here, so nothing has to be refused."""
    try:
        yield
    except MakeitError as error:
        tally.bad("lost", f"{what}: {type(error).__name__}: {error}")
    except Exception as error:
        tally.bad("error", f"{what}: {error!r} {''.join(traceback.format_tb(error.__traceback__)[-3:])}")


SUITE = Suite(
    "races",
    "threads × processes on one output with changing code: 0 wrong, 0 torn, 0 lost",
    run,
    reduced=1_000,
    full=100_000,
)
SLOW = Suite("race of slow readers", "the same where files take their time to be read", run_slow, 300, 10_000)
SUITES: tuple[Suite, ...] = (SUITE,)


def _never_look_again() -> None:
    outputs.Outputs.unchanged = lambda self, examined: True  # type: ignore[method-assign]


def _never_lock() -> None:
    @contextmanager
    def unlocked(project: Any, paths: Any) -> Iterator[bool]:
        yield True

    commit.commit_lock = outputs.commit_lock = unlocked  # type: ignore[assignment]


PROTECTIONS: tuple[Protection, ...] = (
    Protection("second stat", _never_look_again, SLOW, 300),
    Protection("commit lock", _never_lock, SLOW, 300),
)
