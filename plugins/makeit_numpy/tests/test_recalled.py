"""Large arrays that were gone through before: read once, never taken for another, whoever writes to them meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from makeit.identity.digest import METER, Digest, digest
from makeit_numpy import recalled
from makeit_numpy.content import reals
from makeit_numpy.fingerprint import fingerprint, header_of

NEGATIVE_NAN = np.array([0xFFF8000000000001], "u8").view("f8")[0]


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalled, "_known", {})
    monkeypatch.setattr(recalled, "_samples", set())


def wanted(array: Any) -> str:
    """Return the fingerprint as it is defined: with all nans as the one."""
    plain = array.copy()
    parts = reals(plain.reshape(-1))
    np.putmask(parts, np.isnan(parts), np.nan)
    return "array/1:" + digest(header_of(array) + plain.tobytes())


def spellings(array: Any) -> set[str]:
    """Return the fingerprints of an array with other bits for some of its nans, which make a function run once more."""
    found = set()
    for places in ([], [9], [200_001], [9, 200_001]):
        other = array.copy()
        other[[place for place in places if np.isnan(array[place])]] = np.nan
        found.add("array/1:" + digest(header_of(array) + other.tobytes()))
    assert wanted(array) in found
    return found


def numbers(dtype: str = "f8") -> Any:
    return np.random.default_rng(0).random(1 << 18).astype(dtype)


@pytest.mark.parametrize("dtype", ["f8", ">f4", "c16", "f2"])
@pytest.mark.parametrize("nan", [0.5, np.nan, NEGATIVE_NAN], ids=str)
def test_what_was_gone_through_is_read_once_and_not_looked_through(
    dtype: str, nan: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.resize(numbers(), 1 << 19).astype(dtype)
    array.real[[7, 70_001]] = nan
    assert fingerprint(array) == wanted(array)
    monkeypatch.setattr(recalled, "holds_nan", None)
    before = METER.bytes
    assert fingerprint(array.copy()) == wanted(array)
    assert METER.bytes - before - 2 * array.nbytes < 200  # by `wanted`, too


@pytest.mark.parametrize("place", [1, 100_001, -1])
@pytest.mark.parametrize("value", [0.5, NEGATIVE_NAN], ids=str)
def test_a_change_beside_the_sample_counts(place: int, value: float) -> None:
    array = numbers()
    other = array.copy()
    other[place] = value
    for _ in range(2):
        assert fingerprint(array) == wanted(array)
        assert fingerprint(other) == wanted(other)
        assert fingerprint(array.reshape(2, -1)) == wanted(array.reshape(2, -1))
    array[place] = value
    assert fingerprint(array) == wanted(other)


def test_it_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalled, "_REMEMBERED", 10)
    for number in range(30):
        array = numbers()
        array[0] = number
        array[1:3] = NEGATIVE_NAN
        assert fingerprint(array) == wanted(array)
    assert len(recalled._known) <= 10
    assert len(recalled._samples) <= 10


@pytest.mark.parametrize("step", range(14))
@pytest.mark.parametrize("values", [(0.25, 0.75), (0.5, NEGATIVE_NAN), (NEGATIVE_NAN, 0.5), (np.nan, NEGATIVE_NAN)])
@pytest.mark.parametrize("more", [0.5, NEGATIVE_NAN], ids=str)
def test_another_thread_that_writes_meanwhile_makes_no_content_pass_for_another(
    step: int, values: tuple[float, float], more: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = numbers()
    array[9], array[200_001] = values[0], more
    before = array.copy()
    with monkeypatch.context() as patched:
        _change(array, values[1], step, patched)
        fingerprint(array)
    for content in (before, array, array.copy()):
        assert fingerprint(content) in spellings(content)


def _change(array: Any, value: float, step: int, patched: pytest.MonkeyPatch) -> None:
    """Write to an array before one of the steps of who goes through it."""
    steps = _steps(array, value, step)
    look, clean = recalled.holds_nan, recalled.canonical

    class Changing(Digest):
        def update(self, part: Any) -> None:
            next(steps)
            super().update(part)
            next(steps)

        def copy(self) -> Changing:
            twin = Changing()
            twin._state = self._state.copy()
            return twin

    def looking(block: Any) -> bool:
        next(steps)
        return look(block)

    def cleaning(block: Any) -> Any:
        next(steps)
        return clean(block)

    patched.setattr(recalled, "Digest", Changing)
    patched.setattr(recalled, "holds_nan", looking)
    patched.setattr(recalled, "canonical", cleaning)


def _steps(array: Any, value: float, step: int) -> Iterator[None]:
    for number in range(10_000):
        if number == step:
            array[9] = value
        yield
