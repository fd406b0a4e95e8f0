"""What other processes do with a suite; run as `python -m makeit.testing.actions` by the rules themselves."""

from __future__ import annotations

import json
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from makeit.testing.declaration import Declaration
from makeit.testing.mishaps import Mishap, mishaps
from makeit.testing.origin import find_suite
from makeit.testing.saving import made, save

Note = Callable[..., None]

# Windows has no SIGKILL; there this ends a process at once.
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def save_all(suite: Declaration, folder: Path, note: Note) -> None:
    """Save every example."""
    for number in range(len(suite.examples)):
        save(suite, folder / str(number), suite.given(number))


def suffer(suite: Declaration, folder: Path, note: Note, first: int) -> None:
    """Try one mishap after the other from the `first` on, and note what came of each."""
    for number, mishap in enumerate(mishaps(suite, folder / f"from {first}")):
        if number >= first:
            note(number=number, kind=mishap.kind, about=mishap.about, outcome=None)
            note(number=number, kind=mishap.kind, about=mishap.about, outcome=_outcome(mishap))


def _outcome(mishap: Mishap) -> str:
    try:
        return mishap.happen()
    except Exception as error:
        raise RuntimeError(f"{mishap.kind}, {mishap.about}: {error}") from error


def die_saving(suite: Declaration, folder: Path, note: Note, project: str, which: int) -> None:
    """Call the made function, and be killed in the middle of its save."""
    value = suite.given(which)
    save(suite, folder / "first", value)  # what is imported at a first save does not count
    total = _count(lambda: save(suite, folder / "second", value))
    _kill_in_save(type(suite.persister(folder / f"value{suite.suffix}")), total // 2)
    made(suite, Path(project))(which)


def _count(work: Callable[[], Any]) -> int:
    """Return how many functions are entered and left during some work."""
    events = 0

    def tick(frame: Any, event: str, argument: Any) -> None:
        nonlocal events
        events += 1

    sys.setprofile(tick)
    try:
        work()
    finally:
        sys.setprofile(None)
    return events


def _kill_in_save(kind: Any, after: int) -> None:
    """Let this process die at a step of its next save, at the latest when the save is done."""
    original, steps = kind.save, 0

    def tick(frame: Any, event: str, argument: Any) -> None:
        nonlocal steps
        steps += 1
        if steps >= after:
            os.kill(os.getpid(), KILL)

    def save(self: Any, data: Any) -> Any:
        sys.setprofile(tick)
        original(self, data)
        os.kill(os.getpid(), KILL)

    kind.save = save


def alternate(suite: Declaration, folder: Path, note: Note, project: str, rounds: int) -> None:
    """Call the made function for one example and another in turn, and note each wrong value."""
    function = made(suite, Path(project))
    function(1)
    note(started=True)
    for number in range(rounds):
        which = (number + 1) % 2
        found = function(which)
        if not suite.agrees(found, suite.expected(suite.given(which))):
            note(wrong=f"example {which} was given as {found!r:.200}")


def main(request: dict[str, Any]) -> None:
    """Do what a request names, with a journal in its folder."""
    warnings.simplefilter("ignore")
    folder = Path(request["folder"])
    suite = find_suite(request["file"], request["module"], request["suite"])
    with (folder / "journal").open("w") as journal:

        def note(**entry: Any) -> None:
            journal.write(json.dumps(entry) + "\n")
            journal.flush()

        _ACTIONS[request["action"]](suite, folder, note, **request["arguments"])


_ACTIONS: dict[str, Callable[..., None]] = {
    action.__name__: action for action in (save_all, suffer, die_saving, alternate)
}

if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
