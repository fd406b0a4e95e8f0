"""How the rules save and load."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from makeit import Maker, Persister
from makeit.testing.declaration import Declaration


def place(suite: Declaration, folder: Path, stem: str = "value") -> Path:
    """Return the name of a file of the format in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{stem}{suite.suffix}"


def save(suite: Declaration, folder: Path, value: Any, stem: str = "value") -> Persister:
    """Save a value; return the persister, its notes as a record would give them back."""
    persister = suite.persister(place(suite, folder, stem))
    persister.notes = recorded(persister.save(value))
    return persister


def recorded(notes: Any) -> Any:
    """Return notes in the form that a record gives back; those that are no JSON as they are."""
    try:
        return json.loads(json.dumps(dict(notes or {})))
    except (TypeError, ValueError):
        return notes


def reader(suite: Declaration, writer: Persister) -> Persister:
    """Return what a later process has: a new persister on the same file, with the notes."""
    fresh = suite.persister(Path(writer.filename))
    fresh.notes = writer.notes
    return fresh


def made(suite: Declaration, folder: Path, function: Callable[[int], Any] | None = None, **options: Any) -> Any:
    """Return a made function that gives the example of a number, with its result in a file in `folder`."""

    def result(which: int) -> Any:
        return function(which) if function else suite.given(which)

    chosen = {"output": suite.persister(place(suite, folder)), "name": "conformance", "version": 1, **options}
    return Maker(cachedir=folder / ".makeit", root=folder)(result, **chosen)
