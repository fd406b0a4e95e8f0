"""Tokens of the objects that the kernel knows by their type: dates, paths, functions, streams and others."""

from __future__ import annotations

import array
import datetime
import decimal
import enum
import functools
import operator
import os
import pathlib
import re
import stat
import sys
import types
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from makeit.identity import streams
from makeit.identity.annex import is_unfetched
from makeit.identity.files import NamedFile, absolute
from makeit.identity.instances import attributes
from makeit.identity.tokens import joined
from makeit.identity.unknown import Unfingerprintable

if TYPE_CHECKING:
    from makeit.identity.containers import Steps
    from makeit.identity.reading import Reading

Encoder: TypeAlias = "Callable[[Reading, Any], bytes | Steps]"

_CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    type,
)
_BOUND = (types.BuiltinFunctionType, types.MethodWrapperType)


def encoder_of(kind: type) -> Encoder | None:
    """Return the encoder of a type that the kernel knows; None leaves it to plugins and `encode_instance`."""
    try:
        return _known[kind]
    except KeyError:
        found = next(((kinds, encoder) for kinds, encoder in _ENCODERS if issubclass(kind, kinds)), None)
        encoder = _of_subclass(kind, *found) if found else _stream if streams.family_of(kind) else None
        _known[kind] = encoder
        return encoder


def _of_subclass(kind: type, kinds: Any, encode: Encoder) -> Encoder:
    """Let a class that inherits from a known one count with its code and what its instances carry."""
    if kinds in _OF_CLASS or _is_standard(kind):
        return encode
    own = tuple(cls for cls in kind.__mro__ if not _is_standard(cls))

    def encode_subclass(reading: Reading, value: Any) -> bytes:
        known = reading.asked(value)
        if known is not None:
            return known.encode()
        carried = sorted(attributes(value, own).items())
        parts = [joined(b"", [name.encode(), reading.token(part)]) for name, part in carried]
        found = encode(reading, value)
        assert isinstance(found, bytes)
        return joined(b"subclass", [_class(reading, kind), found, *parts])

    return encode_subclass


def _is_standard(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in sys.stdlib_module_names


_known: weakref.WeakKeyDictionary[type, Encoder | None] = weakref.WeakKeyDictionary()


def _class(reading: Reading, kind: type) -> bytes:
    return reading.code(kind).encode()


def _literal(reading: Reading, value: Any) -> bytes:
    return f"{_named(value)}:{_shown(value)}".encode()


def _named(value: Any) -> str:
    return next(cls.__name__ for cls in type(value).__mro__ if _is_standard(cls))


def _shown(value: Any) -> str:
    """Return the repr of the standard class that a value is of; one of a user's own may leave things out."""
    standard = next(cls for cls in type(value).__mro__ if _is_standard(cls))
    shown: str = standard.__repr__(value)  # type: ignore[call-arg]
    return shown


def _code(reading: Reading, value: Any) -> bytes:
    owner = getattr(value, "__self__", None) if isinstance(value, _BOUND) else None
    if owner is None or isinstance(owner, type | types.ModuleType):
        return reading.code(value).encode()
    # `mapping.get` of one mapping is another function than that of the next.
    return joined(b"bound", [value.__name__.encode(), reading.token(owner)])


def _stream(reading: Reading, value: Any) -> bytes:
    family = streams.family_of(type(value))
    assert family is not None
    state = reading.states[id(value)] if id(value) in reading.states else streams.state_of(value)
    tokens = [family.name.encode(), reading.token(state)]
    if type(value).__module__.partition(".")[0] not in ("random", "numpy"):
        tokens += [_class(reading, type(value)), reading.token(dict(getattr(value, "__dict__", {})))]
    return joined(b"stream", tokens)


def _recipe(reading: Reading, value: Any) -> bytes:
    return joined(type(value).__name__.encode(), [reading.token(value.__reduce__()[1])])


def _alias(reading: Reading, value: Any) -> bytes:
    return joined(
        b"alias", [reading.token(getattr(value, "__origin__", types.UnionType)), reading.token(value.__args__)]
    )


def _method(reading: Reading, value: types.MethodType) -> bytes:
    return joined(b"method", [reading.token(value.__func__), reading.token(value.__self__)])


def _partial(reading: Reading, value: functools.partial[Any]) -> bytes:
    return joined(b"partial", [reading.token(part) for part in (value.func, value.args, value.keywords)])


def _path(reading: Reading, value: pathlib.PurePath) -> bytes:
    # A folder counts by its name: a plain Path to one is more often where to write than what to read.
    content = reading.file(os.fspath(value)) if isinstance(value, pathlib.Path) and _is_file(value) else None
    if content is not None:
        return f"file:{content}".encode("utf-8", "surrogateescape")
    return f"path:{os.fspath(value)}".encode("utf-8", "surrogateescape")


def _is_file(path: pathlib.Path) -> bool:
    """Tell whether a file lies there; OSError where nobody can tell, which `Path.is_file` takes for no."""
    place: str | pathlib.Path = path
    try:
        place = absolute(path)
        return stat.S_ISREG(os.stat(place).st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the working folder may be gone, too
        if is_unfetched(place):
            # A file whose content counts, and is elsewhere: by its name alone it would be another one.
            raise FileNotFoundError(os.fspath(path)) from None
        return False


def _named_file(reading: Reading, value: NamedFile) -> bytes:
    content = reading.file(value.path)
    if content is None:
        raise FileNotFoundError(value.path)
    return f"file:{content}".encode("utf-8", "surrogateescape")


def _moment(reading: Reading, value: Any) -> bytes:
    zone = getattr(value, "tzinfo", None)
    return joined(_named(value).encode(), [_shown(value).encode(), b"%d" % value.fold, reading.token(zone)])


def _zone(reading: Reading, value: datetime.tzinfo) -> bytes:
    if isinstance(value, datetime.timezone):
        return _literal(reading, value)
    key = getattr(value, "key", None)
    if key is None and _is_standard(type(value)):
        raise Unfingerprintable(kind=f"{type(value).__name__} without a key")
    return f"zone:{_named(value)}:{key}".encode()


def _member(reading: Reading, value: enum.Enum) -> bytes:
    return joined(b"enum", [_class(reading, type(value)), str(value.name).encode(), reading.token(value.value)])


def _slice(reading: Reading, value: slice) -> bytes:
    return joined(b"slice", [reading.token(part) for part in (value.start, value.stop, value.step)])


def _pattern(reading: Reading, value: re.Pattern[Any]) -> bytes:
    return joined(b"pattern", [reading.token(value.pattern), b"%d" % value.flags])


def _array(reading: Reading, value: array.array[Any]) -> bytes:
    return joined(b"array", [value.typecode.encode(), reading.token(value.tolist())])


def _buffer(reading: Reading, value: bytearray | memoryview) -> bytes:
    form = value.format if isinstance(value, memoryview) else "B"
    shape = value.shape if isinstance(value, memoryview) else (len(value),)
    return joined(_named(value).encode(), [repr((form, shape)).encode(), bytes(value)])


_ENCODERS: tuple[tuple[Any, Encoder], ...] = (
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
    (array.array, _array),
    ((operator.itemgetter, operator.attrgetter, operator.methodcaller), _recipe),
    ((types.GenericAlias, types.UnionType), _alias),
    ((types.EllipsisType, types.NotImplementedType), _literal),
)


# Their encoders take in the class already.
_OF_CLASS = (enum.Enum, _CODE, types.MethodType, NamedFile)
