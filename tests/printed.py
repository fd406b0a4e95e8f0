"""What functions under test print, and what they are given, for tests that see by it whether something ran."""

from __future__ import annotations

import pytest

Printed = pytest.CaptureFixture[str]


def lines(capsys: Printed) -> list[str]:
    return capsys.readouterr().out.splitlines()


class Point:
    """An argument and a result of one's own class."""

    def __init__(self, x: int) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and other.x == self.x

    __hash__ = None  # type: ignore[assignment]


def printing(x: int) -> str:
    print("Running")
    return str(x)
