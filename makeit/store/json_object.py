"""A JSON object in a file that people edit: read so that writing it again loses nothing, or refused."""

from __future__ import annotations

import json
from typing import Any

from makeit.errors import MakeitError

#: Bytes; no description of images or datasets comes near it.
LIMIT = 1 << 24


def decoded(content: bytes, path: str) -> dict[str, Any]:
    """Return the object; MakeitError, with what to do, for anything that could not be written again as it is."""
    try:
        if len(content) > LIMIT:
            raise ValueError(f"it has more than {LIMIT} bytes")
        found = json.loads(content, object_pairs_hook=_once, parse_constant=_refused)
        encoded(found)
    except (ValueError, RecursionError) as error:
        raise refusal(path, str(error) or type(error).__name__) from error
    if not isinstance(found, dict):
        raise refusal(path, f"it holds a {type(found).__name__}")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it names a key twice")
    return found


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def refusal(path: str, why: str) -> MakeitError:
    """Return the error for a file that is no JSON object, with what to do about it."""
    return MakeitError(
        f"{path} is no JSON object ({why}), so it was left as it is; correct it, or delete or move it, and it "
        "is written anew the next time"
    )


def encoded(found: Any) -> bytes:
    """Return the bytes of an object, indented, with a newline at the end; equal objects give equal bytes."""
    try:
        return (json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can say
        return (json.dumps(found, indent=2, allow_nan=False) + "\n").encode()


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same in JSON, where 1 and true differ and the order of keys does not count."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
