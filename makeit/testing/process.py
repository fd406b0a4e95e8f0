"""Another process that works on a suite: it may crash, be killed, or run out of space."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from makeit.testing.declaration import Declaration


@frozen(eq=False)
class Process:
    """A process that was started, and the journal that it writes."""

    running: subprocess.Popen[bytes]
    folder: Path

    def await_entry(self) -> None:
        """Wait until the process has written something into its journal, or ended."""
        journal = self.folder / "journal"
        while self.running.poll() is None and not (journal.exists() and journal.stat().st_size):
            time.sleep(0.01)

    def finish(self) -> list[dict[str, Any]]:
        """Wait for the process and return its journal; RuntimeError with its words where it failed."""
        status, entries = self.end()
        if status:
            words = (self.folder / "errors").read_text(errors="replace")
            raise RuntimeError(f"a process of the suite ended with status {status}:\n{words}")
        return entries

    def end(self) -> tuple[int, list[dict[str, Any]]]:
        """Wait for a process that may end in any way; return its status and its journal."""
        status = self.running.wait()
        journal = self.folder / "journal"
        lines = journal.read_text().splitlines() if journal.exists() else []
        return status, [json.loads(line) for line in lines]


def start(
    suite: Declaration, action: str, folder: Path, *, environment: Mapping[str, str] | None = None, **arguments: Any
) -> Process:
    """Start an action of `makeit.testing.actions` on a suite, in a new interpreter and a folder of its own."""
    kind = type(suite)
    if "<locals>" in kind.__qualname__:
        raise RuntimeError(f"{kind.__qualname__} is defined in a function, where no other process can find it")
    folder.mkdir(parents=True, exist_ok=True)
    request = {
        "file": inspect.getfile(kind),
        "module": kind.__module__,
        "suite": kind.__qualname__,
        "action": action,
        "folder": str(folder),
        "arguments": arguments,
    }
    places = os.pathsep.join(os.path.abspath(path) for path in sys.path)
    with (folder / "errors").open("wb") as errors:
        running = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "makeit.testing.actions", json.dumps(request)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": places, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=subprocess.STDOUT,
        )
    process = Process(running, folder)
    # A rule that fails before it waits for its process leaves none behind.
    weakref.finalize(process, _end, running)
    return process


def _end(running: subprocess.Popen[bytes]) -> None:
    if running.poll() is None:
        running.kill()
    running.wait()
