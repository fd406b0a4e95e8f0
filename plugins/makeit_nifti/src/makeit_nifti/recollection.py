"""What is remembered of a sidecar: what makeit itself wrote into it, so that what a person wrote is told from that."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import evolve, frozen

from makeit.store.sealing import opened

if TYPE_CHECKING:
    from makeit.lineage import Lineage

#: The key of a sidecar whose block is makeit's own.
BLOCK = "Makeit"


@frozen
class Memory:
    """What makeit itself wrote into a sidecar, by turns: more than one where a kill came between.

    `image` is the name of the image that it describes; `size` and `mtime_ns` are those that the sidecar had then.
    """

    image: str
    written: tuple[dict[str, Any], ...]
    size: int = -1
    mtime_ns: int = -1


_MEMORY = msgspec.json.Decoder(Memory)


def recall(place: str) -> Memory | None:
    """Return what is remembered of a sidecar; None where that is nothing, or damaged."""
    try:
        descriptor = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            memory: Memory = _MEMORY.decode(opened(file.read()))
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return None
    usable = all(isinstance(one.get(BLOCK, {}), dict) for one in memory.written)
    return memory if usable and "\0" not in memory.image else None


def brought(path: str, name: str, lineage: Lineage) -> Memory | None:
    """Return what is remembered of a sidecar that is as it was left in another root of the cachedir."""
    project = lineage.project
    if os.path.isfile(path):
        for other, image in zip(project.elsewhere(path), project.elsewhere(project.absolute(name)), strict=True):
            memory = recall(project.mirror("sidecars", other))
            if memory and memory.image == project.relative(image) and memory.size == os.path.getsize(path):
                return evolve(memory, image=name)
    return None
