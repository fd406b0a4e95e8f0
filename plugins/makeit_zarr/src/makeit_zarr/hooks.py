"""What makeit asks about a value. Zarr is imported nowhere here: where nobody has, no value is an array of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from makeit import hookimpl

if TYPE_CHECKING:
    from makeit import Persister
    from makeit.model import Frozen

#: What is imported before a function runs whose result may be an array of Zarr, where that is loaded.
BEFOREHAND = {"zarr": ("makeit_zarr.folder", "makeit_zarr.fingerprint")}


def _of_zarr(value: Any) -> bool:
    zarr = sys.modules.get("zarr")
    return zarr is not None and isinstance(value, zarr.Array)


@hookimpl
def makeit_fingerprint(value: Any) -> str | None:
    """Fingerprint Zarr arrays by content, read piece by piece."""
    if not _of_zarr(value):
        return None
    from makeit_zarr.fingerprint import fingerprint

    return fingerprint(value)


@hookimpl
def makeit_protect(value: Any) -> Frozen | None:
    """Vouch for an open result: it is read-only, and as it was while no file of its folder has changed."""
    if not _of_zarr(value):
        return None
    from makeit.model import Frozen
    from makeit_zarr.store import ResultStore

    if not isinstance(value.store, ResultStore):
        return None
    before = value.store.listing()
    return Frozen(value, lambda array: array.store.is_current() and array.store.listing() == before)


@hookimpl
def makeit_choose_persister(value: Any) -> Persister | None:
    """Keep Zarr arrays as zarr."""
    if not _of_zarr(value):
        return None
    from makeit_zarr.folder import ZarrFolder

    return ZarrFolder("value.zarr")
