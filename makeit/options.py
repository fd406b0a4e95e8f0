"""What `make(...)` was told about one function, checked once, at decoration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from makeit.errors import ArgumentError
from makeit.formats import tree

if TYPE_CHECKING:
    from pathlib import Path

Force = bool | Literal["rerun", "reload"]
Guard = Literal["freeze", "verify", "trust"]
Foreign = Literal["refuse", "adopt", "replace"]


def _one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    if not any(value is item or (isinstance(item, str) and value == item) for item in allowed):
        names = ", ".join(map(repr, allowed))
        raise ArgumentError(f"{name}={value!r} is not understood; it is one of {names}", name=name)
    return value


def _positive(value: int | None) -> int | None:
    if value is not None and (type(value) is not int or value < 1):
        raise ArgumentError(
            f"keep={value!r} is not understood; it is how many results to keep, 1 or more, or None for all",
            name="keep",
        )
    return value


def _patience(value: bool | float) -> bool | float:
    if type(value) is not bool and (type(value) not in (int, float) or not value > 0):
        raise ArgumentError(
            f"once={value!r} is not understood; it is True, False, or how many seconds to wait for another caller "
            "that is running the same call",
            name="once",
        )
    return value


def _names(given: str | Iterable[str]) -> frozenset[str]:
    return frozenset([given] if isinstance(given, str) else given)


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple | list | set | frozenset) else (given,)


class Options:
    """The options of one made function; `output` as a tree of leaves.

    No attrs class: a program that only imports and decorates does without attrs.
    """

    def __init__(
        self,
        *,
        output: Any,
        cachedir: str | Path | None = None,
        debug: bool = False,
        name: str | None = None,
        force: Force = False,
        keep: int | None = 1,
        guard: Guard = "freeze",
        foreign: Foreign = "refuse",
        ignore: str | Iterable[str] = (),
        depends: Any = (),
        version: str | int | None = None,
        strict: bool = False,
        once: bool | float = False,
    ) -> None:
        self.output: tree.Node = tree.parse(output)
        self.cachedir = cachedir
        self.debug = debug
        self.name = name
        self.force: Force = _one_of("force", force, (False, True, "rerun", "reload"))
        self.keep = _positive(keep)
        self.guard: Guard = _one_of("guard", guard, ("freeze", "verify", "trust"))
        self.foreign: Foreign = _one_of("foreign", foreign, ("refuse", "adopt", "replace"))
        self.ignore = _names(ignore)
        self.depends = _several(depends)
        self.version = version
        self.strict = strict
        self.once = _patience(once)
