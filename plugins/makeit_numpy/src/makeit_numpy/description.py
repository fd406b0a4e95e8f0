"""Dtypes in words: the same for equal layouts of content, whatever the padding between fields."""

from __future__ import annotations

from typing import Any

import numpy as np


def describe_content(dtype: np.dtype[Any]) -> str:
    """Describe what an element of `dtype` means: kind, size and byte order, field by field."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return f"{shape}{describe_content(base)}"
    if dtype.names is not None:
        fields = (f"{name!r}:{describe_content(dtype[name])}" for name in dtype.names)
        return "{" + ",".join(fields) + "}"
    # Kinds that other packages define share their `str` with raw bytes.
    return f"{dtype.name}{dtype.str}" if dtype.isbuiltin == 2 else dtype.str


def describe_layout(dtype: np.dtype[Any]) -> str:
    """Describe `dtype` as an object: as `describe_content`, and where each field lies in memory."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return f"{shape}{describe_layout(base)}"
    if dtype.fields is None or dtype.names is None:
        return describe_content(dtype)
    fields = (f"{name!r}:{_place(dtype.fields[name])}" for name in dtype.names)
    return "{" + ",".join(fields) + f"}}{dtype.itemsize}{dtype.isalignedstruct}{dtype.type.__name__}"


def _place(entry: tuple[Any, ...]) -> str:
    dtype, offset, *title = entry
    return f"{describe_layout(dtype)}@{offset}{title!r}"
