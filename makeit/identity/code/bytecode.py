"""Code objects compared and described without their positions: the fall-back where there is no source."""

from __future__ import annotations

import dis
import sys
from types import CodeType
from typing import Any, TypeAlias

Shape: TypeAlias = tuple[Any, ...]

SCHEME = f"bytecode/{sys.version_info.major}.{sys.version_info.minor}"
_HAS_CONSTANT = frozenset(dis.hasconst)


def exact(code: CodeType) -> Shape:
    """Return all of a code object except its positions and file; equal for code that does the same."""
    constants = tuple(_constant(value, exact) for value in code.co_consts)
    return (*_signature(code), code.co_flags, code.co_code, code.co_exceptiontable, constants)


def described(code: CodeType) -> Shape:
    """Return the same, but without docstrings: only constants that an instruction uses."""
    steps = tuple((step.opname, _operand(step, code)) for step in dis.get_instructions(code))
    return (*_signature(code), steps, code.co_exceptiontable)


def summary(code: CodeType) -> str:
    """Describe a code object in one line, for people."""
    constants = [value for value in code.co_consts if isinstance(value, int | float | str | bytes)]
    return f"{code.co_qualname}: no source; names {list(code.co_names)}, constants {constants}"[:400]


def _signature(code: CodeType) -> Shape:
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    return (code.co_name, counts, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)


def _operand(step: dis.Instruction, code: CodeType) -> object:
    if step.opcode in _HAS_CONSTANT and step.arg is not None:
        return _constant(code.co_consts[step.arg], described)
    return step.arg


def _constant(value: object, of_code: Any) -> Shape:
    """Return a constant with its type: 1, 1.0 and True are equal, and so are 0.0 and -0.0."""
    if isinstance(value, CodeType):
        return ("code", of_code(value))
    if isinstance(value, tuple):
        return ("tuple", *(_constant(item, of_code) for item in value))
    if isinstance(value, frozenset):  # its order follows the hash seed
        return ("frozenset", *sorted((_constant(item, of_code) for item in value), key=ascii))
    if type(value) is int:
        return ("int", hex(value))
    return (type(value).__name__, ascii(value))
