"""Fingerprints of types with a trap of their own, and of values that are very deep, very long or recursive."""

from __future__ import annotations

import datetime
import decimal
import functools
import operator
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import Maker, hookimpl, make
from tests.effort import at_most

Fingerprint = Callable[[Any], str]


@pytest.fixture(scope="module")
def fp(tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
    """Fingerprint a value as an argument is."""
    return make.bench(tmp_path_factory.mktemp("types") / ".makeit").values.fingerprint


def nested(kind: Callable[[Any], Any], depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = kind(value)
    return value


class Node:
    def __init__(self, following: Any) -> None:
        self.following = following


DEEP: dict[str, Callable[[Any], Any]] = {
    "list": lambda value: [value],
    "tuple": lambda value: (value, 1),
    "dict": lambda value: {"a": value, "b": (1,)},
    "mixed": lambda value: [{(1, 2): value}],
    "object": Node,
}


@pytest.mark.parametrize("kind", DEEP.values(), ids=DEEP.keys())
def test_C14_containers_10_000_deep_have_a_fingerprint(fp: Fingerprint, kind: Callable[[Any], Any]) -> None:
    deep = nested(kind, 10_000)
    assert fp(deep) == fp(nested(kind, 10_000)) != fp(nested(kind, 9_999))


def test_C14_a_call_with_a_deep_argument_is_reused(capsys: pytest.CaptureFixture[str]) -> None:
    @make
    def depth(value: Any) -> int:
        print("Running")
        return len(value)

    assert depth(nested(DEEP["list"], 10_000)) == depth(nested(DEEP["list"], 10_000)) == 1
    assert capsys.readouterr().out == "Running\n"


def cyclic(last: Any) -> list[Any]:
    value: list[Any] = [1]
    value.append({"self": value, "last": last})
    return value


def test_C14_recursive_containers_have_a_fingerprint(fp: Fingerprint) -> None:
    assert fp(cyclic(1)) == fp(cyclic(1)) != fp(cyclic(2))
    one: list[Any] = []
    one.append(one)
    assert fp(one) != fp([one]) != fp([[]])
    assert fp([one, one]) == fp([one, [one][0]])


def test_a_part_has_one_token_inside_its_cycle_and_another_outside(fp: Fingerprint) -> None:
    def make_pair(swapped: bool) -> list[Any]:
        inner: list[Any] = ["inner"]
        outer: list[Any] = ["outer", inner]
        inner.append(outer)
        return [inner, outer] if swapped else [outer, inner]

    assert fp(make_pair(True)) == fp(make_pair(True))
    assert fp(make_pair(True)) != fp(make_pair(False))


def test_parts_shared_exponentially_often_are_read_once(fp: Fingerprint) -> None:
    one, other = (nested(lambda value: [value, value], 200) for _ in range(2))
    with at_most(20_000):
        assert fp(one) == fp(other)


def test_C14_long_lists_are_read_quickly(fp: Fingerprint) -> None:
    count = 1_000_000
    for value in (list(range(count)), [(i, i) for i in range(count)], {str(i): i for i in range(count)}):
        assert fp(value) == fp(value.copy())


def test_C14_an_item_of_a_long_list_is_little_effort(fp: Fingerprint) -> None:
    count = 10_000
    for value in (list(range(count)), [(i, i) for i in range(count)], {str(i): i for i in range(count)}):
        with at_most(1000):
            fp(value)


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 131_072])
def test_each_item_of_a_long_list_counts(fp: Fingerprint, length: int) -> None:
    value = [0] * length
    seen = {fp(value), fp(value[1:]), fp(tuple(value))}
    for place in (0, 1, 65_535, length - 1):
        if place < length:
            value[place] = 1
            seen.add(fp(value))
            value[place] = 0
    assert len(seen) == 3 + len({place for place in (0, 1, 65_535, length - 1) if place < length})


def test_a_nested_row_is_no_longer_row(fp: Fingerprint) -> None:
    values: list[Any] = [
        [1, 2], [[1], [2]], [[1, 2]], [[1], [2], []], [(1,), [2]], [[1], (2,)], ((1,), (2,)), [[1], 2], [[], [1, 2]],
        [[[1]], [2]], [[True], [2]], [["1"], [2]], [[b"1"], [2]], [bytearray(b"1"), [2]], [[bytearray(b"1")], [2]],
    ]  # fmt: skip
    assert len({fp(value) for value in values}) == len(values)


def test_bound_methods_of_builtin_objects_differ_by_object(fp: Fingerprint) -> None:
    assert fp({1: 2}.get) == fp({1: 2}.get) != fp({1: 3}.get)
    assert fp({1: 2}.get) != fp({1: 2}.pop)
    assert fp(random.Random(1).random) == fp(random.Random(1).random) != fp(random.Random(2).random)
    assert fp([1].__len__) != fp([2].__len__)


def test_makers_of_getters_and_aliases_differ_by_what_they_were_made_with(fp: Fingerprint) -> None:
    values = [
        operator.itemgetter(1), operator.itemgetter(2), operator.attrgetter("a"), operator.methodcaller("a"),
        operator.methodcaller("a", 1), functools.partial(int, base=2), functools.partial(int, base=3),
        list[int], list[str], dict[str, int], int | str, int | None,
    ]  # fmt: skip
    assert len({fp(value) for value in values}) == len(values)
    assert fp(operator.itemgetter(1)) == fp(operator.itemgetter(1))


class Money(decimal.Decimal):
    def __repr__(self) -> str:
        return "Money"


class Day(datetime.date):
    pass


class Fixed(datetime.tzinfo):
    def __init__(self, hours: int = 0) -> None:
        self.hours = hours

    def utcoffset(self, moment: datetime.datetime | None) -> datetime.timedelta:
        return datetime.timedelta(hours=self.hours)

    def tzname(self, moment: datetime.datetime | None) -> str:
        return "same"

    def dst(self, moment: datetime.datetime | None) -> None:
        return None


def test_a_repr_that_leaves_things_out_hides_nothing(fp: Fingerprint) -> None:
    assert fp(Money(1)) == fp(Money(1)) != fp(Money(2))
    assert fp(Money(1)) != fp(decimal.Decimal(1))


def test_time_zones_of_ones_own_count_by_content(fp: Fingerprint) -> None:
    assert fp(Fixed(1)) == fp(Fixed(1)) != fp(Fixed(2))
    moments = [datetime.datetime(2020, 1, 1, tzinfo=zone) for zone in (Fixed(1), Fixed(2), datetime.UTC)]
    assert len({fp(moment) for moment in moments}) == 3


def test_exceptions_count_by_their_arguments(fp: Fingerprint) -> None:
    assert fp(ValueError("a")) == fp(ValueError("a")) != fp(ValueError("b"))
    assert fp(ValueError("a")) != fp(TypeError("a"))


def test_a_plugin_is_asked_about_subclasses_of_what_the_kernel_knows(tmp_path: Path) -> None:
    class Teacher:
        @hookimpl
        def makeit_fingerprint(self, value: Any) -> str | None:
            return "day/1:same" if isinstance(value, Day) else None

    taught = Maker(cachedir=tmp_path / ".makeit", plugins=[Teacher()])
    fp = taught.bench(tmp_path / ".makeit").values.fingerprint
    assert fp(Day(2020, 1, 1)) == fp(Day(2021, 1, 1))
    assert fp([Day(2020, 1, 1)]) != fp([datetime.date(2020, 1, 1)])
