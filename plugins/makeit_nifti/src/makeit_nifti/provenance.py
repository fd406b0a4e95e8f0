"""What a BIDS sidecar says of an image: what it is, what it was made from, and by which code."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np

from makeit.identity.describe import readable
from makeit.identity.digest import checksum
from makeit.identity.values import is_plain
from makeit.records import ArgumentRecord, Origin, OutputRecord, Record
from makeit.store.ledger import Entry
from makeit_nifti.bids import reference
from makeit_nifti.encoding import COLOURS

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.model import Call

#: The digests of records by their scheme.
_SCHEME = "xxh3_128"
#: What one unit of time in a NIfTI header is in seconds; the other units, and none at all, are of no time.
_SECONDS_PER_UNIT = {"sec": 1, "msec": 1000, "usec": 1_000_000}


def block(call: Call, record: Record, output: OutputRecord) -> dict[str, Any]:
    """Return what a record says of a run, less the image's own facts; nothing in it depends on time or place."""
    code = sorted((name, part.fingerprint) for name, part in record.code.items())
    return {
        "Version": record.versions.get("makeit", ""),
        "Function": record.function,
        "Arguments": {
            name: argument.repr
            for name, argument in record.arguments.items()
            if not argument.files and name in call.arguments and is_plain(call.arguments[name])
        },
        "CodeDigest": f"{_SCHEME}:{checksum(repr(code).encode('utf-8', 'surrogatepass'))}",
        "ContentDigest": f"{_SCHEME}:{output.files[0].digest}",
    }


def description(call: Call) -> str | None:
    """Return the first line of the function's docstring, if it has one."""
    function: Any = call.function
    while isinstance(function, functools.partial):
        function = function.func
    if not inspect.isroutine(function):
        function = type(function).__call__
    lines = (inspect.getdoc(function) or "").strip().splitlines()
    return readable(lines[0].strip()) if lines else None


def image_facts(image: Path) -> tuple[float | None, str]:
    """Return the repetition time in seconds, if the image has one, and the dtype of its data on disk.

    Only the header is read.
    """
    header: Any = nibabel.load(image).header
    dtype = header.get_data_dtype()
    name = ("RGB", "RGBA")[COLOURS.index(dtype)] if dtype in COLOURS else dtype.name
    return _repetition_time(header), name


def _repetition_time(header: Any) -> float | None:
    per_second = _SECONDS_PER_UNIT.get(header.get_xyzt_units()[1])
    zooms = header.get_zooms()
    if per_second is None or len(zooms) != 4 or not np.isfinite(zooms[3]) or zooms[3] <= 0:
        return None
    # The header holds 32 bits: 0.72 s is 0.72 again as the shortest number that gives these, not 0.7200000286.
    return float(str(np.float32(zooms[3]))) / per_second


def sources(record: Record, sidecar: str, lineage: Lineage) -> list[str]:
    """Return how a sidecar names the direct inputs of a call: files, and results that other calls made."""
    names = dict.fromkeys(_inputs(record.arguments.values(), lineage, {record.call}))
    paths = [path for path in map(lineage.project.absolute, names) if not _is_plain_folder(path)]
    return [readable(reference(path, sidecar)) for path in paths]


def _is_plain_folder(path: str) -> bool:
    """Tell whether a path names a folder that is no format of its own, as `x.zarr` or `x.ds` is, or nothing."""
    return not os.path.lexists(path) or (os.path.isdir(path) and not os.path.splitext(path)[1])


def _inputs(arguments: Any, lineage: Lineage, seen: set[str]) -> Iterator[str]:
    argument: ArgumentRecord
    for argument in arguments:
        yield from argument.files
        for origin in argument.origins:
            yield from _made(origin, lineage, seen)


def _made(origin: Origin, lineage: Lineage, seen: set[str]) -> Iterator[str]:
    """Yield the file of a result; of one without a file name, what it was made from itself."""
    entry = lineage.ledger.read(lineage.project.absolute(origin.record))
    record = entry.record if isinstance(entry, Entry) and entry.record.call == origin.call else None
    same = [output.path for output in record.outputs if output.fingerprint == origin.fingerprint] if record else []
    name = same[0] if same else origin.record
    if not lineage.project.is_kept(lineage.project.absolute(name)):
        yield name
    elif record is not None and record.call not in seen:
        seen.add(record.call)
        yield from _inputs(record.arguments.values(), lineage, seen)
