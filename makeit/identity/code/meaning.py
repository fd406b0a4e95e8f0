"""What an object means as part of code: a definition, a captured value, a name, or several of them."""

from __future__ import annotations

import enum
import functools
import io
import sys
import threading
import types
import typing
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, Protocol

from makeit.identity import origin
from makeit.identity.code.constants import annotation, is_constant, short
from makeit.identity.code.graph import Captured, Label, Target
from makeit.identity.code.watches import MISSING, Watches
from makeit.identity.unknown import Unfingerprintable

_LRU = type(functools.lru_cache(lambda: None))
_SINGLEDISPATCH = functools.singledispatch(lambda value: None).__code__  # type: ignore[attr-defined]
_BUILTINS = (
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)
_TYPING = (types.GenericAlias, types.UnionType, typing.TypeVar, typing.ParamSpec, typing.ForwardRef)
# They are never what a result depends on, or cannot be read without being used up.
_NOISE = (
    io.IOBase,
    types.GeneratorType,
    types.CoroutineType,
    types.FrameType,
    types.TracebackType,
    threading.Thread,
    threading.local,
    type(threading.Lock()),
    type(threading.RLock()),
    ContextVar,
)
# Under these names libraries keep the function that an object of theirs wraps: functools, numpy, numba.
_WRAPPED = ("__wrapped__", "func", "pyfunc", "py_func", "dispatcher")


def _is_logger(obj: object) -> bool:
    # Where nobody has imported logging, nothing is a logger; while another thread imports it, it may lack its classes.
    logging = sys.modules.get("logging")
    kinds = (getattr(logging, name, None) for name in ("Logger", "LoggerAdapter"))
    return isinstance(obj, tuple(kind for kind in kinds if kind is not None))


class Walk(Protocol):
    """What the walk through the graph offers here."""

    watches: Watches

    def node(self, obj: types.FunctionType | type) -> Target: ...
    def capture(self, value: Captured) -> Captured: ...
    def fingerprint(self, value: object, label: Label) -> str: ...
    def leave_out(self, sentence: str) -> None: ...


