"""Several arrays in one archive: npz, with the container they came in."""

from __future__ import annotations

import errno
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from makeit import PersistError
from makeit_numpy import npy
from makeit_numpy.content import Array
from makeit_numpy.form import put_together, take_apart

SUFFIX = ".npy"
# Where a disk fails to tell the position in a file, zipfile writes what is meant for pipes, with other bytes.
_STREAMED = 0x08


def write_archive(path: Path, value: Any, compressed: bool) -> dict[str, Any]:
    """Write a dict, tuple or list of arrays, or one array; return the notes that `read_archive` needs.

    The bytes depend on the value alone: no member carries a time. Raise PersistError, with the
    whole value, for what cannot be restored, and OSError where the file cannot be written as it should be.
    """
    container, members = _members(value)
    parts = {name: _part(name, item, value) for name, item in members.items()}
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, (array, _) in parts.items():
            _write_member(archive, name, array, method)
        size = sum(info.file_size for info in archive.infolist())
        if any(info.flag_bits & _STREAMED for info in archive.infolist()):
            raise OSError(errno.ESPIPE, "the position in the file cannot be told or set", os.fspath(path))
    return {"container": container, "forms": [form for _, form in parts.values()], "size": size}


def _members(value: Any) -> tuple[str, dict[str, Any]]:
    """Return the name of the container of `value`, and its items under the names of their members."""
    if type(value) is dict:
        check_keys(value)
        return "dict", value
    if type(value) in (tuple, list):
        return type(value).__name__, {f"arr_{index}": item for index, item in enumerate(value)}
    return "single", {"arr_0": value}


def check_keys(value: dict[Any, Any]) -> None:
    """Raise PersistError where a key of `value` cannot name a member of an archive."""
    for key in value:
        if type(key) is not str:
            message = f"the key {key!r} is not a string; an `npz:` holds a dict of arrays by name"
            raise PersistError(message, value=value)
        if not _names_member(key):
            message = f"the key {key[:80]!r} cannot name a member of an archive; use `pickle:`"
            raise PersistError(message, value=value)


def _names_member(key: str) -> bool:
    name = key + SUFFIX
    try:
        # ZipInfo cuts names at a NUL; a name's length is written in two bytes.
        return zipfile.ZipInfo(name).filename == name and len(name.encode()) < 1 << 16
    except UnicodeEncodeError:
        return False


def _part(name: str, item: Any, value: Any) -> tuple[Array, str]:
    try:
        return take_apart(item)
    except PersistError as error:
        raise PersistError(f"{name!r} in the archive: {error}", value=value) from error


def _write_member(archive: zipfile.ZipFile, name: str, array: Array, method: int) -> None:
    info = zipfile.ZipInfo(name + SUFFIX)
    info.compress_type = method
    with archive.open(info, "w", force_zip64=True) as stream:
        npy.write(stream, array)


def read_archive(path: Path, notes: Mapping[str, Any]) -> Any:
    """Read what `write_archive` wrote, in its container; without notes, a dict of arrays.

    Raise ValueError for a doubled name or for more data than was recorded, before any is unpacked.
    """
    with zipfile.ZipFile(path) as archive:
        _check_members(archive, notes.get("size"))
        arrays = dict(_read_members(archive))
    forms = notes.get("forms", ["array"] * len(arrays))
    items = {name: put_together(array, form) for (name, array), form in zip(arrays.items(), forms, strict=True)}
    return _contain(items, notes.get("container", "dict"))


def _check_members(archive: zipfile.ZipFile, recorded: int | None) -> None:
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise ValueError(f"the archive {archive.filename} holds a name twice")
    if foreign := [name for name in names if not name.endswith(SUFFIX)]:
        raise ValueError(f"the archive {archive.filename} holds {foreign[0]!r}, which is no array")
    # zipfile unpacks no more than this size, and checks it against a checksum at the end.
    size = sum(info.file_size for info in archive.infolist())
    if recorded is not None and size > recorded:
        raise ValueError(f"the archive {archive.filename} unpacks to {size} bytes, where {recorded} were saved")


def _read_members(archive: zipfile.ZipFile) -> Iterator[tuple[str, Array]]:
    for info in archive.infolist():
        with archive.open(info) as stream:
            yield info.filename.removesuffix(SUFFIX), npy.read(stream)


def _contain(items: dict[str, Any], container: str) -> Any:
    if container == "dict":
        return items
    if container == "single":
        (item,) = items.values()
        return item
    return {"tuple": tuple, "list": list}[container](items.values())
