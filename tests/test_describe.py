"""Descriptions of values: what is quick to describe reads as everything else does."""

from __future__ import annotations

import math
from typing import Any

import pytest

from makeit.identity.describe import _Short, describe

VALUES = [0, -7, 1 << 63, 1 << 65, -(10**90), True, 0.1, -0.0, 1e300, math.nan, math.inf, None]
VALUES += ["", "sum", "größe", "a b", "it's", "x" * 59, "x" * 60, "x" * 90, "tab\there"]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_what_is_quick_to_describe_reads_as_everything_else_does(value: Any) -> None:
    text = " ".join(_Short().repr(value).split())
    assert describe(value) == (text if len(text) <= 80 else text[:79] + "…")
