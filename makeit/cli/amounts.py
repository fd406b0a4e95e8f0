"""Options that take an amount: how long, as in 30d, and how many bytes, as in 50GB."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

import click

_UNITS_S = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_DECIMAL = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_UNITS_B = {unit.lower(): factor for unit, factor in (_DECIMAL | _BINARY).items()} | {
    unit[0].lower(): factor for unit, factor in _DECIMAL.items() if unit
}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)")


_Callback: TypeAlias = Callable[[click.Context, click.Parameter, str | None], float | None]


def _reader(units: Mapping[str, int], example: str) -> _Callback:
    def read(context: click.Context, option: click.Parameter, given: str | None) -> float | None:
        found = None if given is None else _AMOUNT.fullmatch(given.strip())
        factor = units.get(found[2].lower()) if found else None
        if found is not None and factor is not None:
            return float(found[1]) * factor
        if given is None:
            return None
        raise click.BadParameter(f"{given!r} has to be a number and a unit, as in {example}")

    return read


#: Callbacks for options; they give seconds, and bytes.
seconds = _reader(_UNITS_S, "30d, 12h, 45min, 2w or 1y")
size = _reader(_UNITS_B, "50GB, 500kB or 2GiB")
