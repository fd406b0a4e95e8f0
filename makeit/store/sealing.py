"""JSON that begins with the checksum of all that follows it: anything but what makeit wrote is noticed."""

from __future__ import annotations

from typing import Any

import msgspec

from makeit.identity.digest import checksum

_HEAD = b'{\n  "checksum": "'
_TAIL = b'",'
_DIGITS = 32


def seal(found: Any) -> bytes:
    """Write an attrs class as JSON with its checksum."""
    body = msgspec.json.format(msgspec.json.encode(found), indent=2)[1:]
    return _HEAD + checksum(body).encode() + _TAIL + body + b"\n"


def opened(content: bytes) -> bytes:
    """Return the JSON after the checksum; ValueError where the two do not match."""
    start = len(_HEAD) + _DIGITS + len(_TAIL)
    body = content[start:-1]
    if content[:start] != _HEAD + checksum(body).encode() + _TAIL or content[-1:] != b"\n":
        raise ValueError("its checksum does not match")
    return b"{" + body
