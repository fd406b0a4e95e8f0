"""How long something took, in words."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return a duration for people: 0.4 ms, 0.021 s, 12.3 s, 5 min 02 s, 3 h 12 min, 2 d 05 h."""
    if seconds < 0.001:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 100:
        return f"{seconds:.3f} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    for name, length, below, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60)):
        if whole >= length:
            return f"{whole // length} {name} {whole % length // part:02d} {below}"
    return f"{whole // 60} min {whole % 60:02d} s"
