"""attrs classes of the kernel: as those of attrs itself, with one method that shows them."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from makeit.attributes import define, frozen


@frozen
class Place:
    """A frozen class."""

    name: str
    hidden: int = attrs.field(default=0, repr=False)
    parts: tuple[Any, ...] = ()


@define(eq=False)
class Count:
    """A class that can change, and shows itself."""

    number: int = 0

    def __repr__(self) -> str:
        return f"{self.number} times"


def test_a_frozen_class_is_what_attrs_makes_of_it() -> None:
    one = Place("a", 1, (2.0,))
    assert one == Place("a", 1, (2.0,)) != Place("a", 2)
    assert hash(one) == hash(attrs.evolve(one))
    assert pickle.loads(pickle.dumps(one)) == one
    assert not hasattr(one, "__dict__")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]


def test_it_shows_its_fields_as_attrs_would() -> None:
    class Inner(Place):
        """A plain subclass."""

    assert repr(Place("a", 1, (2.0,))) == "Place(name='a', parts=(2.0,))"
    assert repr(Inner("a")) == "Inner(name='a', parts=())"
    assert repr(Count(3)) == "3 times"


def test_identity_decides_where_eq_is_left_out() -> None:
    assert Count(1) != Count(1)


def test_only_the_same_class_and_the_fields_that_count_make_equal() -> None:
    @frozen
    class Other:
        """Fields of the same names."""

        name: str
        seen: list[int] = attrs.field(factory=list, eq=False)

    class Inner(Other):
        """A plain subclass."""

    assert Other("a", [1]) == Other("a", [2]) != Other("b", [1])
    assert hash(Other("a", [1])) == hash(Other("a", [2]))
    assert Other("a") != Inner("a")
    assert Other("a") != Place("a")
    assert Other("a") != "a"


def test_a_class_that_can_change_has_no_hash() -> None:
    @define
    class Tally:
        """A class that can change."""

        number: int = 0

    assert Tally(1) == Tally(1) != Tally(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Tally())
