"""Fingerprints of values: equal for equal content and type, different for all else, in every process."""

from __future__ import annotations

import array
import collections
import copy
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import pathlib
import pickle
import re
import threading
import types
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makeit import ArgumentError, hookimpl, make
from makeit.identity.unknown import Unfingerprintable
from makeit.identity.values import fingerprint_nested
from makeit.maker import Maker

Run = Callable[..., str]


@pytest.fixture(scope="module")
def fp(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], str]:
    """Fingerprint a value as an argument is."""
    return make.bench(tmp_path_factory.mktemp("values") / ".makeit").values.fingerprint


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Other(enum.Enum):
    RED = 1
    BLUE = 2


class Count(enum.IntEnum):
    ONE = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Data:
    x: Any
    y: Any = 2


@attrs.define
class Slotted:
    x: Any


@attrs.define
class Twin:
    x: Any


class Pair(NamedTuple):
    x: Any
    y: Any


class Plain:
    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class WithSlots:
    __slots__ = ("never", "x")

    def __init__(self, x: Any) -> None:
        self.x = x


class Price(decimal.Decimal):
    """A decimal that carries a currency."""

    def __new__(cls, value: str, currency: str) -> Price:
        price = super().__new__(cls, value)
        price.currency = currency  # type: ignore[attr-defined]
        return price


class Day(datetime.date):
    pass


class Buffer(bytearray):
    __slots__ = ("tag",)


class Place(type(pathlib.Path())):  # type: ignore[misc]
    pass


class Text(str):
    pass


class Numbers(list[int]):
    pass


class Table(dict[str, int]):
    pass


def tagged(value: Any, tag: str) -> Any:
    value.tag = tag
    return value


def function_a() -> int:
    return 1


def function_b() -> int:
    return 2


