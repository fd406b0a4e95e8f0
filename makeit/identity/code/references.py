"""What a code object refers to: names with their attributes, local imports, and what cannot be followed."""

from __future__ import annotations

from typing import Any, NamedTuple, Self


class Chain(NamedTuple):
    """A name and the attributes read from it: `helpers.sub.f`; `bare` when the object is used whole."""

    root: str
    attributes: tuple[str, ...]
    line: int
    bare: bool
    local: bool = False


class Imported(NamedTuple):
    """What a local name stands for after an import inside a function."""

    module: str
    level: int
    name: str | None = None


class References(NamedTuple):
    """All that one function refers to, the functions nested in it included."""

    chains: tuple[Chain, ...]
    imports: dict[str, Imported]
    dynamic: tuple[tuple[str, str, int], ...]

    def plain(self) -> tuple[Any, ...]:
        """Return the same in built-in types."""
        imports = {name: tuple(found) for name, found in self.imports.items()}
        return tuple(map(tuple, self.chains)), imports, self.dynamic

    @classmethod
    def of(cls, chains: Any, imports: Any, dynamic: Any) -> Self:
        """Return what `plain` was given of."""
        return cls(
            tuple(Chain(*chain) for chain in chains),
            {name: Imported(*found) for name, found in imports.items()},
            dynamic,
        )
