"""Nested outputs: the shape that `output=` describes, taken apart and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from makeit.errors import PersistError, SpecError
from makeit.formats.persister import Persister
from makeit.formats.spec import Spec


class Leaf(NamedTuple):
    """One output in the tree: `target` is a Spec, a Persister, or None for one kept in the cachedir."""

    where: str
    target: Spec | Persister | None


class Constant(NamedTuple):
    """A place where the function has to return this very value."""

    where: str
    value: Any


class Branch(NamedTuple):
    """A tuple, list or dict of outputs."""

    where: str
    kind: type
    children: tuple[tuple[Any, Node], ...]


Node: TypeAlias = Leaf | Constant | Branch


class Output(NamedTuple):
    """One output of one call: where in the result, which file, and the persister bound to it.

    `path` is absolute; for an output kept in the cachedir it has no ending and `persister` is None
    until a format has been chosen for a value.
    """

    where: str
    path: str
    persister: Persister | None
    format: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def kept(self) -> bool:
        """Whether the output was left to makeit and lies inside the cachedir."""
        return self.persister is None


def parse(option: Any, where: str = "") -> Node:
    """Turn the `output=` option into a tree; a leaf that is neither spec nor persister is a constant."""
    if option is None or isinstance(option, Persister):
        return Leaf(where, option)
    if isinstance(option, str):
        return Leaf(where, Spec.parse(option))
    if type(option) in (tuple, list):
        children = tuple((i, parse(item, f"{where}[{i}]")) for i, item in enumerate(option))
        return Branch(where, type(option), children)
    if type(option) is dict:
        return Branch(where, dict, tuple((k, parse(v, f"{where}[{k!r}]")) for k, v in option.items()))
    _refuse_lookalike(option)
    return Constant(where, option)


def _refuse_lookalike(option: Any) -> None:
    if isinstance(option, type) and issubclass(option, Persister):
        raise SpecError(
            f"output={option.__name__} is a class; give it a file, as in {option.__name__}('x')", spec=option
        )
    if callable(getattr(option, "save", None)) and callable(getattr(option, "load", None)):
        raise SpecError(
            f"output={option!r} has save and load but is no Persister; let {type(option).__name__} "
            "inherit from makeit.Persister",
            spec=option,
        )


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the leaves from left to right."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Branch):
        for _, child in node.children:
            yield from leaves(child)


def split(node: Node, value: Any) -> list[Any]:
    """Take a result apart into the values of the leaves; PersistError, with the value, if it has another shape."""
    parts: list[Any] = []
    try:
        _split(node, value, parts)
    except PersistError as error:
        error.value = value
        raise
    return parts


def _split(node: Node, value: Any, parts: list[Any]) -> None:
    if isinstance(node, Leaf):
        parts.append(value)
    elif isinstance(node, Constant):
        if not _same(value, node.value):
            raise PersistError(
                f"output{node.where} is the constant {node.value!r}, but the function returned {value!r} there"
            )
    else:
        for key, child in _matched(node, value):
            _split(child, value[key], parts)


def _same(value: Any, constant: Any) -> bool:
    if value is constant:
        return True
    try:
        return type(value) is type(constant) and bool(value == constant)
    except Exception:  # arrays have no one truth value, and a user's __eq__ may fail in any way
        return False


def _matched(node: Branch, value: Any) -> tuple[tuple[Any, Node], ...]:
    keys = [key for key, _ in node.children]
    if not isinstance(value, tuple | list | dict) or type(value) is not node.kind:
        raise PersistError(
            f"output{node.where} describes a {node.kind.__name__} of {len(keys)}, but the function "
            f"returned a {type(value).__name__}"
        )
    if node.kind is dict and set(value) != set(keys):
        raise PersistError(f"output{node.where} has the keys {keys}, but the function returned {list(value)}")
    if len(value) != len(keys):
        raise PersistError(f"output{node.where} describes {len(keys)} parts, but the function returned {len(value)}")
    return node.children


def join(node: Node, parts: Sequence[Any]) -> Any:
    """Put the values of the leaves together in the shape of the tree."""
    return _join(node, iter(parts).__next__)


def _join(node: Node, take: Callable[[], Any]) -> Any:
    if isinstance(node, Leaf):
        return take()
    if isinstance(node, Constant):
        return node.value
    if node.kind is dict:
        return {key: _join(child, take) for key, child in node.children}
    return node.kind(_join(child, take) for _, child in node.children)
