"""Amounts as people type them: ages such as 3d, and sizes such as 100MB."""

from __future__ import annotations

import re
from typing import Any

import click

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_BYTES = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


class Amount(click.ParamType):
    """A number with a unit; `units` says how much each is, and `example` what to type."""

    def __init__(self, name: str, units: dict[str, int], example: str) -> None:
        self.name = name
        self._units = {unit.lower(): size for unit, size in units.items()}
        self._shown = ", ".join(filter(None, units))
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return an amount in seconds or bytes."""
        if isinstance(value, float | int):
            return value
        found = _AMOUNT.fullmatch(value.strip())
        unit = found[2].lower() if found else ""
        if found is None or unit not in self._units:
            self.fail(f"{value!r} is no {self.name}; give one as in {self._example} ({self._shown})", param, ctx)
        return float(found[1]) * self._units[unit]


AGE = Amount("age", _SECONDS, "3d")
SIZE = Amount("size", _BYTES, "100MB")
