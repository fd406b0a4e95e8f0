"""A pipeline: a leaf for each subject, eight steps on it, and one at the end for all of them."""

from __future__ import annotations

from typing import TypeAlias

Found: TypeAlias = dict[str, float]


def leaf(number: int) -> Found:
    """Return what one subject begins with."""
    return {"mean": float(number), "scans": number}


def realign(found: Found) -> Found:
    """First of eight steps."""
    return {"mean": found["mean"] + 1, "scans": found["scans"]}


def mask(found: Found) -> Found:
    """Second of eight steps."""
    return {"mean": found["mean"] + 2, "scans": found["scans"]}


def smooth(found: Found) -> Found:
    """Third of eight steps."""
    return {"mean": found["mean"] + 3, "scans": found["scans"]}


def detrend(found: Found) -> Found:
    """Fourth of eight steps."""
    return {"mean": found["mean"] + 4, "scans": found["scans"]}


def scale(found: Found) -> Found:
    """Fifth of eight steps."""
    return {"mean": found["mean"] + 5, "scans": found["scans"]}


def fit(found: Found) -> Found:
    """Sixth of eight steps."""
    return {"mean": found["mean"] + 6, "scans": found["scans"]}


def contrast(found: Found) -> Found:
    """Seventh of eight steps."""
    return {"mean": found["mean"] + 7, "scans": found["scans"]}


def summary(found: Found) -> Found:
    """Last of eight steps."""
    return {"mean": found["mean"] + 8, "scans": found["scans"]}


def group(found: list[Found]) -> float:
    """Return the mean over subjects."""
    return sum(each["mean"] for each in found) / len(found)


STEPS = (leaf, realign, mask, smooth, detrend, scale, fit, contrast, summary)
