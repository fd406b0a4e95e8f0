"""In which condition the files of a record are, as far as that can be told without reading much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from makeit.identity.annex import is_unfetched
from makeit.identity.files import stamp
from makeit.identity.trees import digest_path

if TYPE_CHECKING:
    from makeit.records import FileRecord

Condition: TypeAlias = Literal["as written", "touched", "touched or changed", "changed", "missing", "out of reach"]
#: How each is shown.
STYLES: dict[Condition, str] = {
    "as written": "green",
    "touched": "green",
    "touched or changed": "yellow",
    "changed": "red",
    "missing": "red",
    "out of reach": "red",
}
# Up to so many bytes a file is read, where its stamp alone does not tell.
_SMALL = 1 << 16


def condition(file: FileRecord, path: str) -> Condition:
    """Return the condition of a file, which the record describes, at its path."""
    try:
        now = stamp(path)
        if now is None:
            return "out of reach" if is_unfetched(path) else "missing"
        if now == file.stamp:
            return "as written"
        if now.size != file.size:
            return "changed"
        if now.size > _SMALL:
            return "touched or changed"
        return "touched" if digest_path(path) == file.digest else "changed"
    except OSError:
        return "out of reach"
