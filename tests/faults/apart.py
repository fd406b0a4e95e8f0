"""Parts of a suite in processes of their own, where a protection may be off, and their tallies added up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import makeit
from tests.faults.catalogue import remove
from tests.faults.suite import Tally

_ROOT = Path(__file__).parents[2]
_MARK = "TALLY "
_MEMORY = "/dev/shm"
_SETTINGS = ("MAKEIT_CACHEDIR", "MAKEIT_STRICT", "MAKEIT_DISABLE_PLUGINS", "PYTHONWARNINGS")


def tally_of(part: Callable[..., Tally], without: str, *batches: Sequence[Any], ahead: Sequence[str] = ()) -> Tally:
    """Run `part(*batch)` for all batches at the same time, each in a fresh process and an empty folder.

    The processes begin with the protection `without` switched off; `ahead` is a command that starts them.
    """
    total = Tally()
    with tempfile.TemporaryDirectory(prefix="makeit-faults-", dir=_quick_folder()) as folder:
        started = [_start(part, without, batch, folder, ahead) for batch in batches]
        for process in started:
            total.add(_result(process))
    return total


def _quick_folder() -> str | None:
    """Return a folder in memory, where there is one: nothing here depends on the disk, and syncing takes time."""
    return _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None


def processes(without: str) -> int:
    """Return how many processes share a suite: one for each processor.

    It is one where a single fault is waited for, or where the workers of pytest-xdist have the other processors.
    """
    return 1 if without or "PYTEST_XDIST_WORKER" in os.environ else os.cpu_count() or 1


def share(count: int, parts: int) -> list[int]:
    """Share a count out among some parts, as evenly as whole numbers are."""
    return [count // parts + (place < count % parts) for place in range(parts)]


def be_quiet() -> None:
    """Make every warning an error, less those that makeit gives about a call whose value is right."""
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", makeit.CacheWarning)


def _start(
    part: Callable[..., Tally], without: str, batch: Sequence[Any], folder: str, ahead: Sequence[str]
) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    path = [str(_ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    name = f"{part.__module__}:{part.__qualname__}"
    return subprocess.Popen(
        [*ahead, sys.executable, "-m", __name__, name, without, json.dumps(batch)],
        cwd=tempfile.mkdtemp(dir=folder),
        env={**environment, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _result(process: subprocess.Popen[str]) -> Tally:
    out, err = process.communicate()
    said = [line for line in out.splitlines() if line.startswith(_MARK)]
    if process.returncode == 0 and len(said) == 1:
        return decoded(said[0].removeprefix(_MARK))
    tally = Tally()
    tally.bad("error", f"a process ended with {process.returncode}: {err[-2000:]}")
    return tally


def encoded(tally: Tally) -> str:
    """Write a tally as one line."""
    return json.dumps([tally.tried, tally.faults, tally.examples, tally.skipped])


def decoded(text: str) -> Tally:
    """Read a tally that `encoded` wrote."""
    tried, faults, examples, skipped = json.loads(text)
    return Tally(tried, Counter(faults), examples, skipped)


def main(arguments: Iterable[str]) -> None:
    """Be one of the processes."""
    name, without, batch = arguments
    module, _, function = name.partition(":")
    be_quiet()
    remove(without)
    tally = getattr(import_module(module), function)(*json.loads(batch))
    print(f"{_MARK}{encoded(tally)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
