"""Binding: from a callable and what it is called with to named arguments with defaults applied."""

from __future__ import annotations

import builtins
import functools
import inspect
import os
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias

from makeit.errors import ArgumentError

_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


class FileMark:
    """The mark of an annotation whose arguments count by the content of the file they name."""

    def __repr__(self) -> str:
        return "File"


#: Annotate a parameter with `File`, and a str or path given for it counts by name and content.
File: TypeAlias = Annotated[str | os.PathLike[str], FileMark()]


class Binding:
    """How calls of one callable are bound: partials, bound methods and callable objects are taken apart.

    `function` is what lies underneath; what a partial or a bound method brings along becomes
    arguments like any other, so `make(func=obj.method)(x)` counts `self` by content.
    """

    def __init__(self, target: Callable[..., Any]) -> None:
        self.function, self._args, self._kwargs = taken_apart(target)
        self._layers = _layers(self.function)
        self._files: frozenset[str] | None = None
        self._look()
        self.names = tuple(self.signature.parameters)
        parameters = self.signature.parameters.values()
        self.variadic = frozenset(p.name for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD))

    def _look(self) -> None:
        """Look at the signature, with the defaults as they are now."""
        self._seen = tuple((layer, layer.__defaults__, _keyword_defaults(layer)) for layer in self._layers)
        try:
            self.signature = inspect.signature(self.function)
        except ValueError:
            # Some builtins have no signature that Python can see.
            self.signature = inspect.Signature(
                [
                    inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
                    inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
                ]
            )
        parameters = self.signature.parameters.values()
        self._plain = all(p.kind is _POSITIONAL for p in parameters)
        self._defaults = {p.name: p.default for p in parameters if p.default is not p.empty}

    def in_place(self) -> bool:
        """Tell whether the defaults still are the objects that they were: functions can be given others."""
        for layer, defaults, keywords in self._seen:
            if layer.__defaults__ is not defaults:
                return False
            now = layer.__kwdefaults__
            if (keywords or now) and not _are_same(keywords, now or {}):
                return False
        return True

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments by name with defaults applied; TypeError as the function itself would raise it."""
        if not self.in_place():
            self._look()
        if self._args:
            args = self._args + args
        if self._kwargs:
            kwargs = {**self._kwargs, **kwargs}
        if self._plain and len(args) <= len(self.names):
            bound = dict(zip(self.names, args, strict=False))
            if not kwargs or (kwargs.keys().isdisjoint(bound) and set(self.names).issuperset(kwargs)):
                found = {**self._defaults, **bound, **kwargs}
                if len(found) == len(self.names):
                    # In the order of the signature, however they were given.
                    return {name: found[name] for name in self.names}
        return self._bind_slowly(args, kwargs)

    def _bind_slowly(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        try:
            bound = self.signature.bind(*args, **kwargs)
            bound.apply_defaults()
            missing = next((name for name in self.names if name not in bound.arguments), None)
            if missing is not None:  # Python 3.13.0 takes one by name where it goes by position alone
                raise TypeError(f"missing a required argument: {missing!r}")
        except TypeError as error:
            name = getattr(self.function, "__qualname__", repr(self.function))
            raise TypeError(f"{name}(): {error}") from None
        return dict(bound.arguments)

    def left_out(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> frozenset[str]:
        """Return the names of the arguments of a call that have their default values because nobody gave them."""
        given = {*self.names[: len(self._args) + len(args)], *self._kwargs, *kwargs}
        return frozenset(self._defaults) - given

    def default(self, name: str) -> Any:
        """Return the default value of a parameter that has one; KeyError for any other."""
        return self._defaults[name]

    @property
    def files(self) -> frozenset[str]:
        """Names of the parameters annotated `File`, on its own or inside a container or union."""
        # No cached_property: in Python 3.11 it has a lock, which a forked child would inherit.
        if self._files is None:
            self._files = self._marked()
        return self._files

    def _marked(self) -> frozenset[str]:
        function = inspect.unwrap(self.function)
        annotations = getattr(function, "__annotations__", {})
        known = getattr(function, "__globals__", {})
        if all(_is_class(hint, known) for hint in annotations.values()):
            return frozenset()
        try:
            hints = typing.get_type_hints(function, include_extras=True)
        except Exception:  # an annotation may name what is imported for type checkers alone
            hints = {name: _evaluated(hint, self.function) for name, hint in annotations.items()}
        return frozenset(name for name, hint in hints.items() if name in self.names and _is_marked(hint))


def refuse_generator(function: Callable[..., Any]) -> None:
    """Raise ArgumentError for a generator function: what it yields cannot be kept in a file."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        name = getattr(function, "__qualname__", repr(function))
        raise ArgumentError(
            f"{name} is a generator function, whose values are gone once they are read; "
            f"return a list instead of yielding, or decorate a function that returns list({name}(...))",
            name=name,
        )


def taken_apart(target: Callable[..., Any]) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """Return what lies underneath a callable, and the arguments that it brings along."""
    if isinstance(target, functools.partial):
        function, args, kwargs = taken_apart(target.func)
        return function, args + target.args, {**kwargs, **target.keywords}
    if isinstance(target, types.MethodType):
        function, args, kwargs = taken_apart(target.__func__)
        return function, (target.__self__, *args), kwargs
    if isinstance(target, types.FunctionType | types.BuiltinFunctionType | type):
        return target, (), {}
    method = getattr(target, "__call__", None)  # noqa: B004 - the method itself is wanted
    if isinstance(method, types.MethodType) and not hasattr(target, "__wrapped__"):
        return method.__func__, (target,), {}
    return target, (), {}


def _layers(function: Any) -> tuple[types.FunctionType, ...]:
    """Return a function and those that it wraps, whose signature it shows."""
    found: list[Any] = []
    while function is not None and all(function is not other for other in found):
        found.append(function)
        function = getattr(function, "__wrapped__", None)
    return tuple(layer for layer in found if isinstance(layer, types.FunctionType))


def _keyword_defaults(function: types.FunctionType) -> dict[str, Any]:
    return dict(function.__kwdefaults__ or {})


def _are_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return len(one) == len(other) and all(other.get(name, one) is value for name, value in one.items())


def _is_class(hint: Any, known: Mapping[str, Any]) -> bool:
    """Tell whether an annotation is a class, or the name of one: then it is quickly known to hold no mark."""
    if isinstance(hint, str):
        if hint == "None":
            return True
        first, _, rest = hint.partition(".")
        found = known.get(first, getattr(builtins, first, hint))
        # As in np.ndarray; nothing is looked up that would import something.
        hint = found if not rest else vars(found).get(rest, hint) if type(found) is types.ModuleType else hint
    return hint is None or type(hint) is type


def _evaluated(hint: Any, function: Callable[..., Any]) -> Any:
    if not isinstance(hint, str):
        return hint
    try:
        return eval(hint, getattr(inspect.unwrap(function), "__globals__", {}))
    except Exception:  # see above: such an annotation says nothing about files
        return None


def _is_marked(hint: Any) -> bool:
    if any(isinstance(mark, FileMark) for mark in getattr(hint, "__metadata__", ())):
        return True
    return any(_is_marked(part) for part in typing.get_args(hint))