# Each of these differs from every other, and equals a second one made in the same way.
DIFFERENT: list[Callable[[], Any]] = [
    lambda: None,
    lambda: 0,
    lambda: 1,
    lambda: -1,
    lambda: True,
    lambda: False,
    lambda: 0.0,
    lambda: -0.0,
    lambda: 1.0,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: 2**100,
    lambda: 1 + 0j,
    lambda: complex(-0.0, 0.0),
    lambda: complex(0.0, 0.0),
    lambda: "",
    lambda: "1",
    lambda: "a",
    lambda: "A",
    lambda: "é",
    lambda: "e\u0301",
    lambda: "\ud800",
    lambda: b"",
    lambda: b"1",
    lambda: b"a",
    lambda: bytearray(b"a"),
    lambda: memoryview(b"a"),
    lambda: array.array("b", [97]).tobytes() * 2,
    list,
    lambda: (),
    dict,
    lambda: set(),
    lambda: frozenset(),
    lambda: [1],
    lambda: (1,),
    lambda: [1.0],
    lambda: [True],
    lambda: ["1"],
    lambda: [[1]],
    lambda: [(1,)],
    lambda: [1, [2, 3]],
    lambda: [[1, 2], 3],
    lambda: [[1], 2, 3],
    lambda: ["ab", "c"],
    lambda: ["a", "bc"],
    lambda: ["a,b"],
    lambda: [None],
    lambda: {"a": 1, "b": 2},
    lambda: {"a": 2, "b": 1},
    lambda: {"a": "b"},
    lambda: {"a": {"b": 1}},
    lambda: {1: "a"},
    lambda: {1.0: "a"},
    lambda: {True: "a"},
    lambda: [("a", 1), ("b", 2)],
    lambda: {1, 2},
    lambda: {1, 2.5},
    lambda: frozenset({1, 2}),
    lambda: [1] * 40,
    lambda: (1,) * 40,
    lambda: [1] * 41,
    lambda: [1.0] * 40,
    lambda: [True] * 40,
    lambda: [*[1] * 39, True],
    lambda: [0.0] * 40,
    lambda: [*[0.0] * 39, -0.0],
    lambda: ["a"] * 40,
    lambda: [b"a"] * 40,
    lambda: [*["a"] * 39, b"a"],
    lambda: [2**70] * 40,
    lambda: collections.OrderedDict([("a", 1), ("b", 2)]),
    lambda: collections.OrderedDict([("b", 2), ("a", 1)]),
    lambda: collections.defaultdict(int, {"a": 1, "b": 2}),
    lambda: collections.defaultdict(list, {"a": 1, "b": 2}),
    lambda: collections.Counter({"a": 1, "b": 2}),
    lambda: collections.deque([1, 2]),
    lambda: collections.deque([1, 2], 2),
    lambda: types.MappingProxyType({"a": 1}),
    lambda: types.SimpleNamespace(a=1),
    lambda: types.SimpleNamespace(a=2),
    lambda: Colour.RED,
    lambda: Colour.BLUE,
    lambda: Other.RED,
    lambda: Count.ONE,
    lambda: Access.READ,
    lambda: Access.READ | Access.WRITE,
    lambda: Data(1),
    lambda: Data(1, 3),
    lambda: Data(Data(1)),
    lambda: Slotted(1),
    lambda: Slotted(2),
    lambda: Twin(1),
    lambda: Pair(1, 2),
    lambda: (1, 2),
    lambda: Plain(x=1),
    lambda: Plain(x=1, y=2),
    lambda: Plain(y=1),
    lambda: Plain(),
    lambda: WithSlots(1),
    lambda: WithSlots(2),
    lambda: Text("a"),
    lambda: tagged(Text("a"), "x"),
    lambda: Numbers([1]),
    lambda: tagged(Numbers([1]), "x"),
    lambda: Table(a=1),
    lambda: Price("1", "EUR"),
    lambda: Price("1", "USD"),
    lambda: decimal.Decimal("1"),
    lambda: decimal.Decimal("1.0"),
    lambda: tagged(Day(2020, 1, 1), "a"),
    lambda: tagged(Day(2020, 1, 1), "b"),
    lambda: tagged(Buffer(b"a"), "a"),
    lambda: tagged(Buffer(b"a"), "b"),
    lambda: tagged(Place("/nowhere/x"), "a"),
    lambda: tagged(Place("/nowhere/x"), "b"),
    lambda: pathlib.Path("/nowhere/x"),
    lambda: pathlib.PurePosixPath("/nowhere/y"),
    lambda: "/nowhere/x",
    lambda: fractions.Fraction(1, 2),
    lambda: fractions.Fraction(1, 3),
    lambda: datetime.date(2020, 1, 1),
    lambda: datetime.datetime(2020, 1, 1),
    lambda: datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    lambda: datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Vienna")),
    lambda: datetime.datetime(2020, 1, 1, fold=1),
    lambda: datetime.time(1),
    lambda: datetime.timedelta(1),
    lambda: datetime.timezone(datetime.timedelta(hours=1)),
    lambda: zoneinfo.ZoneInfo("Europe/Vienna"),
    lambda: range(3),
    lambda: range(4),
    lambda: [0, 1, 2],
    lambda: slice(1, 2),
    lambda: slice(1, 2, 1),
    lambda: uuid.UUID(int=1),
    lambda: re.compile("a"),
    lambda: re.compile("a", re.IGNORECASE),
    lambda: re.compile(b"a"),
    lambda: ...,
    lambda: NotImplemented,
    lambda: ValueError("a"),
    lambda: ValueError("b"),
    lambda: TypeError("a"),
    lambda: function_a,
    lambda: function_b,
    lambda: len,
    lambda: int,
    lambda: Data,
    lambda: Slotted,
    lambda: functools.partial(function_a),
    lambda: functools.partial(function_b),
    lambda: functools.partial(function_a, 1),
    lambda: functools.partial(function_a, x=1),
    lambda: Plain(x=1).__init__,  # type: ignore[misc]
    lambda: "a".upper,
    lambda: "b".upper,
]


