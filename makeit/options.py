"""What `make(...)` was told about one function, checked once, at decoration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from attrs import field

from makeit.attributes import frozen
from makeit.errors import ArgumentError
from makeit.formats import tree

if TYPE_CHECKING:
    from pathlib import Path

Force = bool | Literal["rerun", "reload"]
Guard = Literal["freeze", "verify", "trust"]
Foreign = Literal["refuse", "adopt", "replace"]


def _one_of(*allowed: Any) -> Any:
    def check(instance: Any, attribute: Any, value: Any) -> None:
        if not any(value is item or (isinstance(item, str) and value == item) for item in allowed):
            names = ", ".join(map(repr, allowed))
            raise ArgumentError(
                f"{attribute.name}={value!r} is not understood; it is one of {names}", name=attribute.name
            )

    return check


def _positive(instance: Any, attribute: Any, value: int | None) -> None:
    if value is not None and (type(value) is not int or value < 1):
        raise ArgumentError(
            f"keep={value!r} is not understood; it is how many results to keep, 1 or more, or None for all",
            name="keep",
        )


def _patience(instance: Any, attribute: Any, value: bool | float) -> None:
    if type(value) is not bool and (type(value) not in (int, float) or not value > 0):
        raise ArgumentError(
            f"once={value!r} is not understood; it is True, False, or how many seconds to wait for another caller "
            "that is running the same call",
            name="once",
        )


def _names(given: str | Iterable[str]) -> frozenset[str]:
    return frozenset([given] if isinstance(given, str) else given)


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple | list | set | frozenset) else (given,)


@frozen(eq=False, kw_only=True)
class Options:
    """The options of one made function; `output` as a tree of leaves."""

    output: tree.Node = field(converter=tree.parse)
    cachedir: str | Path | None = None
    debug: bool = False
    name: str | None = None
    force: Force = field(default=False, validator=_one_of(False, True, "rerun", "reload"))
    keep: int | None = field(default=1, validator=_positive)
    guard: Guard = field(default="freeze", validator=_one_of("freeze", "verify", "trust"))
    foreign: Foreign = field(default="refuse", validator=_one_of("refuse", "adopt", "replace"))
    ignore: frozenset[str] = field(default=frozenset(), converter=_names)
    depends: tuple[Any, ...] = field(default=(), converter=_several)
    version: str | int | None = None
    strict: bool = False
    once: bool | float = field(default=False, validator=_patience)
