"""Fresh processes: a function of benchmarks.children is called in one, and says what it measured."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.clock import CLOCK

ROOT = Path(__file__).parents[1]
_CODE = """\
import sys
for name in {modules!r}:
    try:
        __import__(name)
    except Exception:
        pass
from benchmarks.children.{module} import {function}
before = set(sys.modules)
value = {function}(*{arguments!r})
print(repr((value, sorted(set(sys.modules) - before))))
"""


@frozen
class Said:
    """What a child returned, and which modules it imported on the way."""

    value: Any
    imported: tuple[str, ...]


def fresh(work: str, *arguments: Any, modules: Iterable[str] = (), path: Path | None = None) -> Said:
    """Call `module.function` of benchmarks.children in a new interpreter, `modules` imported before it begins.

    Arguments and what it returns are numbers, strings, and lists of them; `path` is searched for packages, too.
    """
    done = subprocess.run(
        command(work, *arguments, modules=modules), env=environment(path), capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{work}{arguments}: {done.stderr}")
    return Said(*ast.literal_eval(done.stdout.splitlines()[-1]))


def interpret(code: str, folder: Path | None = None) -> None:
    """Start an interpreter that runs a line and ends."""
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment(), check=True)


def command(work: str, *arguments: Any, modules: Iterable[str] = ()) -> list[str]:
    """Return the command line of a child."""
    module, _, function = work.partition(".")
    code = _CODE.format(modules=tuple(modules), module=module, function=function, arguments=arguments)
    return [sys.executable, "-W", "ignore", "-c", code]


def environment(path: Path | None = None) -> dict[str, str]:
    """Return the environment of a child: without settings of ours, and with the checkout on its path."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKEIT")) or name == CLOCK
    }
    return kept | {"PYTHONPATH": os.pathsep.join(map(str, filter(None, (ROOT, path))))}


@frozen
class Fresh:
    """One contender of fresh processes, its imports before the clock or within it."""

    work: str
    arguments: tuple[Any, ...]
    modules: tuple[str, ...] = ()
    path: Path | None = None

    def __call__(self) -> float:
        """Return the seconds that the child measured."""
        return float(fresh(self.work, *self.arguments, modules=self.modules, path=self.path).value)

    def less_imports(self) -> Fresh:
        """Return the same with everything that it imports imported before: found out by a run of it."""
        said = fresh(self.work, *self.arguments, path=self.path)
        return Fresh(self.work, self.arguments, said.imported, self.path)


class Children:
    """Children that say when they are ready and wait for the word to begin, all at once."""

    def __init__(self, work: str, arguments: Iterable[tuple[Any, ...]]) -> None:
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        commands = [command(work, *each) for each in arguments]
        self._all = [subprocess.Popen(each, env=environment(), **pipes) for each in commands]
        for child in self._all:
            self._expect(child, "ready")

    def begin(self) -> None:
        """Give the word to all."""
        for child in self._all:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()

    def values(self) -> list[Any]:
        """Wait for all to end; return what they measured."""
        outputs = [child.communicate()[0] for child in self._all]
        if any(child.returncode for child in self._all):
            raise RuntimeError(f"a child failed: {[child.returncode for child in self._all]}")
        return [ast.literal_eval(output.splitlines()[-1])[0] for output in outputs]

    @property
    def ids(self) -> list[int]:
        """The ids of the processes."""
        return [child.pid for child in self._all]

    @property
    def running(self) -> bool:
        """Whether one of them is still at work."""
        return any(child.poll() is None for child in self._all)

    @staticmethod
    def _expect(child: Any, word: str) -> None:
        line = child.stdout.readline()
        if line.strip() != word:
            raise RuntimeError(f"a child should say {word!r}, and said {line!r}")
