"""Binding: calls of any callable to named arguments, in one canonical form."""

from __future__ import annotations

import functools
import inspect
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makeit import File
from makeit.binding import Binding


def plain(a: int, b: int = 2, c: int = 3) -> Any:
    return a, b, c


def every(a: int, /, b: int, *rest: int, c: int = 3, **more: int) -> Any:
    return a, b, rest, c, more


class Thing:
    """An object with a method, that can be called."""

    def method(self, x: int, y: int = 2) -> int:
        return x + y

    def __call__(self, x: int) -> int:
        return x


NAMES = st.sampled_from(["a", "b", "c", "d"])


@given(st.lists(st.integers(), max_size=4), st.dictionaries(NAMES, st.integers()))
@pytest.mark.parametrize("function", [plain, every])
def test_C1_binding_agrees_with_python_itself(function: Any, args: list[int], kwargs: dict[str, int]) -> None:
    try:
        function(*args, **kwargs)
    except TypeError:
        with pytest.raises(TypeError):
            Binding(function).bind(tuple(args), kwargs)
        return
    expected = inspect.signature(function).bind(*args, **kwargs)
    expected.apply_defaults()
    found = Binding(function).bind(tuple(args), kwargs)
    assert found == expected.arguments
    assert list(found) == list(expected.arguments)  # one order, however they were given


def test_C1_the_given_arguments_are_not_changed() -> None:
    args, kwargs = (1,), {"c": 4}
    assert Binding(plain).bind(args, kwargs) == {"a": 1, "b": 2, "c": 4}
    assert (args, kwargs) == ((1,), {"c": 4})


def test_B4_partials_and_methods_are_taken_apart() -> None:
    thing = Thing()
    partial = functools.partial(functools.partial(plain, 1), c=5)
    for target, function, bound in [
        (partial, plain, {"a": 1, "b": 7, "c": 5}),
        (thing.method, Thing.method, {"self": thing, "x": 7, "y": 2}),
        (thing, Thing.__call__, {"self": thing, "x": 7}),
        (functools.partial(thing.method, y=3), Thing.method, {"self": thing, "x": 7, "y": 3}),
    ]:
        binding = Binding(target)
        assert binding.function is function
        assert binding.bind((7,), {}) == bound


def test_B4_a_builtin_without_a_signature_binds_by_position() -> None:
    assert Binding(max).bind((1, 2), {"key": abs}) == {"args": (1, 2), "kwargs": {"key": abs}}
    assert Binding(len).bind(([],), {}) == {"obj": []}


def test_B4_a_wrapped_function_shows_the_signature_of_what_it_wraps() -> None:
    @functools.wraps(plain)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return plain(*args, **kwargs)

    assert Binding(wrapper).bind((1,), {"c": 4}) == {"a": 1, "b": 2, "c": 4}
    assert Binding(functools.lru_cache(plain)).bind((1,), {}) == {"a": 1, "b": 2, "c": 3}


def test_C10_parameters_annotated_file_are_found_in_any_form() -> None:
    def f(
        a: File,
        b: list[File],
        c: File | None,
        d: dict[str, File],
        e: Path,
        g: str,
        h: Annotated[str, "File"],
        *rest: File,
    ) -> None: ...

    assert Binding(f).files == {"a", "b", "c", "d", "rest"}


def test_C10_an_annotation_that_cannot_be_evaluated_hides_no_other() -> None:
    def f(a: File, b: OnlyForTypeCheckers, c: list[File]) -> None:  # type: ignore[name-defined] # noqa: F821
        ...

    assert Binding(f).files == {"a", "c"}
    partial = Binding(functools.partial(f, b=1))
    assert partial.files == {"a", "c"}


def test_C1_defaults_that_a_function_is_given_later_count() -> None:
    def positional(x: int, y: int = 2) -> Any:
        return x, y

    def keyword(x: int, *, y: int = 2) -> Any:
        return x, y

    @functools.wraps(keyword)
    def wrapping(*args: Any, **kwargs: Any) -> Any:
        return keyword(*args, **kwargs)

    bindings = [Binding(function) for function in (positional, keyword, wrapping)]
    assert [binding.bind((1,), {}) for binding in bindings] == [{"x": 1, "y": 2}] * 3
    positional.__defaults__ = (3,)
    keyword.__kwdefaults__["y"] = 3
    assert [binding.bind((1,), {}) for binding in bindings] == [{"x": 1, "y": 3}] * 3
    keyword.__kwdefaults__ = {"y": 4}
    assert [binding.bind((1,), {}) for binding in bindings[1:]] == [{"x": 1, "y": 4}] * 2
    positional.__defaults__ = None
    with pytest.raises(TypeError, match="missing"):
        bindings[0].bind((1,), {})
