"""Real projects with notes of every kind, to be made different: records, pointers, intents, digests of inputs."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen

import makeit.workbench
from makeit import CacheWarning, Maker

_LARGE = 80_000
# The folders of a cachedir that hold notes.
_KINDS = ("records", "files", "history")


def text(x: int) -> str:
    """Return a text of a number."""
    return f"{x} " * 10


def several(x: int) -> tuple[str, list[int], dict[str, int]]:
    """Return three values."""
    return text(x), [x], {"x": x}


def number(x: int) -> Any:
    """Return a NumPy scalar, which needs a note to come back as one."""
    return np.float32(x)


def arrays(x: int) -> Any:
    """Return a tuple of arrays, which needs a note, too."""
    return np.full(10, x), np.full(5, x + 1)


def drawn(stream: random.Random) -> float:
    """Draw a number; the stream goes on after a reuse as after the run."""
    return stream.random()


def beginning(path: Path) -> bytes:
    """Return the beginning of a file."""
    return path.read_bytes()[:20]


@frozen
class Specimen:
    """A project with one made function; `right` are the values that its call may give, as text."""

    name: str
    function: Callable[..., Any]
    options: dict[str, Any]
    right: tuple[str, ...]
    argument: Callable[[], Any] = lambda: 1
    prepare: Callable[[Any, Path], None] = lambda made, root: made(1)
    content: dict[Path, bytes] = field(factory=dict, eq=False)

    def root(self, folder: Path) -> Path:
        """Return the root of its project."""
        return folder / self.name

    def made(self, folder: Path) -> Any:
        """Return the made function as a new process makes it: nothing is remembered."""
        makeit.workbench._benches.clear()
        root = self.root(folder)
        return Maker(cachedir=root / ".makeit", root=root)(self.function, name=self.name, **self.options)

    def grow(self, folder: Path) -> list[Path]:
        """Make the project; return its notes."""
        root = self.root(folder)
        root.mkdir()
        (root / "mine.txt").write_text("a person's own")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CacheWarning)
            self.prepare(self.made(folder), root)
        self.content.update((path, path.read_bytes()) for path in root.rglob("*") if path.is_file())
        notes = [path for kind in _KINDS for path in (root / ".makeit" / kind).rglob("*")]
        return [path for path in notes if path.suffix in (".json", ".intent")]

    def edit(self, folder: Path) -> dict[Path, bytes]:
        """Edit the named outputs by hand; return what they hold then."""
        for path in self.root(folder).glob("[a-z]*.*"):
            if path.name != "mine.txt":
                path.write_bytes(path.read_bytes() + b" ")
        return {path: path.read_bytes() for path in self.root(folder).glob("[a-z]*.*")}

    def restore(self, folder: Path) -> None:
        """Bring all files back."""
        root = self.root(folder)
        for path in [path for path in root.rglob("*") if path.is_file() or path.is_symlink()]:
            if path not in self.content:
                path.unlink()
        for path, content in self.content.items():
            if not path.exists() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def _read_large(made: Any, root: Path) -> None:
    Path("large.in").write_bytes(b"0123456789" * (_LARGE // 10))
    os.utime("large.in", (1e9 + 0.5, 1e9 + 0.5))  # long at rest, so that its digest is kept
    made(Path("large.in"))


def _draw(made: Any, root: Path) -> None:
    made(random.Random(1))


def _adopt(made: Any, root: Path) -> None:
    (root / "out.txt").write_text("a person's words")
    made.adopt(1)


def _accept(made: Any, root: Path) -> None:
    Maker(cachedir=root / ".makeit", root=root)(text, output="text:out.txt", name="accepted", version="old")(1)
    made.accept(1)


def _vary(made: Any, root: Path) -> None:
    made(2)
    made(1)


def _forget(made: Any, root: Path) -> None:
    made(1)
    made.forget(1)


SPECIMENS = {
    specimen.name: specimen
    for specimen in (
        Specimen("text", text, {"output": "text:out.txt"}, (repr(text(1)),)),
        Specimen("several", several, {"output": ("text:one.txt", "json:two.json", None)}, (repr(several(1)),)),
        Specimen("number", number, {"output": "npy:number.npy"}, (repr(number(1)),)),
        Specimen("arrays", arrays, {"output": "npz:arrays.npz"}, (repr(arrays(1)),)),
        Specimen("drawn", drawn, {}, (repr(drawn(random.Random(1))),), lambda: random.Random(1), _draw),
        Specimen(
            "beginning", beginning, {"keep": None}, (repr(b"0123456789" * 2),), lambda: Path("large.in"), _read_large
        ),
        Specimen("history", text, {"output": "text:out.txt", "keep": 3}, (repr(text(2)),), lambda: 2, _vary),
        Specimen("kept", several, {"keep": 2}, (repr(several(1)),), prepare=_vary),
        Specimen("accepted", text, {"output": "text:out.txt", "version": "new"}, (repr(text(1)),), prepare=_accept),
        Specimen(
            "adopted", text, {"output": "text:out.txt"}, (repr(text(1)), repr("a person's words")), prepare=_adopt
        ),
        Specimen("forgotten", text, {"output": "text:out.txt"}, (repr(text(1)),), prepare=_forget),
    )
}
