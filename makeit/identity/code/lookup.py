"""Follow a chain of names to the object it means: globals, modules, closure cells, local imports."""

from __future__ import annotations

import builtins
import importlib
import sys
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from makeit.identity import origin
from makeit.identity.code.references import Chain, Imported, References
from makeit.identity.code.watches import MISSING, Watches

# They say where a module lies and how it was started, and never what it computes.
_IGNORED = frozenset(
    [
        "__name__",
        "__file__",
        "__doc__",
        "__package__",
        "__spec__",
        "__loader__",
        "__builtins__",
        "__annotations__",
        "__path__",
        "__cached__",
        "__conditional_annotations__",
        "__debug__",
    ]
)


class Found(NamedTuple):
    """The object that a chain leads to, the name it has there, and the attributes that were not read."""

    value: object
    owner: str
    name: str
    label: str
    rest: tuple[str, ...] = ()
    passed: tuple[tuple[str, ModuleType], ...] = ()


class Lookup:
    """Looks names up and leaves a watch on each step."""

    def __init__(self, watches: Watches) -> None:
        self._watches = watches

    def find(self, function: FunctionType, chain: Chain, references: References) -> Found | None:
        """Return what a chain leads to; None for builtins, missing names and what counts elsewhere."""
        value = self._root(function, chain, references)
        owner, name, label = origin.name_of_namespace(function.__globals__), chain.root, chain.root
        attributes, passed = list(chain.attributes), []
        while isinstance(value, ModuleType) and origin.is_user_module(value):
            passed.append((label, value))
            if not attributes:
                break
            owner, name = origin.name_of_namespace(vars(value)), attributes.pop(0)
            label = f"{label}.{name}"
            value = self.attribute(value, name)
        if value is MISSING:
            return None
        return Found(value, owner, name, label, tuple(attributes), tuple(passed))

    def attribute(self, module: ModuleType, name: str) -> object:
        """Return an attribute of a user module; a submodule is imported where it has to be."""
        value = self._watches.binding(vars(module), name)
        if value is MISSING and hasattr(module, "__path__"):
            value = self._module(f"{module.__name__}.{name}")
        if value is MISSING:  # a module may make its attributes on demand: then the function that does it counts
            value = self._watches.binding(vars(module), "__getattr__")
        return value

    def _root(self, function: FunctionType, chain: Chain, references: References) -> object:
        if not chain.local:
            return self._global(function.__globals__, chain.root)
        if chain.root in references.imports:
            return self._imported(function.__globals__, references.imports[chain.root])
        cell = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)).get(chain.root)
        value = MISSING if cell is None else self._watches.cell(cell)
        return value if origin.is_user_module(value) else MISSING  # all else counts as a captured value

    def _global(self, namespace: dict[str, Any], name: str) -> object:
        if name in _IGNORED:
            return MISSING
        # A builtin is missing here, and noticed when a global hides it later.
        return self._watches.binding(namespace, name)

    def _imported(self, namespace: dict[str, Any], imported: Imported) -> object:
        name = _absolute(namespace, imported)
        module = MISSING if name is None else self._module(name)
        if imported.name is None or not isinstance(module, ModuleType):
            return module
        return self.attribute(module, imported.name) if origin.is_user_module(module) else MISSING

    def _module(self, name: str) -> object:
        if name not in sys.modules and _is_users(name):
            try:
                importlib.import_module(name)
            except Exception:  # the user's module may fail in any way; the function will meet the same failure
                return MISSING
        return self._watches.binding(sys.modules, name)


def is_builtin(function: FunctionType, name: str) -> bool:
    """Tell whether a function means Python's own object by a name."""
    return name not in function.__globals__ and hasattr(builtins, name)


def _absolute(namespace: dict[str, Any], imported: Imported) -> str | None:
    import importlib.util

    package = namespace.get("__package__") or ""
    try:
        return importlib.util.resolve_name("." * imported.level + imported.module, package)
    except ImportError:
        return None


def _is_users(name: str) -> bool:
    """Tell whether a module that is not imported yet belongs to the user, without running it."""
    import importlib.util

    top, _, rest = name.partition(".")
    try:
        spec = importlib.util.find_spec(top)
        if spec is None or (rest and spec.submodule_search_locations is None):
            return False
    except (ImportError, ValueError):
        return False
    namespace = {"__name__": top, "__file__": spec.origin, "__path__": spec.submodule_search_locations or ()}
    return not origin.is_library(namespace)
