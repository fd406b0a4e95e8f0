"""Small projects to try faults on: one made function each, what was called before, and how its results look."""

from __future__ import annotations

import functools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import Factory, evolve, field, frozen

from makeit import Maker
from makeit_nifti import MemMappedNiftiFile, NiftiFile
from tests.faults import functions
from tests.faults.shapes import PartsFolder

#: What a person wrote.
PERSONS = b"a file that a person wrote\n" * 3


def other_file_system() -> Path | None:
    """Return a folder that does not lie on the file system of the working folder, if there is one."""
    here = Path.cwd().stat().st_dev
    found = (Path(tempfile.gettempdir()), Path("/dev/shm"), Path("/var/tmp"))
    return next((folder for folder in found if folder.is_dir() and folder.stat().st_dev != here), None)


@frozen
class Place:
    """The folders of one project."""

    root: Path
    cachedir: Path

    @classmethod
    def new(cls, *, elsewhere: bool = False) -> Place:
        """Make an empty project in the working folder, with its cachedir on another file system if asked for."""
        root = Path(tempfile.mkdtemp(prefix="scene-", dir=Path.cwd()))
        if not elsewhere:
            return cls(root, root / ".makeit")
        return cls(root, Path(tempfile.mkdtemp(prefix="makeit-scene-", dir=other_file_system())))

    @property
    def source(self) -> Path:
        """An input file."""
        return self.root / "source.bin"

    def write_source(self) -> None:
        """Write an input file, large enough for its digest to be kept, and long at rest."""
        self.root.mkdir(exist_ok=True)
        self.source.write_bytes(bytes(100_000))
        os.utime(self.source, (1_600_000_000.5, 1_600_000_000.5))

    def remove(self) -> None:
        """Remove the project."""
        for folder in (self.root, self.cachedir):
            shutil.rmtree(folder, ignore_errors=True)


@frozen(eq=False)
class Scene:
    """A made function in a project where `before` was called, the call that meets a fault, and those made `after`.

    `prepare` does what a person did in between; `persons` says that the file at the output is a person's
    own by then, `has_source` that the function takes an input file. `documented` are the errors that may come
    before the function runs.
    """

    name: str
    function: Callable[[int], Any]
    output: Any
    before: tuple[int, ...] = ()
    wanted: int = 2
    after: tuple[int, ...] = (2, 1)
    options: Mapping[str, Any] = field(factory=dict)
    elsewhere: bool = False
    shape: str = field(default=Factory(lambda self: self.name, takes_self=True))
    prepare: Callable[[Place], None] | None = None
    persons: bool = False
    documented: tuple[str, ...] = ("UnwritableError",)
    has_source: bool = False

    def made(self, place: Place) -> Callable[[int], Any]:
        """Return the made function in a project; where it takes an input file, with that given."""
        made: Callable[..., Any] = Maker(cachedir=place.cachedir, root=place.root)(
            self.function, output=self.output, **self.options
        )
        return functools.partial(made, source=place.source) if self.has_source else made


