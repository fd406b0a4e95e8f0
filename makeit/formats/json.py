"""The format `json`: plain values that JSON gives back exactly as they were."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, ClassVar

from makeit.errors import PersistError
from makeit.formats.persister import Persister

if TYPE_CHECKING:
    from json import JSONEncoder


class JsonFile(Persister):
    """Keep dicts with string keys, lists, strings, finite numbers, booleans and None as indented UTF-8 JSON."""

    suffixes: ClassVar[tuple[str, ...]] = (".json",)
    faithful: ClassVar[bool] = True
    portable: ClassVar[bool] = True
    _alone: ClassVar[bool] = True

    def save(self, data: Any) -> None:
        """Write the value; PersistError, with the value, for anything that JSON would change."""
        self.filename.write_bytes(self._encoded(data))

    def load(self) -> Any:
        """Read the value; ValueError where the file is not JSON."""
        import json

        return json.loads(self.filename.read_bytes().decode("utf-8"))

    def _encoded(self, data: Any) -> bytes:
        try:
            fault = find_fault(data)
        except RecursionError:
            fault = "nested too deeply or in itself"
        if fault:
            raise PersistError(
                f"json would change this value: {fault}; it holds dict with str keys, list, str, finite "
                "float, int, bool and None; convert it, or use 'pickle:'",
                value=data,
            )
        return _encoder().encode(data).encode() + b"\n"


@functools.cache
def _encoder() -> JSONEncoder:
    from json import JSONEncoder  # not at import: a result that is recalled is not read

    return JSONEncoder(indent=2, ensure_ascii=False, allow_nan=False)


def find_fault(data: Any, where: str = "$") -> str | None:
    """Say what in a value JSON would not give back exactly, and where; None if nothing."""
    kind = type(data)
    if kind is str:
        return None if _encodes(data) else f"a lone surrogate in the text at {where}"
    if kind is float:
        return None if math.isfinite(data) else f"{data} at {where}"
    if kind is int:
        # Python itself refuses to read a number of more than 4,300 digits back.
        return None if data.bit_length() < 14_000 else f"a huge int at {where}"
    if kind in (bool, type(None)):
        return None
    if kind is list:
        return _first(find_fault(item, f"{where}[{i}]") for i, item in enumerate(data))
    if kind is dict:
        return _first(_entry_fault(key, item, where) for key, item in data.items())
    return f"a {kind.__name__} at {where}"


def _entry_fault(key: Any, item: Any, where: str) -> str | None:
    if type(key) is not str:
        return f"the {type(key).__name__} key {key!r} at {where}"
    return find_fault(key, f"a key of {where}") or find_fault(item, f"{where}.{key}")


def _first(faults: Any) -> str | None:
    return next((fault for fault in faults if fault), None)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
