"""The attrs classes of the kernel: frozen and defined as attrs does, but shown by one method for all of them.

To compile a `__repr__` of its own for each class would take as long as all the rest of it.
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


def _made(make: Any, kind: type | None, options: dict[str, Any]) -> Any:
    if kind is None:
        return lambda later: _made(make, later, options)
    if "__repr__" not in vars(kind):
        kind.__repr__ = _shown  # type: ignore[method-assign, assignment]
    return make(kind, repr=False, **options)


def _shown(instance: attrs.AttrsInstance) -> str:
    fields = (f"{field.name}={getattr(instance, field.name)!r}" for field in attrs.fields(type(instance)) if field.repr)
    return f"{type(instance).__qualname__.rpartition('>.')[2]}({', '.join(fields)})"
