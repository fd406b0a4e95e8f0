"""Processes to strike: a fresh one imports everything once, and forks children that work in a project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from attrs import asdict, frozen

from makeit import CacheWarning, Maker
from tests.faults.apart import processes, share
from tests.faults.catalogue import remove
from tests.faults.shapes import SHAPES
from tests.faults.suite import Tally

_HERE = Path(__file__).resolve().parents[2]


def spread(module: str, count: int, without: str, names: Sequence[str] = ()) -> Tally:
    """Run `python -m module COUNT WITHOUT FOLDER NAME...` in fresh processes that share the count, and add up."""
    with tempfile.TemporaryDirectory() as folder:
        running = [
            _start(module, str(part), without, f"{folder}/{place}", *names)
            for place, part in enumerate(share(count, processes(without)))
        ]
        answers = [process.communicate() for process in running]
    tally = Tally()
    for process, (printed, complaint) in zip(running, answers, strict=True):
        if process.returncode:
            raise RuntimeError(f"{module} failed: {complaint}")
        found = json.loads(printed)
        tally.add(Tally(found["tried"], Counter(found["faults"]), found["examples"], found["skipped"]))
    return tally


def _start(module: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKEIT_")}
    paths = [str(_HERE), *filter(None, [environment.get("PYTHONPATH")])]
    # One thread: a process with several is not to be forked.
    environment |= {"PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=_HERE
    )


def serve(work: Callable[[int, Path, Sequence[str]], Tally]) -> None:
    """Be the process that `spread` started: without the protection, do the work, and print the tally."""
    count, without, folder, *names = sys.argv[1:]
    remove(without)
    be_strict()
    warm(Path(folder, "warm"))
    print(json.dumps(asdict(work(int(count), Path(folder), names))))


def be_strict() -> None:
    """Make a failure of every warning of makeit, less that numbers take turns on a file, as is meant here."""
    warnings.simplefilter("error", CacheWarning)
    warnings.filterwarnings("ignore", ".*takes turns on the file", CacheWarning)


def warm(root: Path) -> None:
    """Load the plugins and libraries that children would load one by one; in a project of its own."""
    for shape in SHAPES:
        made = shape.make(project(root / shape.name))
        made(1)


def project(root: Path) -> Maker:
    """Return the maker of a project that nobody in this process knows yet."""
    root.mkdir(parents=True, exist_ok=True)
    return Maker(root=root, cachedir=root / ".makeit")


@frozen
class Child:
    """A forked process, and the end of the pipe that its words come from."""

    pid: int
    pipe: int

    def first_word(self) -> None:
        """Wait until it says that it has begun, or has ended."""
        os.read(self.pipe, 1)

    def last_words(self) -> str:
        """Wait for its end; return all it says until then."""
        with os.fdopen(self.pipe, encoding="utf-8") as stream:
            return stream.read()

    def end(self) -> int:
        """Wait for its end; return what killed it as a negative number, or its status."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def fork(work: Callable[[int], None]) -> Child:
    """Start a child that does the work, which gets the end of a pipe to write to, and nothing after it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Child(pid, reading)
    status = 1
    try:
        os.close(reading)
        work(writing)
        status = 0
    except BaseException:
        os.write(writing, traceback.format_exc().encode())
    finally:
        os._exit(status)


def say(pipe: int, kind: str, example: str) -> None:
    """Tell the parent of a fault."""
    os.write(pipe, (json.dumps([kind, example]) + "\n").encode())


def heard(words: str) -> Iterator[tuple[str, str]]:
    """Yield the faults that a child told of; one that broke down is a fault by itself."""
    for line in words.splitlines():
        try:
            kind, example = json.loads(line)
        except ValueError:
            yield "error", words[-800:]
            return
        yield kind, example
