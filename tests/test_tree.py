"""Nested outputs: shapes of tuples, lists and dicts, with constants."""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makeit import JsonFile, PersistError, PickleFile, make
from makeit.formats import tree
from makeit.formats.tree import Branch, Constant, Leaf

Printed = pytest.CaptureFixture[str]


class Pair(NamedTuple):
    a: int
    b: int


class Awkward:
    """Something that cannot be compared."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparing")

    __hash__ = None  # type: ignore[assignment]


def test_A7_leaves_constants_and_branches_know_where_they_are() -> None:
    node = tree.parse(("a.json", {"x": None, "y": [1, PickleFile("b")]}))
    assert isinstance(node, Branch)
    assert [leaf.where for leaf in tree.leaves(node)] == ["[0]", "['x']".join(["[1]", ""]), "[1]['y'][1]"]
    assert isinstance(tree.parse(3), Constant)
    assert isinstance(tree.parse(None), Leaf)


@given(
    st.recursive(
        st.none() | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_A7_what_is_split_is_joined_again_in_type_and_order(shape: Any) -> None:
    node = tree.parse(shape)  # None is a leaf, numbers are constants
    parts = tree.split(node, shape)
    assert parts == [None] * len(list(tree.leaves(node)))
    joined = tree.join(node, parts)
    assert joined == shape
    assert repr(joined) == repr(shape)


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ((None, None), [1, 2]),
        ([None, None], (1, 2)),
        ((None, None), (1, 2, 3)),
        ((None, None), (1,)),
        ((None, None), Pair(1, 2)),
        ((None, None), 1),
        ((None, None), "ab"),
        ((None, None), {0: 1, 1: 2}),
        ({"a": None}, {"a": 1, "b": 2}),
        ({"a": None}, {}),
        ({"a": None}, collections.OrderedDict(a=1)),
        ((None, 1), (0, 2)),
        ((None, 1), (0, 1.0)),
        ((None, 1), (0, True)),
        ((None, (1, None)), (0, (2, 0))),
        ((None, Awkward()), (0, Awkward())),
        ((None, np.zeros(2)), (0, np.zeros(2))),
    ],
)
def test_A7_another_shape_is_an_error_that_keeps_the_value(output: Any, value: Any) -> None:
    with pytest.raises(PersistError) as caught:
        tree.split(tree.parse(output), value)
    assert caught.value.value is value


@pytest.mark.parametrize("constant", [1, 1.5, b"x", float("nan"), True, ..., frozenset({1}), Pair])
def test_A7_a_constant_that_is_returned_fits(constant: Any) -> None:
    assert tree.split(tree.parse((None, constant)), (5, constant)) == [5]


def test_A7_a_dict_comes_back_in_the_order_of_the_outputs() -> None:
    node = tree.parse({"b": None, "a": None})
    assert tree.split(node, {"a": 1, "b": 2}) == [2, 1]
    assert list(tree.join(node, [2, 1])) == ["b", "a"]


def test_A7_nested_outputs_in_a_call(capsys: Printed) -> None:
    @make(output={"first": "json:{x}/a.json", "rest": [None, (PickleFile("{x}/b.pkl"), 3)], "none": ()})
    def f(x: int) -> Any:
        print("Running")
        return {"rest": [{x}, ((x,), 3)], "none": (), "first": [x]}

    for _ in range(2):
        assert f(1) == {"first": [1], "rest": [{1}, ((1,), 3)], "none": ()}
    assert Path("1/a.json").exists()
    assert Path("1/b.pkl").exists()
    record = f.record(1)
    assert record is not None
    assert [output.path for output in record.outputs][::2] == ["1/a.json", "1/b.pkl"]
    assert capsys.readouterr().out == "Running\n"


@pytest.mark.parametrize("output", [(), [], {}, 3, (1, 2)])
def test_A7_outputs_without_a_leaf_are_remembered_too(output: Any, capsys: Printed) -> None:
    def f() -> Any:
        print("Running")
        return output

    made = make(func=f, output=output)
    assert made() == made() == output
    assert capsys.readouterr().out == "Running\n"


def test_A7_another_file_for_one_part_runs_again_and_says_why(capsys: Printed) -> None:
    def f() -> Any:
        print("Running")
        return 1, 2

    make(func=f, output=("json:a.json", "json:b.json"))()
    moved = make(func=f, output=("json:a.json", "json:c.json"))
    assert "b.json → c.json" in str(moved.why())
    assert moved() == moved() == (1, 2)
    assert Path("c.json").exists()
    as_pickle = make(func=f, output=("json:a.json", PickleFile("c.json")))
    assert "format json → pickle" in str(as_pickle.why())
    assert as_pickle() == (1, 2)
    kept = make(func=f, output=("json:a.json", None))
    assert kept() == kept() == (1, 2)
    fewer = make(func=f, output=("json:a.json", 2))
    assert "outputs: 2 → 1" in str(fewer.why())
    assert fewer() == fewer() == (1, 2)
    assert capsys.readouterr().out.splitlines()[0] == "Running"


def test_A7_the_same_persister_class_on_two_files() -> None:
    @make(output=[JsonFile("a.json"), JsonFile("b.json")])
    def f() -> list[int]:
        return [1, 2]

    assert f() == f() == [1, 2]
