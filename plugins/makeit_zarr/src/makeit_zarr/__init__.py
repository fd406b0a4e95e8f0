"""Chunked arrays larger than memory, in Zarr folders, for makeit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from makeit_zarr.folder import ZarrFolder

__all__ = ["ZarrFolder"]


def __getattr__(name: str) -> Any:
    """Import the persister when it is used: Zarr takes a while."""
    if name == "ZarrFolder":
        from makeit_zarr.folder import ZarrFolder

        return ZarrFolder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
