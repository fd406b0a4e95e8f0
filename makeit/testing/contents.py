"""The bytes of an output: of a file, of a file with companions, or of a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from makeit import Persister

#: File names below the folder that an output lies in, and the bytes of each.
Contents = dict[str, bytes]


def contents(persister: Persister) -> Contents:
    """Read all files of an output; those in a folder are named with their path."""
    found: Contents = {}
    for path in map(Path, persister.files()):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                found[file.relative_to(path.parent).as_posix()] = file.read_bytes()
    return found


def put(persister: Persister, wanted: Contents) -> None:
    """Give an output these files and no others; each is a new file, so that maps of the old one stay whole."""
    remove(persister)
    for name, content in wanted.items():
        path = Path(persister.filename).parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def remove(persister: Persister) -> None:
    """Remove all files of an output."""
    for path in persister.files():
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            Path(path).unlink(missing_ok=True)


def replace(persister: Persister, other: Persister) -> None:
    """Move the files of another output over those of this one, as makeit publishes a new result."""
    for target, source in zip(persister.files(), other.files(), strict=True):
        if os.path.isdir(target):
            Path(target).rename(f"{target}.old")
        Path(source).replace(target)


def listing(folder: Path) -> list[str]:
    """Name what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def difference(one: Contents, other: Contents) -> str:
    """Say where two outputs differ; an empty string where they do not."""
    for name in sorted({*one, *other}):
        if name not in one or name not in other:
            return f"{name} is there only once"
        if one[name] != other[name]:
            return _first_difference(name, one[name], other[name])
    return ""


def _first_difference(name: str, one: bytes, other: bytes) -> str:
    place = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    near = slice(max(0, place - 8), place + 16)
    return f"{name} differs from byte {place}: …{one[near]!r}… and …{other[near]!r}…"
