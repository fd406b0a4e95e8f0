"""How files name each other in BIDS: datasets, the links between them, and BIDS URIs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from attrs import frozen

DESCRIPTION = "dataset_description.json"
#: What RFC 3986 allows in a path as it is; everything else is percent-encoded.
_SAFE = "/:@!$&'()*+,;=~"


@frozen
class Dataset:
    """A BIDS dataset: its root, and by name the roots of other datasets on this machine that it links to."""

    root: str
    links: Mapping[str, str]


def dataset_above(path: str) -> Dataset | None:
    """Return the dataset that a file lies in: the nearest folder above with a valid `dataset_description.json`."""
    folder = os.path.dirname(path)
    while True:
        described = _described(folder)
        if described is not None:
            return Dataset(folder, dict(_links(folder, described.get("DatasetLinks"))))
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _described(folder: str) -> dict[str, Any] | None:
    place = os.path.join(folder, DESCRIPTION)
    if not os.path.isfile(place):  # also because a pipe would be waited for
        return None
    try:
        with open(place, "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _links(root: str, given: Any) -> Iterator[tuple[str, str]]:
    for name, target in given.items() if isinstance(given, dict) else ():
        folder = _local(root, target) if name and isinstance(target, str) else None
        if folder is not None:
            yield name, folder


def _local(root: str, target: str) -> str | None:
    """Return the folder that a link leads to; None where it leads to another machine, or needs a registry."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost") or "\0" in unquote(target):
        return None
    # Without a scheme it is a path from the root of the dataset, and no URI whose escapes would count.
    path = unquote(parts.path) if parts.scheme else target
    return os.path.normpath(os.path.join(root, path))


def reference(path: str, sidecar: str) -> str:
    """Return how a sidecar names a file, both absolute.

    A BIDS URI: `bids::` in the same dataset, `bids:NAME:` in one that `DatasetLinks` names; else a path from
    the folder of the sidecar.
    """
    own = dataset_above(sidecar)
    if own is not None:
        theirs = dataset_above(path)
        if theirs is not None and theirs.root == own.root:
            return _uri("", own.root, path)
        around = [(len(root), name, root) for name, root in own.links.items() if _holds(root, path)]
        if around:
            _, name, root = min(around, key=lambda link: (-link[0], link[1]))
            return _uri(name, root, path)
    return os.path.relpath(path, os.path.dirname(sidecar)).replace(os.sep, "/")


def _holds(root: str, path: str) -> bool:
    return path.startswith(root.rstrip(os.sep) + os.sep)


def _uri(name: str, root: str, path: str) -> str:
    return f"bids:{name}:{quote(os.path.relpath(path, root).replace(os.sep, '/'), safe=_SAFE)}"
