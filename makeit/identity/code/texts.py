"""One text of a source file, and the definition in it that compiles to a given code object."""

from __future__ import annotations
import __future__

import ast
import functools
import os
import threading
import warnings
from collections.abc import Iterator
from types import CodeType
from typing import TypeAlias

from makeit.identity.code import bytecode, syntax

Span: TypeAlias = tuple[tuple[int, int], tuple[int, int]]

_FUTURES = functools.reduce(
    lambda flags, name: flags | getattr(__future__, name).compiler_flag, __future__.all_feature_names, 0
)
# catch_warnings changes the state of the whole process, so only one thread at a time does it, and no fork happens
# meanwhile; a signal handler in the same thread may. Python 3.11 fails where two threads parse at the same moment.
COMPILING = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=COMPILING.acquire, after_in_parent=COMPILING.release, after_in_child=COMPILING.release)


class SourceText:
    """One text of one file, parsed and compiled when it is first asked for.

    No cached_property: in Python 3.11 it has a lock, which a forked child would inherit.
    """

    def __init__(self, filename: str, text: str) -> None:
        self.filename = filename
        self.text = text
        self._codes: dict[int, dict[str, list[CodeType]]] = {}
        self._tree: ast.Module | None = None
        self._classes: dict[str, ast.ClassDef] | None = None
        self._definitions: dict[tuple[str, int], list[syntax.Definition]] | None = None

    @property
    def tree(self) -> ast.Module:
        """The normalised tree, empty where the text is not Python."""
        if self._tree is None:
            self._tree = self._parsed()
        return self._tree

    def _parsed(self) -> ast.Module:
        try:
            with COMPILING, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return syntax.normalise(ast.parse(self.text, self.filename))
        except (SyntaxError, ValueError, RecursionError):
            return ast.Module(body=[], type_ignores=[])

    @property
    def _functions(self) -> dict[tuple[str, int], list[syntax.Definition]]:
        if self._definitions is None:
            self._definitions = self._listed()
        return self._definitions

    def _listed(self) -> dict[tuple[str, int], list[syntax.Definition]]:
        found: dict[tuple[str, int], list[syntax.Definition]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                found.setdefault((_name(node), first_line(node)), []).append(node)
        return found

    @property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The class definitions by qualified name; of several, the last one."""
        if self._classes is None:
            self._classes = self._listed_classes()
        return self._classes

    def _listed_classes(self) -> dict[str, ast.ClassDef]:
        found: dict[str, ast.ClassDef] = {}
        stack: list[tuple[ast.AST, str]] = [(self.tree, "")]
        while stack:
            node, prefix = stack.pop(0)
            if isinstance(node, ast.ClassDef):
                found[prefix + node.name] = node
                prefix += f"{node.name}."
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                prefix += f"{node.name}.<locals>."
            stack.extend((child, prefix) for child in ast.iter_child_nodes(node))
        return found

    def find(self, code: CodeType) -> syntax.Definition | None:
        """Return the definition that compiles to `code`, wherever it stands in the text now."""
        wanted = bytecode.exact(code)
        codes = self._compiled(code.co_flags & _FUTURES).get(code.co_qualname, ())
        for candidate in sorted(codes, key=lambda other: _distance(other, code)):
            if bytecode.exact(candidate) == wanted:
                return self._definition(candidate)
        return None

    def _definition(self, code: CodeType) -> syntax.Definition | None:
        nodes = self._functions.get((code.co_name, code.co_firstlineno), [])
        return nodes[0] if len(nodes) == 1 else _innermost(nodes, code)

    def _compiled(self, flags: int) -> dict[str, list[CodeType]]:
        if flags not in self._codes:
            found: dict[str, list[CodeType]] = {}
            for code in _all_codes(self._module_code(flags)):
                found.setdefault(code.co_qualname, []).append(code)
            self._codes[flags] = found
        return self._codes[flags]

    def _module_code(self, flags: int) -> CodeType | None:
        # A notebook cell may await at its top level.
        for more in (0, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
            try:
                with COMPILING, warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    code: CodeType = compile(self.text, self.filename, "exec", flags | more, dont_inherit=True)
                    return code
            except (SyntaxError, ValueError, RecursionError):
                continue
        return None


def _name(node: syntax.Definition) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def first_line(node: syntax.Definition) -> int:
    """Return the line where the code object of a definition begins: that of its first decorator."""
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def piece_of(node: syntax.Definition, code: CodeType) -> tuple[int, frozenset[str], str, str]:
    """Return of a definition its line, the names that it mentions, and its text, for people and as it counts."""
    # `def` stands below its decorators, where the code object begins.
    line = code.co_firstlineno + node.lineno - first_line(node)
    node = syntax.bare(node)
    return line, syntax.names_in(node), syntax.readable(node), syntax.canonical(node)


def _all_codes(code: CodeType | None) -> Iterator[CodeType]:
    stack = [] if code is None else [code]
    while stack:
        code = stack.pop()
        yield code
        stack.extend(item for item in code.co_consts if isinstance(item, CodeType))


def _distance(candidate: CodeType, code: CodeType) -> tuple[int, bool]:
    lines = abs(candidate.co_firstlineno - code.co_firstlineno)
    return lines, bool(lines) or list(candidate.co_positions()) != list(code.co_positions())


def _innermost(nodes: list[syntax.Definition], code: CodeType) -> syntax.Definition | None:
    """Of several lambdas that begin on one line, return the one whose body holds all positions of `code`."""
    span = _span(code)
    if span is None:
        return None
    fitting = [(body, node) for node in nodes for body in [_body(node)] if body[0] <= span[0] and span[1] <= body[1]]
    return max(fitting, key=lambda pair: pair[0][0], default=(None, None))[1]


def _body(node: syntax.Definition) -> Span:
    first = node.body if isinstance(node, ast.Lambda) else node.body[0]
    last = node.body if isinstance(node, ast.Lambda) else node.body[-1]
    return (first.lineno, first.col_offset), (last.end_lineno or 0, last.end_col_offset or 0)


def _span(code: CodeType) -> Span | None:
    found = [
        ((line, column), (end_line, end_column))
        for line, end_line, column, end_column in code.co_positions()
        if None not in (line, end_line, column, end_column) and (line, column) != (end_line, end_column)
    ]
    if not found:  # `-X no_debug_ranges`
        return None
    return min(start for start, _ in found), max(end for _, end in found)  # type: ignore[return-value]
