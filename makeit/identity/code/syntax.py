"""Source code as it counts: a syntax tree without comments, docstrings, annotations and positions."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import TypeAlias

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = ("body", "orelse", "finalbody")
# `ctx` follows from where a node stands, `kind` is the u of u"text"; the others are annotations.
_IGNORED = frozenset({"ctx", "kind", "type_comment", "annotation", "returns", "type_params", "type_ignores"})


def normalise(tree: ast.Module) -> ast.Module:
    """Strip a module's tree in place of all that does not count, and return it."""
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, fields = stack.pop()
        fields = _reads_annotations(node) if isinstance(node, ast.ClassDef) else fields
        fields = False if isinstance(node, _FUNCTIONS) else fields
        for block in _BLOCKS:
            statements = getattr(node, block, None)
            if isinstance(statements, list):
                setattr(node, block, _block(statements, fields, block))
        if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            _strip_signature(node)
        stack.extend((child, fields) for child in ast.iter_child_nodes(node))
    return tree


def _reads_annotations(node: ast.ClassDef) -> bool:
    """Decorators, bases and metaclasses (dataclass, attrs, pydantic) read the annotations of fields."""
    return bool(node.decorator_list or node.bases or node.keywords)


def _block(statements: list[ast.stmt], fields: bool, block: str) -> list[ast.stmt]:
    kept = [new for old in statements for new in _statement(old, fields)]
    return kept or ([ast.Pass()] if block == "body" else [])


def _statement(node: ast.stmt, fields: bool) -> list[ast.stmt]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return []
    if isinstance(node, ast.AnnAssign) and not fields:
        if node.value is None:
            return []
        return [ast.copy_location(ast.Assign([node.target], node.value), node)]
    return [node]


def _strip_signature(node: Definition) -> None:
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    for star in (arguments.vararg, arguments.kwarg):
        if star is not None:
            star.annotation = None
    if not isinstance(node, ast.Lambda):
        node.returns = None
        if hasattr(node, "type_params"):
            node.type_params = []


def bare(node: Definition) -> Definition:
    """Return a definition without its own decorators and defaults: those count as the objects they made."""
    node = copy.copy(node)
    node.args = copy.copy(node.args)
    node.args.defaults = []
    node.args.kw_defaults = [None] * len(node.args.kwonlyargs)
    if not isinstance(node, ast.Lambda):
        node.decorator_list = []
    return node


def canonical(node: ast.AST) -> str:
    """Return one line of text that is equal for equal trees, whatever the version of Python.

    It does not recurse: a chain of a thousand operators is a deep tree.
    """
    out: list[str] = []
    stack: list[object] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            out.append(item)
        else:
            stack.extend(reversed(list(_pieces(item))))
    return "".join(out)


def _pieces(item: object) -> Iterator[object]:
    if isinstance(item, list):
        yield "["
        for element in item:
            yield element if isinstance(element, ast.AST) else _literal(element)
            yield ","
        yield "]"
    elif isinstance(item, ast.AST):
        yield f"{type(item).__name__}("
        for name, value in ast.iter_fields(item):
            if not _is_annotation(item, name) and value is not None and value != []:
                yield f"{name}="
                yield value if isinstance(value, ast.AST | list) else _literal(value)
                yield ";"
        if isinstance(item, ast.Constant) and item.value is None:
            yield "None"
        yield ")"


def _is_annotation(node: ast.AST, name: str) -> bool:
    # The annotation of a field is what AnnAssign is kept for.
    return name in _IGNORED and not (name == "annotation" and isinstance(node, ast.AnnAssign))


def _literal(value: object) -> str:
    # hex, because Python refuses to write integers of more than 4300 digits in decimal
    return hex(value) if isinstance(value, int) and not isinstance(value, bool) else ascii(value)


def readable(node: ast.AST) -> str:
    """Return the source of a normalised tree, for people."""
    try:
        return ast.unparse(ast.fix_missing_locations(node) if isinstance(node, ast.Module) else node)
    except (RecursionError, ValueError):
        return f"<{type(node).__name__} too deep to show>"


def names_in(node: ast.AST) -> frozenset[str]:
    """Return every variable name that a tree mentions."""
    return frozenset(child.id for child in ast.walk(node) if isinstance(child, ast.Name))
