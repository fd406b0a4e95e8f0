"""What stands for a value that nobody knows, and what is raised when one has no content fingerprint."""

from __future__ import annotations

from typing import Any

#: Stands for a value that nobody knows; None may be one.
UNKNOWN: Any = object()


class Unfingerprintable(Exception):
    """A value, or something inside it, cannot be fingerprinted by content.

    `path` says where inside the value (`[2].lock`, or empty for the value itself), `kind` what it is.
    """

    def __init__(self, path: str = "", kind: str = "") -> None:
        super().__init__(f"{kind or 'object'} at {path or 'the value itself'} has no content fingerprint")
        self.path = path
        self.kind = kind
