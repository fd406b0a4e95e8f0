"""Tokens of objects that nobody knows by their type: by class, `__dict__`, slots and built-in base."""

from __future__ import annotations

import collections
import types
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from makeit.identity.tokens import PLAIN, joined, scalar, short
from makeit.identity.unknown import Unfingerprintable

if TYPE_CHECKING:
    from makeit.identity.containers import Steps
    from makeit.identity.reading import Reading

_Shape: TypeAlias = "tuple[Callable[[Any], Any] | None, tuple[tuple[str, types.MemberDescriptorType], ...]]"
_shapes: weakref.WeakKeyDictionary[type, _Shape] = weakref.WeakKeyDictionary()

# Descriptors that only a class written in C has: its instances may hold state that Python cannot see.
_NATIVE = (
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.BuiltinFunctionType,
)


def encode_instance(reading: Reading, value: Any) -> Steps:
    """Read an object: its class, the content of a built-in base, `__dict__` and slots.

    Unfingerprintable for an iterator, and for a class written in C, whose state Python cannot see.
    """
    content, slots = _shape(type(value))
    tokens = [reading.code(type(value)).encode()]
    if content is not None:
        tokens.append((yield content(value)))
    for name, part in sorted(_carried(value, slots).items()):
        token = short(scalar(part)) if type(part) in PLAIN else (yield part)
        tokens.append(joined(b"", [name.encode(), token]))
    return joined(b"object", tokens)


def _shape(kind: type) -> _Shape:
    """Return how to read the content of a class's built-in base, if it has one, and its slots."""
    try:
        return _shapes[kind]
    except KeyError:
        if hasattr(kind, "__next__"):
            raise Unfingerprintable(kind=f"{kind.__name__}, an iterator that can be read only once") from None
        if kind is object:
            # Only its identity tells a sentinel from another, and that ends with the process.
            raise Unfingerprintable(kind="bare object()") from None
        base = _native_base(kind)
        found = _shapes[kind] = _BASES[base] if base is not object else None, _slots(kind.__mro__)
        return found


def _native_base(kind: type) -> type:
    for cls in kind.__mro__:
        if cls in _BASES:
            return cls
        if issubclass(cls, BaseException) and cls.__module__ == "builtins":
            return BaseException
        if _is_native(cls):
            raise Unfingerprintable(kind=f"{kind.__module__}.{kind.__qualname__}")
    return object


def _is_native(cls: type) -> bool:
    return any(
        isinstance(member, _NATIVE) and name not in ("__dict__", "__weakref__") for name, member in vars(cls).items()
    )


#: What an instance of a subclass holds beside its attributes, as plain values.
_BASES: dict[type, Callable[[Any], Any]] = {
    collections.OrderedDict: lambda value: list(collections.OrderedDict.items(value)),
    collections.defaultdict: lambda value: (value.default_factory, dict(dict.items(value))),
    collections.deque: lambda value: (value.maxlen, list(value)),
    bool: bool,
    int: int.__int__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    types.SimpleNamespace: lambda value: None,
    types.MappingProxyType: dict,
    BaseException: lambda value: value.args,
    object: lambda value: None,
}


def attributes(value: Any, classes: tuple[type, ...]) -> dict[str, Any]:
    """Return what an object carries in its `__dict__`, and in the slots of `classes`."""
    return _carried(value, _slots(classes))


def _slots(classes: tuple[type, ...]) -> tuple[tuple[str, types.MemberDescriptorType], ...]:
    members = [pair for cls in classes if cls not in _BASES for pair in vars(cls).items()]
    return tuple((name, member) for name, member in members if isinstance(member, types.MemberDescriptorType))


def _carried(value: Any, slots: tuple[tuple[str, types.MemberDescriptorType], ...]) -> dict[str, Any]:
    found = dict(vars(value)) if hasattr(value, "__dict__") else {}
    for name, member in slots:
        try:
            found.setdefault(name, member.__get__(value))
        except AttributeError:
            continue  # a slot that was never filled
    return found