_EYE = np.eye(4)
#: One made function for each format and each way to keep results.
SHAPES: tuple[Scene, ...] = (
    Scene("pickle", functions.numbers, "pickle:out/value.pkl"),
    Scene("json", functions.numbers, "json:out/value.json"),
    Scene("text", functions.lines, "text:out/value.txt"),
    Scene("npy", functions.table, "npy:out/value.npy"),
    Scene("npy mapped", functions.table, "npy:out/value.npy?mmap_mode=r"),
    Scene("npz", functions.tables, "npz:out/value.npz"),
    Scene("nifti", functions.image, "nifti:out/value.nii"),
    Scene("nifti compressed", functions.volume, NiftiFile("out/value.nii.gz", affine=_EYE)),
    Scene("nifti pair", functions.volume, NiftiFile("out/value.img", affine=_EYE)),
    Scene("nifti mapped", functions.image, "nifti-mmap:out/value.nii"),
    Scene("nifti mapped pair", functions.volume, MemMappedNiftiFile("out/value.img", affine=_EYE)),
    Scene("several", functions.report, ("npy:out/a.npy", {"log": "text:out/b.txt"}, "json:out/deeper/c.json")),
    Scene("half kept", functions.half_kept, (None, "json:out/value.json")),
    Scene("kept", functions.counted, None),
    Scene("kept, large", functions.large, None),
    Scene("kept, two of three", functions.counted, None, options={"keep": 3}),
    Scene("folder", functions.pages, PartsFolder("out/pages")),
    Scene("folder and file", functions.pages_twice, (PartsFolder("out/pages"), "json:out/value.json")),
    Scene("folder, versions", functions.pages, PartsFolder("out/pages"), options={"keep": 3}),
    Scene("once", functions.numbers, "json:out/value.json", options={"once": True}),
    Scene("source", functions.measured, "json:out/value.json", has_source=True),
    Scene("source, kept", functions.measured, None, has_source=True),
    Scene("versions", functions.numbers, "json:out/value.json", options={"keep": 3}),
    Scene("elsewhere", functions.table, "npy:out/value.npy", elsewhere=True),
    Scene("several elsewhere", functions.report, ("npy:out/a.npy", {"log": "text:out/b.txt"}, None), elsewhere=True),
    Scene("versions elsewhere", functions.table, "npy:out/value.npy", options={"keep": 3}, elsewhere=True),
)


def _variant(scene: Scene, name: str, **changes: Any) -> Scene:
    return evolve(scene, name=f"{scene.name}, {name}", **changes)


def _earlier(scene: Scene) -> tuple[int, ...]:
    return (1, 3, 4) if scene.options.get("keep") == 3 else (1,)


def outputs(place: Place) -> list[Path]:
    """Return the files in the named outputs' folder of a project."""
    return [path for path in sorted((place.root / "out").rglob("*")) if path.is_file()]


def _touch(place: Place) -> None:
    for path in [*outputs(place), *filter(Path.is_file, (place.cachedir / "results").rglob("*"))]:
        os.utime(path)


def _edit(place: Place) -> None:
    outputs(place)[0].write_bytes(PERSONS)


def _offer(place: Place) -> None:
    (place.root / "out").mkdir()
    (place.root / "out/value.json").write_text(f"{json.dumps(functions.numbers(2), indent=2)}\n")


def _write(place: Place) -> None:
    (place.root / "out").mkdir()
    (place.root / "out/value.json").write_bytes(PERSONS)


#: A first result, and one in place of an earlier one.
SAVES = tuple(
    scene
    for shape in SHAPES
    for scene in (_variant(shape, "new"), _variant(shape, "replacing", before=_earlier(shape)))
) + tuple(_variant(shape, "restored", before=(2, 1)) for shape in SHAPES if "versions" in shape.name)

_ADOPTING = evolve(
    SHAPES[1],
    name="json, adopted",
    after=(2,),
    options={"foreign": "adopt"},
    prepare=_offer,
    documented=("UnwritableError", "MakeitError"),
)

#: A result that is there already, and a person's file that is to be taken for one.
REUSES = (*(_variant(shape, "reused", before=(2,)) for shape in SHAPES), _ADOPTING)

#: The same, with files that were touched since: their stamps are renewed in the record.
TOUCHED = tuple(_variant(shape, "touched", before=(2,), prepare=_touch) for shape in SHAPES)

#: A person's file at the output: written before makeit came, or an edited result.
PERSONAL = (
    Scene("json, a person's", functions.numbers, "json:out/value.json", prepare=_write, persons=True),
    Scene("json, edited", functions.numbers, "json:out/value.json", before=(1,), prepare=_edit, persons=True),
    Scene(
        "json, edited and wanted", functions.numbers, "json:out/value.json", before=(2,), prepare=_edit, persons=True
    ),
    *(
        _variant(shape, "edited", before=_earlier(shape), prepare=_edit, persons=True)
        for shape in SHAPES
        if shape.name in ("several", "nifti pair", "half kept", "versions", "elsewhere", "folder")
    ),
)

BY_NAME = {scene.name: scene for scene in (*SAVES, *REUSES, *TOUCHED, *PERSONAL)}
