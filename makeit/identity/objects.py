"""Tokens of values that are neither scalars nor plain containers: objects, by class and content."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import functools
import os
import pathlib
import re
import sys
import types
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from makeit.identity.files import NamedFile
from makeit.identity.unknown import Unfingerprintable

if TYPE_CHECKING:
    from makeit.identity.values import ValueReader

_CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    type,
)
# Descriptors that only a class written in C has: its instances may hold state that Python cannot see.
_NATIVE = (
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.BuiltinFunctionType,
)


def encoder_of(kind: type) -> Callable[[ValueReader, Any], bytes] | None:
    """Return the encoder of a type that the kernel knows; None leaves it to plugins and `encode_instance`."""
    try:
        return _known[kind]
    except KeyError:
        if kind.__module__ == "makeit.made":
            # A made function counts as the function it was made of.
            _known[kind] = _code
            return _code
        found = next(((kinds, encoder) for kinds, encoder in _ENCODERS if issubclass(kind, kinds)), None)
        _known[kind] = encoder = _of_subclass(kind, *found) if found else None
        return encoder


def _of_subclass(kind: type, kinds: Any, encode: Callable[[Any, Any], bytes]) -> Callable[[Any, Any], bytes]:
    """Let a class that inherits from a known one count with its code and what its instances carry."""
    if kinds in _OF_CLASS or _is_standard(kind):
        return encode
    own = tuple(cls for cls in kind.__mro__ if not _is_standard(cls))

    def encode_subclass(reader: ValueReader, value: Any) -> bytes:
        carried = sorted(_attributes(value, own).items())
        parts = [_joined("", [name.encode(), reader.token(part)]) for name, part in carried]
        return _joined("subclass", [_class(reader, kind), encode(reader, value), *parts])

    return encode_subclass


def _is_standard(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in sys.stdlib_module_names


_known: weakref.WeakKeyDictionary[type, Callable[[Any, Any], bytes] | None] = weakref.WeakKeyDictionary()


def _joined(tag: str, tokens: list[bytes]) -> bytes:
    from makeit.identity.values import joined

    return joined(tag.encode(), tokens)


def _literal(reader: ValueReader, value: Any) -> bytes:
    return f"{type(value).__name__}:{value!r}".encode()


def _code(reader: ValueReader, value: Any) -> bytes:
    return reader.code(value).encode()


def _method(reader: ValueReader, value: types.MethodType) -> bytes:
    return _joined("method", [reader.token(value.__func__), reader.token(value.__self__)])


def _partial(reader: ValueReader, value: functools.partial[Any]) -> bytes:
    return _joined("partial", [reader.token(part) for part in (value.func, value.args, value.keywords)])


def _path(reader: ValueReader, value: pathlib.PurePath) -> bytes:
    # A folder counts by its name: a plain Path to one is more often where to write than what to read.
    content = reader.file(os.fspath(value)) if isinstance(value, pathlib.Path) and value.is_file() else None
    if content is not None:
        return f"file:{content}".encode("utf-8", "surrogateescape")
    return f"path:{os.fspath(value)}".encode("utf-8", "surrogateescape")


def _named_file(reader: ValueReader, value: NamedFile) -> bytes:
    content = reader.file(value.path)
    if content is None:
        raise FileNotFoundError(value.path)
    return f"file:{content}".encode("utf-8", "surrogateescape")


def _moment(reader: ValueReader, value: Any) -> bytes:
    zone = getattr(value, "tzinfo", None)
    return _joined(type(value).__name__, [repr(value).encode(), b"%d" % value.fold, reader.token(zone)])


def _zone(reader: ValueReader, value: datetime.tzinfo) -> bytes:
    key = getattr(value, "key", None)
    if isinstance(value, datetime.timezone) or key is None:
        return _literal(reader, value) if isinstance(value, datetime.timezone) else encode_instance(reader, value)
    return f"zone:{type(value).__qualname__}:{key}".encode()


def _member(reader: ValueReader, value: enum.Enum) -> bytes:
    return _joined("enum", [_class(reader, type(value)), str(value.name).encode(), reader.token(value.value)])


def _slice(reader: ValueReader, value: slice) -> bytes:
    return _joined("slice", [reader.token(part) for part in (value.start, value.stop, value.step)])


def _pattern(reader: ValueReader, value: re.Pattern[Any]) -> bytes:
    return _joined("pattern", [reader.token(value.pattern), b"%d" % value.flags])


def _buffer(reader: ValueReader, value: bytearray | memoryview) -> bytes:
    form = value.format if isinstance(value, memoryview) else "B"
    shape = value.shape if isinstance(value, memoryview) else (len(value),)
    return _joined(type(value).__name__, [repr((form, shape)).encode(), bytes(value)])


_ENCODERS: tuple[tuple[Any, Callable[[Any, Any], bytes]], ...] = (
    (enum.Enum, _member),
    (_CODE, _code),
    (types.MethodType, _method),
    (functools.partial, _partial),
    (pathlib.PurePath, _path),
    (NamedFile, _named_file),
    ((datetime.datetime, datetime.time), _moment),
    ((datetime.date, datetime.timedelta, decimal.Decimal, range), _literal),
    (datetime.tzinfo, _zone),
    (slice, _slice),
    (re.Pattern, _pattern),
    ((bytearray, memoryview), _buffer),
    ((types.EllipsisType, types.NotImplementedType), _literal),
)


# Their encoders take in the class already.
_OF_CLASS = (enum.Enum, _CODE, types.MethodType, NamedFile)


def encode_instance(reader: ValueReader, value: Any) -> bytes:
    """Return the token of an object: its class, the content of a built-in base, `__dict__` and slots.

    Unfingerprintable for an iterator, and for a class written in C, whose state Python cannot see.
    """
    if hasattr(value, "__next__"):
        raise Unfingerprintable(kind=f"{type(value).__name__}, an iterator that can be read only once")
    if type(value) is object:
        # Only its identity tells a sentinel from another, and that ends with the process.
        raise Unfingerprintable(kind="bare object()")
    base = _native_base(type(value))
    tokens = [_class(reader, type(value)), _BASES[base](reader, value)]
    tokens += [_joined("", [name.encode(), reader.token(part)]) for name, part in sorted(_attributes(value).items())]
    return _joined("object", tokens)


def _class(reader: ValueReader, kind: type) -> bytes:
    return reader.code(kind).encode()


def _native_base(kind: type) -> type:
    for cls in kind.__mro__:
        if cls in _BASES:
            return cls
        if _is_native(cls):
            raise Unfingerprintable(kind=f"{kind.__module__}.{kind.__qualname__}")
    return object


def _is_native(cls: type) -> bool:
    return any(
        isinstance(member, _NATIVE) and name not in ("__dict__", "__weakref__") for name, member in vars(cls).items()
    )


def _ordered(reader: ValueReader, value: Any) -> bytes:
    return _joined("items", [reader.token(item) for item in value])


_BASES: dict[type, Callable[[Any, Any], bytes]] = {
    collections.OrderedDict: lambda reader, value: reader.token(list(collections.OrderedDict.items(value))),
    collections.defaultdict: lambda reader, value: _joined(
        "default", [reader.token(value.default_factory), reader.token(dict(value))]
    ),
    collections.deque: lambda reader, value: _joined("deque", [reader.token(value.maxlen), _ordered(reader, value)]),
    bool: lambda reader, value: reader.token(bool(value)),
    int: lambda reader, value: reader.token(int.__int__(value)),
    float: lambda reader, value: reader.token(float.__float__(value)),
    complex: lambda reader, value: reader.token(complex.__complex__(value)),
    str: lambda reader, value: reader.token(str.__str__(value)),
    bytes: lambda reader, value: reader.token(bytes.__getitem__(value, slice(None))),
    list: lambda reader, value: reader.token(list(list.__iter__(value))),
    tuple: lambda reader, value: reader.token(tuple(tuple.__iter__(value))),
    dict: lambda reader, value: reader.token(dict(dict.items(value))),
    set: lambda reader, value: reader.token(set(set.__iter__(value))),
    frozenset: lambda reader, value: reader.token(frozenset(frozenset.__iter__(value))),
    types.SimpleNamespace: lambda reader, value: b"",
    types.MappingProxyType: lambda reader, value: reader.token(dict(value)),
    BaseException: lambda reader, value: reader.token(value.args),
    object: lambda reader, value: b"",
}


def _attributes(value: Any, classes: tuple[type, ...] | None = None) -> dict[str, Any]:
    """Return what an object carries in its `__dict__`, and in the slots of `classes`, by default all of them."""
    found = dict(vars(value)) if hasattr(value, "__dict__") else {}
    for cls in [cls for cls in classes or type(value).__mro__ if cls not in _BASES]:
        for name, member in vars(cls).items():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    found.setdefault(name, member.__get__(value))
                except AttributeError:
                    continue  # a slot that was never filled
    return found