def test_C2_C6_all_that_differs_has_another_fingerprint_and_a_copy_the_same(fp: Callable[[Any], str]) -> None:
    found: dict[str, int] = {}
    for place, made in enumerate(DIFFERENT):
        one, two = fp(made()), fp(made())
        assert one == two, f"two of {made()!r} (number {place}) differ"
        assert one not in found, f"{made()!r} (number {place}) equals {DIFFERENT[found[one]]()!r}"
        found[one] = place


def test_a_fingerprint_has_a_scheme_and_a_version(fp: Callable[[Any], str]) -> None:
    assert all(re.fullmatch(r"[a-z]+/\d+:[0-9a-f]{32}", fp(made())) for made in DIFFERENT)


def test_fingerprints_are_the_same_in_every_process(run: Run) -> None:
    script = """
        import datetime, decimal, enum, pathlib, sys
        import attrs
        from makeit import make

        @attrs.define
        class Point:
            x: object

        class Colour(enum.Enum):
            RED = "red"

        def helper(x):
            return x + 1

        names = {"a", "b", "c", "d"}
        value = [Point({"a": names}), Colour.RED, helper, frozenset(names), {n: n for n in names}, Point(Point)]
        print(make.bench(None).values.fingerprint(value))
    """
    assert len({run(script) for _ in range(3)}) == 1


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
                    max_leaves=30))  # fmt: skip
def test_copies_of_any_plain_value_have_its_fingerprint(fp: Callable[[Any], str], value: Any) -> None:
    assert fp(value) == fp(copy.deepcopy(value)) == fp(pickle.loads(pickle.dumps(value)))


SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, -0.0, 1.0, "", "1", b"", b"1"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(SCALARS, inner, max_size=2),
    max_leaves=5,
)


def canonical(value: Any) -> Any:
    """Describe a value so that two descriptions are equal just if type and content are."""
    if isinstance(value, dict):
        return "dict", sorted((repr(canonical(k)), repr(canonical(v))) for k, v in value.items())
    if isinstance(value, list | tuple):
        return type(value).__name__, [canonical(item) for item in value]
    return type(value).__name__, repr(value)


@given(VALUES, VALUES)
def test_C2_two_plain_values_have_one_fingerprint_just_if_type_and_content_are_equal(
    fp: Callable[[Any], str], one: Any, other: Any
) -> None:
    assert (fp(one) == fp(other)) is (canonical(one) == canonical(other))


def test_C5_order_and_sharing_do_not_count(fp: Callable[[Any], str]) -> None:
    names = [f"name {i}" for i in range(50)]
    assert fp(dict.fromkeys(names)) == fp(dict.fromkeys(reversed(names)))
    backwards = names[::-1]
    assert fp(set(names)) == fp(set(backwards))
    shared = "".join(["ab", "cd"])
    separate = "".join(["ab", "cd"])
    assert fp([shared, shared]) == fp([shared, separate])
    assert fp([shared] * 100) == fp(["".join(["ab", "cd"]) for _ in range(100)])
    inner = [1]
    assert fp([inner, inner]) == fp([[1], [1]])
    assert fp({"a": inner, "b": inner}) == fp({"b": [1], "a": [1]})


def test_C7_what_cannot_be_seen_has_no_fingerprint_not_even_inside(fp: Callable[[Any], str]) -> None:
    for value in (threading.Lock(), object(), threading.Event()):
        for holder in (value, [value], {"a": value}, (1, value), Plain(x=value), Data(value), Slotted(value)):
            with pytest.raises(Unfingerprintable):
                fp(holder)


def test_C7_the_warning_says_what_it_is(fp: Callable[[Any], str]) -> None:
    with pytest.raises(Unfingerprintable) as caught:
        fp([1, {"a": threading.Lock()}])
    assert caught.value.kind == "_thread.lock"


