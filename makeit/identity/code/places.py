"""Where a captured value is written down: the file and line of a constant, an attribute or a default."""

from __future__ import annotations

import ast
import linecache
import sys
from types import ModuleType

from makeit.identity.code.texts import COMPILING


def place_of(name: str) -> tuple[str, int] | None:
    """Return file and line of a code part named `module.NAME` or `module.Class.NAME`; None where unknown."""
    parts = name.split("#")[0].split(".")
    for count in range(len(parts) - 1, 0, -1):
        module = _module(".".join(parts[:count]))
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            line = _line("".join(linecache.getlines(file)), parts[count:])
            return (file, line) if line else None
    return None


def _module(name: str) -> ModuleType | None:
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None) or ""
    stem = file.replace("\\", "/").rpartition("/")[2].removesuffix(".py")
    return sys.modules.get(name) or (main if name == stem else None)


def _line(source: str, path: list[str]) -> int | None:
    try:
        with COMPILING:
            node: ast.AST = ast.parse(source)
    except SyntaxError:  # edited since it was loaded, and not finished
        return None
    found = None
    for name in path:
        inner = next((child for child in ast.iter_child_nodes(node) if _defines(child, name)), None)
        if inner is None:
            break
        node, found = inner, getattr(inner, "lineno", None)
    return found


def _defines(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name == name
    if isinstance(node, ast.Assign):
        return any(isinstance(item, ast.Name) and item.id == name for t in node.targets for item in ast.walk(t))
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name
