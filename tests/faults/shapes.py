"""Ways of keeping results, each to be saved in a loop and struck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from makeit import Maker, Persister
from tests.faults.values import array, arrays, both, image, large, mixed, parts, plain, same, small, twice, words


@frozen
class Shape:
    """One way of keeping results: `make` gives a function from a number to a result made of that number alone.

    With a `cycle` the numbers come round again, so that earlier results are asked for.
    """

    name: str
    make: Callable[[Maker], Callable[[int], Any]]
    cycle: int = 0
    #: Whether each number has files of its own.
    apart: bool = False

    def number(self, turn: int) -> int:
        """Return the argument of a turn; never 0, which is what holes in files read as."""
        return turn % self.cycle + 1 if self.cycle else turn


class PartsFolder(Persister):
    """Keep a list of texts in a folder, one file for each."""

    folder = True

    def save(self, data: Any) -> None:
        """Write the texts to numbered files."""
        self.filename.mkdir()
        for place, text in enumerate(data):
            (self.filename / f"{place}.txt").write_text(text)

    def load(self) -> Any:
        """Read the texts."""
        return [path.read_text() for path in sorted(self.filename.iterdir())]


def _chain(maker: Maker) -> Callable[[int], Any]:
    first = maker(array, output="npy:chain/first.npy")
    second = maker(same, output="npy:chain/second.npy")
    return lambda number: second(first(number))


_SEVERAL = {"array": "npy:one/array.npy", "list": "json:two/list.json", "text": "text:three/text.txt"}

SHAPES = (
    Shape("npy", lambda maker: maker(array, output="npy:array.npy")),
    Shape("large npy", lambda maker: maker(large, output="npy:array.npy")),
    Shape("npz", lambda maker: maker(arrays, output="npz:arrays.npz")),
    Shape("nifti", lambda maker: maker(image, output="nifti:image.nii")),
    Shape("nifti, gzip", lambda maker: maker(image, output="nifti:image.nii.gz")),
    Shape("nifti pair", lambda maker: maker(image, output="nifti:image.img")),
    Shape("pickle", lambda maker: maker(mixed, output="pickle:mixed.pkl")),
    Shape("json", lambda maker: maker(plain, output="json:plain.json")),
    Shape("text", lambda maker: maker(words, output="text:words.txt")),
    Shape("several", lambda maker: maker(mixed, output=_SEVERAL)),
    Shape("folder", lambda maker: maker(parts, output=PartsFolder("texts.parts"))),
    Shape("folder and file", lambda maker: maker(twice, output=(PartsFolder("texts.parts"), "text:words.txt"))),
    Shape("kept, small", lambda maker: maker(small)),
    Shape("kept, large", lambda maker: maker(array)),
    Shape("named and kept", lambda maker: maker(both, output=("npy:array.npy", None))),
    Shape("history", lambda maker: maker(array, output="npy:array.npy", keep=3), cycle=4),
    Shape("history of several", lambda maker: maker(mixed, output=_SEVERAL, keep=3), cycle=4),
    Shape("history of a folder", lambda maker: maker(parts, output=PartsFolder("texts.parts"), keep=3), cycle=4),
    Shape("kept history", lambda maker: maker(array, keep=3), cycle=4),
    Shape("a file each", lambda maker: maker(array, output="npy:number {number}/array.npy"), apart=True),
    Shape("chain", _chain),
)


def chosen(names: Sequence[str]) -> Sequence[Shape]:
    """Return the shapes of these names, or all."""
    return [shape for shape in SHAPES if shape.name in names] if names else SHAPES
