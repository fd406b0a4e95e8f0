"""The saves whose system calls are recorded: what was called before, and the call that the power cut meets."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from attrs import evolve, field, frozen

from makeit import Maker, Persister, TextFile, hookimpl
from makeit.model import Call, Outcome
from tests.faults.crash_functions import array, arrays, edited, large, pages, several, text, volume

Step = int | str


class Pages(Persister):
    """A folder with one file for each item of a list, and one in a folder below."""

    suffixes = (".pages",)
    folder = True

    def save(self, data: list[str]) -> None:
        """Write the folder."""
        (self.filename / "below").mkdir(parents=True)
        (self.filename / "below" / "count").write_text(str(len(data)))
        for number, item in enumerate(data):
            (self.filename / str(number)).write_text(item)

    def load(self) -> list[str]:
        """Read the folder."""
        count = int((self.filename / "below" / "count").read_text())
        return [(self.filename / str(number)).read_text() for number in range(count)]


_SEVERAL = {"array": "npy:one/array.npy", "list": "json:two/list.json", "text": "text:text.txt", "rest": None}


@frozen(eq=False)
class Save:
    """A made function, the steps that it took before, and the step that is recorded.

    A step is the number that the function is called with, or "touch", which dates its file anew, or "forget".
    `results` are the names of its outputs. With `links=False` the file system has no hard links.
    """

    name: str
    function: Callable[[int], Any]
    output: Any = None
    results: tuple[str, ...] = ()
    before: tuple[Step, ...] = ()
    step: Step = 1
    keep: int | None = 1
    links: bool = True
    #: What the function is in the recorded step, where its code was edited.
    later: Callable[[int], Any] | None = None
    asked: tuple[int, ...] = field(factory=tuple)

    @property
    def lasts(self) -> bool:
        """Whether a power cut after the call may not take its result; a small one without a file name it may."""
        return bool(self.results) or self.function is large

    def functions(self, step: Step) -> Callable[[int], Any]:
        """Return the function as it is by then: the code of an edited one counts from its recorded step on."""
        return self.later if self.later and step != 1 else self.function

    def take(self, step: Step, maker: Maker) -> Any:
        """Take one step in the project of a maker, in this process."""
        if step == "touch":
            os.utime(os.path.join(maker.root or "", self.results[0]))
            return None
        made: Any = maker(self.functions(step), output=self.output, keep=self.keep, name=self.function.__name__)
        return made.forget(1) if step == "forget" else made(step)


class Watch:
    """A plugin that counts runs, and keeps texts as such, which can be read whatever became of them."""

    def __init__(self) -> None:
        self.runs = 0

    @hookimpl
    def makeit_call_finished(self, call: Call, outcome: Outcome) -> None:
        """Count a run."""
        self.runs += not outcome.reused

    @hookimpl
    def makeit_choose_persister(self, value: Any) -> Persister | None:
        """Choose a text file for a text."""
        return TextFile("value.txt") if isinstance(value, str) else None


def _both(save: Save) -> tuple[Save, Save]:
    """Return a first save, and one that replaces an older result."""
    return (
        evolve(save, name=f"{save.name}, first", asked=(1, 2)),
        evolve(save, name=f"{save.name}, replaced", before=(1,), step=2, asked=(2, 1, 3)),
    )


_HISTORY = Save("history", array, "npy:array.npy", ("array.npy",), keep=3)
SAVES = (
    *_both(Save("npy", array, "npy:array.npy", ("array.npy",))),
    *_both(Save("text in a new folder", text, "text:texts/new/text.txt", ("texts/new/text.txt",))),
    *_both(Save("several outputs", several, _SEVERAL, ("one/array.npy", "two/list.json", "text.txt"))),
    *_both(Save("npz", arrays, "npz:arrays.npz", ("arrays.npz",))),
    *_both(Save("nifti pair", volume, "nifti:volume.img", ("volume.img", "volume.hdr"))),
    *_both(Save("nifti, gzip", volume, "nifti:volume.nii.gz", ("volume.nii.gz",))),
    *_both(Save("nifti, mapped", volume, "nifti-mmap:volume.nii", ("volume.nii",))),
    *_both(Save("pickle", several, "pickle:several.pkl", ("several.pkl",))),
    *_both(Save("folder", pages, Pages("out/text.pages"), ("out/text.pages",))),
    *_both(Save("kept, small", array)),
    *_both(Save("kept, small text", text)),
    *_both(Save("kept, large", large)),
    Save("kept, one more", text, before=(1,), step=2, keep=None, asked=(2,)),
    *_both(_HISTORY),
    Save("kept, the third of two", array, before=(1, 2), step=3, keep=2, asked=(3, 1, 2)),
    Save("edited code", array, "npy:array.npy", ("array.npy",), (1,), 2, later=edited, asked=(2, 1, 3)),
    evolve(_HISTORY, name="history, pruned", before=(1, 2, 3), step=4, asked=(4, 1, 2, 3)),
    evolve(_HISTORY, name="history, restored", before=(1, 2), step=1, asked=(1, 2, 3)),
    evolve(_HISTORY, name="history, restored without links", before=(1, 2), step=1, asked=(1, 2, 3), links=False),
    Save("renewed after a touch", array, "npy:array.npy", ("array.npy",), (1, "touch"), 1, asked=(1, 2)),
    Save("forgotten", array, "npy:array.npy", ("array.npy",), (1,), "forget", asked=(1, 2)),
    Save(
        "forgotten, several",
        several,
        _SEVERAL,
        ("one/array.npy", "two/list.json", "text.txt"),
        (1,),
        "forget",
        asked=(1, 2),
    ),
)
