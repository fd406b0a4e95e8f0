"""Finds the class of a suite in a new interpreter, as pytest found it in the first one."""

from __future__ import annotations

import importlib
import importlib.util
import operator
import sys
import types
from pathlib import Path
from typing import Any

from makeit.testing.declaration import Declaration


def find_suite(file: str, module: str, name: str) -> Declaration:
    """Return an instance of the suite with a name in a module, which may be one that only pytest can import."""
    found: Any = operator.attrgetter(name)(_module(Path(file), module))
    return found()  # type: ignore[no-any-return]


def _module(file: Path, name: str) -> types.ModuleType:
    try:
        found = importlib.import_module(name)
        if Path(found.__file__ or "").resolve() == file.resolve():
            return found
    except ImportError:
        pass
    # pytest imports test files by their place; the packages above them need not be importable.
    parents = name.split(".")[:-1]
    for count in range(1, len(parents) + 1):
        _ensure_package(".".join(parents[:count]), file.parents[len(parents) - count])
    return _load(name, file)


def _ensure_package(name: str, folder: Path) -> None:
    known = sys.modules.get(name)
    if known is not None and str(folder) in map(str, getattr(known, "__path__", ())):
        return
    init = folder / "__init__.py"
    if init.exists():
        _load(name, init)
    else:
        sys.modules[name] = package = types.ModuleType(name)
        package.__path__ = [str(folder)]


def _load(name: str, file: Path) -> types.ModuleType:
    places = [str(file.parent)] if file.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=places)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
