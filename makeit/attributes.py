"""The attrs classes of the kernel: as attrs defines them, but shown, compared and hashed by methods that all share.

To compile a `__repr__`, `__eq__` and `__hash__` of its own for each class would take as long as all the rest of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from attrs import define, frozen
else:

    def frozen(kind: type | None = None, **options: Any) -> Any:
        """Make a frozen attrs class."""
        return _made(attrs.frozen, kind, options)

    def define(kind: type | None = None, **options: Any) -> Any:
        """Make an attrs class."""
        return _made(attrs.define, kind, options)


__all__ = ["define", "frozen"]


def _made(make: Any, kind: Any, options: dict[str, Any]) -> Any:
    if kind is None:
        return lambda later: _made(make, later, options)
    if "__repr__" not in vars(kind):
        kind.__repr__ = _shown
    if options.get("eq", True) and "__eq__" not in vars(kind):
        kind.__eq__, kind.__hash__ = _is_equal, _hashed if make is attrs.frozen else None
    return make(kind, **{**options, "repr": False, "eq": False})


def _shown(instance: attrs.AttrsInstance) -> str:
    fields = (f"{field.name}={getattr(instance, field.name)!r}" for field in attrs.fields(type(instance)) if field.repr)
    return f"{type(instance).__qualname__.rpartition('>.')[2]}({', '.join(fields)})"


def _is_equal(instance: attrs.AttrsInstance, other: object) -> Any:
    if type(other) is not type(instance):
        return NotImplemented
    names = [field.name for field in attrs.fields(type(instance)) if field.eq]
    return all(getattr(instance, name) == getattr(other, name) for name in names)


def _hashed(instance: attrs.AttrsInstance) -> int:
    kind = type(instance)
    return hash((kind, *[getattr(instance, field.name) for field in attrs.fields(kind) if field.eq]))
