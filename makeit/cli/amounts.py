"""Amounts as people type them: ages such as 3d, and sizes such as 100MB."""

from __future__ import annotations

import re

import click

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def age(text: str) -> float:
    """Return an age such as 90min, 12h, 3d or 2w in seconds."""
    return _amount(text, "age", _SECONDS, "3d")


def size(text: str) -> float:
    """Return a size such as 800kB, 100MB or 1.5GiB in bytes."""
    return _amount(text, "size", _BYTES, "100MB")


def _amount(text: str, what: str, units: dict[str, int], example: str) -> float:
    found = _AMOUNT.fullmatch(text.strip())
    factor = next((units[unit] for unit in units if found and unit.lower() == found[2].lower()), None)
    if found is None or factor is None:
        raise click.BadParameter(f"{text!r} is no {what}; give one as in {example}, in {', '.join(units)}")
    return float(found[1]) * factor
