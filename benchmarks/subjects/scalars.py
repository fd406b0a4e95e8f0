"""Small arguments, small results."""


def add(x: int, y: float = 2.0, name: str = "sum") -> dict[str, float]:
    """Return something small."""
    return {name: x + y}
