"""A module executed statement by statement, as far as it can be while no made function may be called."""

from __future__ import annotations

import ast
import os
import sys
from types import ModuleType

from attrs import field

from makeit.attributes import define, frozen
from makeit.recipe import OnlyAsked

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_WANTED, _FAILED = "<wanted>", "<failed>"


@frozen(eq=False)
class Executed:
    """A module, the names that were left out of it, and what was the matter."""

    module: ModuleType
    missing: frozenset[str] = frozenset()
    trouble: str = ""


def execute(module: ModuleType, tree: ast.Module, file: str) -> Executed:
    """Execute a module; a statement that fails is left out, and named."""
    steps = _Steps(list(tree.body), os.path.basename(file))
    # All at once, as an import compiles it: what a compiler makes of a function depends on the imports beside it.
    tree.body = [_attempt(number, step) for number, step in enumerate(tree.body)]
    names = vars(module)
    names.update({_WANTED: steps.wanted, _FAILED: steps.failed})
    try:
        exec(compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True), names)
    finally:
        del names[_WANTED], names[_FAILED]
    return Executed(module, frozenset(steps.missing), steps.trouble)


def _attempt(number: int, statement: ast.stmt) -> ast.stmt:
    """Wrap a statement: `if wanted(number): try: statement, except BaseException: failed(number)`."""
    if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
        return statement
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return statement
    wanted, failed = (ast.Call(ast.Name(name, ast.Load()), [ast.Constant(number)], []) for name in (_WANTED, _FAILED))
    handler = ast.ExceptHandler(ast.Name("BaseException", ast.Load()), None, [ast.Expr(failed)])
    return ast.copy_location(ast.If(wanted, [ast.Try([statement], [handler], [], [])], []), statement)


@define(eq=False)
class _Steps:
    """The statements of a module while it is executed: which are wanted, and what was left out."""

    statements: list[ast.stmt]
    file: str
    missing: set[str] = field(factory=set)
    trouble: str = ""
    called: bool = False

    def wanted(self, number: int) -> bool:
        """Tell whether a statement is to be executed: after a made function was called, definitions alone."""
        wanted = not self.called or isinstance(self.statements[number], _DEFINITIONS)
        if not wanted:
            self.missing |= _bound(self.statements[number])
        return wanted

    def failed(self, number: int) -> None:
        """Note that a statement raised; what interrupts the program itself goes on."""
        error = sys.exception()
        assert error is not None
        if isinstance(error, KeyboardInterrupt | GeneratorExit):
            raise error
        statement = self.statements[number]
        self.called = self.called or isinstance(error, OnlyAsked)
        self.missing |= _bound(statement)
        self.trouble = self.trouble or f"line {statement.lineno} of {self.file}: {said(error)}"


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement would have given a meaning."""
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
    return names


def said(error: BaseException) -> str:
    """Return what an exception says."""
    return f"{type(error).__name__}: {error}" if not isinstance(error, OnlyAsked) else str(error)
