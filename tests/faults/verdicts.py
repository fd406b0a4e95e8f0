"""What is bad about a project after a fault: files that are neither old nor new, values, errors, litter."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.faults.children import Called, called
from tests.faults.scenes import PERSONS, SHAPES, Place, Scene, outputs
from tests.faults.suite import Tally


@functools.cache
def _whole(shape: str) -> Mapping[str, frozenset[bytes]]:
    """Return the contents that each output may have, by its place: those of runs that nothing disturbs."""
    (scene,) = (scene for scene in SHAPES if scene.name == shape)
    found: dict[str, set[bytes]] = {}
    for argument in (1, 2, 3, 4):
        place = Place.new(elsewhere=scene.elsewhere)
        place.write_source()
        for one in called(scene, place, argument):
            assert one.right, one
            assert not one.warnings, one
        for name, content in results(place).items():
            found.setdefault(_placed(name), set()).add(content)
        place.remove()
    return {name: frozenset(contents) for name, contents in found.items()}


def _placed(name: str) -> str:
    """Leave the key of a call out of a name: an argument that could not be fingerprinted has another."""
    first, *others = name.split("/")
    return name if first == "out" else "/".join(part for place, part in enumerate(others) if place != 1)


def results(place: Place) -> dict[str, bytes]:
    """Return the contents of all results of a project by names that are the same in every project.

    A folder among the named outputs is one result, with all that is in it.
    """
    named = [(f"out/{path.relative_to(place.root / 'out')}", path) for path in outputs(place)]
    folder = place.cachedir / "results"
    kept = [(f"kept/{path.relative_to(folder)}", path) for path in sorted(folder.rglob("*")) if path.is_file()]
    found: dict[str, bytes] = {}
    for name, path in [*named, *kept]:
        if not any(map(is_temporary, (path, *path.parents))):
            whole, slash, _ = name.partition("/pages/")
            found[whole + slash] = found.get(whole + slash, b"") + path.name.encode() * bool(slash) + path.read_bytes()
    return found


def named(place: Place) -> list[str]:
    """Return the names of the results at named outputs."""
    return [name for name in results(place) if name.startswith("out/")]


def litter(place: Place) -> list[str]:
    """Return the temporary files and folders in a project, notes of intent without a record, and half versions."""
    found = [path for folder in {place.root, place.cachedir} for path in sorted(folder.rglob("*"))]
    return [str(path) for path in found if is_temporary(path) or _is_unanswered(path) or _is_half(path)]


def is_temporary(path: Path) -> bool:
    """Tell whether a file or folder is there only while something is being saved."""
    return path.name.startswith(".makeit-") or path.name.endswith("~")


def _is_unanswered(path: Path) -> bool:
    return path.name.endswith(".intent") and not path.with_suffix(".json").exists()


def _is_half(path: Path) -> bool:
    return path.parent.name.endswith(".versions") and not (path / "record.json").exists()


def inspect(scene: Scene, place: Place, there: Iterable[str], tally: Tally, fault: str) -> None:
    """Look at the files before anything runs again; `there` are the named outputs that were there before."""
    found = results(place)
    if scene.persons:
        if not any(PERSONS in content for content in found.values()):
            tally.bad("lost", f"{fault}: the person's file was overwritten")
        return
    for name, content in found.items():
        if content not in _whole(scene.shape).get(_placed(name), ()):
            tally.bad("torn", f"{fault}: {name} has {len(content)} bytes")
    for name in there:
        if name not in found:
            tally.bad("torn", f"{fault}: {name} is gone")


def recover(scene: Scene, place: Place, tally: Tally, fault: str) -> bool:
    """Call again as if nothing had been, in a new process; return whether the first call was a reuse."""
    if scene.persons:
        return _recover_personal(scene, place, tally, fault)
    again = called(scene, place, *scene.after)
    for one in again:
        judge(one, tally, f"{fault}, then")
        if one.warnings:
            tally.bad("error", f"{fault}, then f({one.argument}) warned: {one.warnings[0]}")
    for path in litter(place):
        tally.bad("litter", f"{fault}: {path}")
    return not again[0].ran


def _recover_personal(scene: Scene, place: Place, tally: Tally, fault: str) -> bool:
    (again,) = called(scene, place, scene.wanted)
    if not again.error.startswith("ForeignFileError"):
        tally.bad("lost", f"{fault}, then f() was not refused but {again}")
    inspect(scene, place, (), tally, f"{fault}, then again")
    shutil.rmtree(place.root / "out")
    (again,) = called(scene, place, scene.wanted)
    judge(again, tally, f"{fault}, then without the person's file")
    return True


def judge(one: Called, tally: Tally, fault: str, documented: tuple[str, ...] = ()) -> None:
    """Count a call that failed or gave a wrong value; errors that are `documented` may come before a run."""
    if one.error:
        if one.ran or not one.error.startswith(documented):
            kind = "lost" if one.error.startswith("ForeignFileError") else "error"
            tally.bad(kind, f"{fault} f({one.argument}) raised {one.error}" + (" after its run" if one.ran else ""))
    elif not one.right:
        tally.bad("wrong", f"{fault} f({one.argument}) gave a wrong value")