@pytest.mark.parametrize(
    "stream", [iter([]), (x for x in ()), zip(), map(str, []), io.StringIO(), io.BytesIO(), enumerate([])]
)
def test_C9_iterators_are_refused_by_name(stream: Any, tmp_path: pathlib.Path) -> None:
    bench = make.bench(tmp_path / ".makeit")
    with pytest.raises(ArgumentError, match=f"argument data is a {type(stream).__name__}") as caught:
        bench.argument("data", stream, is_file=False, function="f")
    assert caught.value.name == "data"


def test_C14_values_that_contain_themselves(fp: Callable[[Any], str]) -> None:
    def cycle(depth: int, last: Any = None) -> Any:
        first: list[Any] = [1]
        inner = first
        for _ in range(depth - 1):
            inner.append([1])
            inner = inner[-1]
        inner.append(first)
        inner.append(last)
        return first

    assert fp(cycle(1)) == fp(cycle(1))
    assert fp(cycle(3)) == fp(cycle(3))
    assert len({fp(cycle(1)), fp(cycle(2)), fp(cycle(3)), fp(cycle(3, 2)), fp([1, [1, None], None])}) == 5
    table: dict[str, Any] = {}
    table["me"] = table
    assert fp(table) == fp(table)
    node = Plain()
    node.me = [node]  # type: ignore[attr-defined]
    assert fp(node) == fp(copy.deepcopy(node))


def test_C14_deep_values_have_a_fingerprint(fp: Callable[[Any], str]) -> None:
    def deep(last: int) -> Any:
        value: Any = last
        for _ in range(20_000):
            value = [value]
        return value

    assert fp(deep(1)) == fp(deep(1)) != fp(deep(2))


def test_C14_long_lists_are_quick_and_every_item_counts(fp: Callable[[Any], str]) -> None:
    many = [str(i) for i in range(200_000)]
    before = fp(many)
    many[100_000] += "x"
    assert fp(many) != before


def test_a_change_in_place_changes_the_fingerprint(fp: Callable[[Any], str]) -> None:
    point = Data([1])
    before = fp(point)
    point.x.append(2)
    assert fp(point) != before
    point.x.pop()
    assert fp(point) == before


def test_an_object_that_was_pickled_has_the_fingerprint_it_had(fp: Callable[[Any], str]) -> None:
    class Fresh:
        pass

    globals()["Fresh"] = Fresh
    Fresh.__qualname__ = "Fresh"
    before = fp(Fresh())
    pickle.dumps(Fresh())
    copy.copy(Fresh())
    assert fp(Fresh()) == before


class Opaque:
    """A type that only a plugin understands."""

    __slots__ = ("inside", "lock")

    def __init__(self, inside: Any) -> None:
        self.inside = inside
        self.lock = threading.Lock()


class Teacher:
    """A plugin that understands it."""

    @hookimpl
    def makeit_fingerprint(self, value: Any) -> str | None:
        return f"opaque/1:{fingerprint_nested(value.inside)}" if isinstance(value, Opaque) else None


def test_a_plugin_can_fingerprint_a_type_also_inside_others(tmp_path: pathlib.Path) -> None:
    fingerprint = Maker(tmp_path / ".makeit", plugins=[Teacher()]).bench(None).values.fingerprint
    assert fingerprint(Opaque(1)).startswith("opaque/1:")
    assert fingerprint(Opaque([1, {2}])) == fingerprint(Opaque([1, {2}]))
    for wrap in (lambda v: v, lambda v: [v], lambda v: Plain(x=v), lambda v: Opaque(v)):
        assert fingerprint(wrap(Opaque(1))) == fingerprint(wrap(Opaque(1))) != fingerprint(wrap(Opaque(2)))
    with pytest.raises(Unfingerprintable):
        fingerprint(Opaque(threading.Lock()))
    with pytest.raises(RuntimeError, match="only while a makeit_fingerprint hook"):
        fingerprint_nested(1)