class Meaning:
    """Says what an object means, and hands what has to be walked on to the walk."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._open: set[int] = set()

    def of(self, obj: object, label: Label) -> Target:
        """Return what `obj`, met at `label`, means."""
        if isinstance(obj, types.FunctionType) and not origin.is_library(obj.__globals__):
            return self._walk.node(obj)
        if isinstance(obj, type):
            return self._class(obj, label)
        if id(obj) in self._open:
            return f"cycle to {type(obj).__qualname__}"
        self._open.add(id(obj))
        try:
            return self._composed(obj, label) or self._value(obj, label)
        finally:
            self._open.discard(id(obj))

    def _composed(self, obj: Any, label: Label) -> Target | None:
        kind = type(obj)
        if is_made(obj):
            return self.of(obj.__wrapped__, label)
        if isinstance(obj, functools.partial):
            return self._partial(obj, label)
        if kind is types.MethodType:
            return self._several("method", {"__func__": obj.__func__, "__self__": obj.__self__}, label)
        if kind is _LRU:
            return self._several("lru_cache", {"__wrapped__": vars(obj).get("__wrapped__")}, label)
        if kind in (staticmethod, classmethod):
            return self._several(kind.__name__, {"__func__": obj.__func__}, label)
        if kind is property:
            return self._several("property", {"fget": obj.fget, "fset": obj.fset, "fdel": obj.fdel}, label)
        if kind is functools.cached_property:
            return self._several("cached_property", {"func": obj.func}, label)
        return self._by_name(obj, label)

    def _by_name(self, obj: Any, label: Label) -> Target | None:
        if isinstance(obj, types.ModuleType):
            return self._module(obj, label)
        if isinstance(obj, types.FunctionType):
            return self._library_function(obj, label)
        if isinstance(obj, _BUILTINS):
            return self._builtin(obj, label)
        if isinstance(obj, _TYPING) or type(obj).__module__ == "typing":
            return annotation(obj)
        if callable(obj) and origin.extension_file(getattr(obj, "__module__", None)):
            return self._compiled(obj, origin.qualified_name(obj))
        if type(obj) is object:
            return "object()"
        if type(obj).__name__ == "ufunc" and not obj.__name__.endswith(" (vectorized)"):
            return f"ufunc {obj.__name__}"
        if isinstance(obj, _NOISE) or _is_logger(obj):
            return self._untracked(obj, label)
        return None

    def _several(self, head: str, members: dict[str, object], label: Label) -> Target:
        return head, tuple(self.of(value, label.sub(name)) for name, value in members.items() if value is not None)

    def _partial(self, obj: functools.partial[Any], label: Label) -> Target:
        arguments = {f"args[{index}]": value for index, value in enumerate(obj.args)}
        keywords = {f"keywords.{name}": self._walk.watches.binding(obj.keywords, name) for name in sorted(obj.keywords)}
        target = self._several("partial", {"func": obj.func, **arguments, **keywords}, label)
        return f"partial with {len(obj.args)} arguments and {sorted(obj.keywords)}", (target,)

    def _module(self, obj: types.ModuleType, label: Label) -> Target:
        if origin.is_user_module(obj):
            self._walk.leave_out(f"module {obj.__name__} used as an object in {label.place or label.full()}")
        return f"module {origin.name_of_namespace(vars(obj))}"

    def _class(self, cls: type, label: Label) -> Target:
        if not origin.is_library_name(cls.__module__) and origin.extension_file(cls.__module__) is None:
            return self._walk.node(cls)
        return self._compiled(cls, origin.qualified_name(cls))

    def _builtin(self, obj: Any, label: Label) -> Target:
        own = getattr(obj, "__self__", None)
        name = getattr(obj, "__qualname__", obj.__name__)
        if own is None or isinstance(own, types.ModuleType | type):
            return self._compiled(obj, origin.qualified_name(obj))
        return f"builtin {name}", (self.of(own, label.sub("__self__")),)

    def _compiled(self, obj: Any, name: str) -> Target:
        """Return the name of what has no code to look at; the user's own compiled module counts as a file."""
        file = origin.extension_file(getattr(obj, "__module__", None))
        if file is None:
            return name
        return name, (self._walk.capture(self.file(file, Label(module_of(obj), "", "module", ""))),)

    def file(self, path: str, label: Label) -> Captured:
        """Return a file as a captured value and watch its content."""
        return Captured(label, f"file/1:{self._walk.watches.file(path)}", path, "file", path)

    def _library_function(self, obj: types.FunctionType, label: Label) -> Target:
        """Return a library's function by name, with what of the user's is in its closure."""
        name = f"{origin.name_of_namespace(obj.__globals__)}.{obj.__code__.co_qualname}"
        if obj.__code__ is _SINGLEDISPATCH:
            registry = obj.registry.items()  # type: ignore[attr-defined]
            members = {origin.qualified_name(cls): function for cls, function in registry}
            return self._several(f"{name} for {sorted(members)}", dict(sorted(members.items())), label)
        targets = [self._library_cell(cell, label.sub(n)) for n, cell in _cells(obj)]
        wrapped = vars(obj).get("__wrapped__")
        if wrapped is not None:
            targets.append(self.of(wrapped, label.sub("__wrapped__")))
        return (name, tuple(targets)) if targets else name

    def _library_cell(self, cell: types.CellType, label: Label) -> Target:
        # What else a library keeps in its closure, such as a cache, may change with every call.
        value = self._walk.watches.cell(cell)
        if value is MISSING:
            return "empty"
        if is_constant(value) or callable(value):
            return self.of(value, label)
        return self._untracked(value, label)

    def _value(self, obj: object, label: Label) -> Target:
        cls = type(obj)
        users = not origin.is_library_name(cls.__module__)
        code = (self._walk.node(cls),) if users and not issubclass(cls, type) else ()
        try:
            fingerprint = self._walk.fingerprint(obj, label)
        except Unfingerprintable as error:
            return self._opaque(obj, label, code, error)
        captured = self._walk.capture(Captured(label, fingerprint, short(obj)))
        if not is_constant(obj) and not isinstance(obj, enum.Enum):
            self._walk.watches.contents.append((obj, fingerprint))
        return ("instance", (*code, captured)) if code else captured

    def _opaque(self, obj: object, label: Label, code: tuple[Target, ...], error: Unfingerprintable) -> Target:
        inside = vars(obj) if hasattr(obj, "__dict__") and not code else {}
        wrapped = {name: inside[name] for name in _WRAPPED if callable(inside.get(name))}
        if wrapped:
            return self._several(origin.qualified_name(type(obj)), wrapped, label)
        kind = type(obj).__qualname__
        self._walk.leave_out(label.sentence(f"{kind}: {error.path} {error.kind}" if error.path else kind))
        return (f"untracked {kind}", code) if code else f"untracked {kind}"

    def _untracked(self, obj: object, label: Label) -> Target:
        self._walk.leave_out(label.sentence(type(obj).__qualname__))
        return f"untracked {type(obj).__qualname__}"


def module_of(obj: object) -> str:
    """Return the name of an object's module for people."""
    return origin.name_of_module(getattr(obj, "__module__", None))


def is_made(obj: object) -> bool:
    """Tell whether an object is a made function, without importing the kernel."""
    return any(c.__module__ == "makeit.made" and c.__qualname__ == "MadeFunction" for c in type(obj).__mro__)


def unwrapped(obj: object) -> object:
    """Return the function inside partials, methods and made functions."""
    step: Callable[[Any], object] | None
    while True:
        step = next((take for test, take in _UNWRAP if test(obj)), None)
        if step is None:
            return obj
        obj = step(obj)


_UNWRAP: tuple[tuple[Callable[[object], bool], Callable[[Any], object]], ...] = (
    (is_made, lambda obj: obj.__wrapped__),
    (lambda obj: isinstance(obj, functools.partial), lambda obj: obj.func),
    (lambda obj: isinstance(obj, types.MethodType), lambda obj: obj.__func__),
    (lambda obj: type(obj) is _LRU, lambda obj: obj.__wrapped__),
)


def _cells(function: types.FunctionType) -> Iterable[tuple[str, types.CellType]]:
    return zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
