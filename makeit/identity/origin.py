"""Where code comes from: the user's own modules, or the standard library and installed distributions."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from types import CodeType, FunctionType, ModuleType
from typing import Any

_MAIN = ("__main__", "__mp_main__")
_DYNAMIC = "<dynamic-code>"
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def _standard() -> tuple[str, str]:
    """Return the folders of the standard library: what is written in Python, and what is compiled."""
    if os.name != "posix":
        import sysconfig

        return sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")
    # As sysconfig says, which reads for this how Python was built.
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return os.path.dirname(os.__file__), os.path.join(sys.exec_prefix, sys.platlibdir, version)


_STANDARD = tuple(
    folder + os.sep
    for path in _standard()
    for folder in {os.path.normcase(path), os.path.normcase(os.path.realpath(path))}
)


@functools.cache
def _is_library_file(file: str) -> bool:
    path = os.path.normcase(os.path.abspath(file))
    if _INSTALLED.intersection(path.split(os.sep)):
        return True
    return path.startswith(_STANDARD) or os.path.realpath(path).startswith(_STANDARD)


def _folder_of_package(namespace: Mapping[str, Any]) -> str | None:
    try:
        return next(iter(namespace.get("__path__", ())), None)
    except (TypeError, KeyError):  # a namespace package whose parent is gone
        return None


def is_library(namespace: Mapping[str, Any]) -> bool:
    """Tell whether a module's namespace belongs to the standard library, a distribution, or makeit."""
    name = namespace.get("__name__")
    if not isinstance(name, str) or name in _MAIN:
        return False
    top = name.partition(".")[0]
    if top == "makeit":
        return True
    file = namespace.get("__file__") or _folder_of_package(namespace)
    if isinstance(file, str):
        return _is_library_file(file)
    return top in sys.stdlib_module_names or top in sys.builtin_module_names


def is_library_name(name: object) -> bool:
    """Tell the same of a module known by name only; one that is not imported is taken for the user's."""
    module = sys.modules.get(name) if isinstance(name, str) else None
    if module is None:
        return isinstance(name, str) and name.partition(".")[0] in sys.stdlib_module_names
    return is_library(vars(module))


def is_user_module(value: object) -> bool:
    """Tell whether a value is a module of the user's own code."""
    return isinstance(value, ModuleType) and not is_library(vars(value))


def extension_file(name: object) -> str | None:
    """Return the file of the user's own compiled module of that name, if it is one."""
    module = sys.modules.get(name) if isinstance(name, str) else None
    if module is None or is_library(vars(module)):
        return None
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) and file.endswith(tuple(EXTENSION_SUFFIXES)) else None


def source_file(code: CodeType, namespace: Mapping[str, Any]) -> str:
    """Return the name of the file that code was written in.

    cloudpickle, from 3.1.3 on, takes it away from the functions of a script that it sends to workers; that of
    their module goes along.
    """
    file = namespace.get("__file__")
    return file if code.co_filename == _DYNAMIC and isinstance(file, str) else code.co_filename


def name_of_namespace(namespace: Mapping[str, Any]) -> str:
    """Return a module's name for people; `__main__` becomes the stem of the script."""
    name = namespace.get("__name__")
    if not isinstance(name, str):
        return "<exec>"
    if name not in _MAIN:
        return name
    file = namespace.get("__file__") or getattr(sys.modules.get(name), "__file__", None)
    return os.path.splitext(os.path.basename(file))[0] if isinstance(file, str) else "__main__"


def name_of_module(name: object) -> str:
    """Return the name for people of a module known by name."""
    module = sys.modules.get(name) if isinstance(name, str) else None
    return name_of_namespace(vars(module) if module is not None else {"__name__": name})


def module_name(obj: object) -> str:
    """Return the name of the module that defines `obj`; `__main__` becomes the script's stem."""
    if isinstance(obj, functools.partial):
        return module_name(obj.func)
    if isinstance(obj, FunctionType) and obj.__globals__.get("__name__") == obj.__module__:
        return name_of_namespace(obj.__globals__)
    name = getattr(obj, "__module__", None)
    return name_of_module(name if isinstance(name, str) else type(obj).__module__)


def qualified_name(obj: object) -> str:
    """Return `module.qualname` of a class, a function or a builtin."""
    own = getattr(obj, "__qualname__", None) or getattr(obj, "__name__", None)
    if not isinstance(own, str):
        return f"{module_name(type(obj))}.{type(obj).__qualname__}"
    return f"{module_name(obj)}.{own}"
