"""What the instructions of a code object refer to, read one by one."""

from __future__ import annotations

import dis
import re
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple

from makeit.identity.code.references import Chain, Imported, References

_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_STORE = frozenset({"STORE_FAST", "STORE_DEREF", "STORE_NAME", "STORE_GLOBAL"})
_LOCAL = re.compile("LOAD_(FAST|DEREF|CLASSDEREF|FROM_DICT_OR_DEREF)")
_PAIR = re.compile("(LOAD|STORE)_FAST(?:_BORROW)?_(LOAD|STORE)_FAST")
_DYNAMIC = frozenset({"globals", "eval", "exec", "__import__", "import_module"})


class _Step(NamedTuple):
    op: str
    name: object
    line: int
    raw: dis.Instruction


def references(code: CodeType) -> References:
    """Return what a function's code object refers to."""
    codes = [list(_steps(nested)) for nested in _nested(code)]
    imports = {name: origin for steps in codes for name, origin in _imports(steps)}
    chains = dict.fromkeys(chain for steps in codes for chain in _chains(steps, {*imports, *code.co_freevars}))
    dynamic = dict.fromkeys(found for steps in codes for found in _dynamic(steps))
    return References(tuple(chains), imports, tuple(dynamic))


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _steps(code: CodeType) -> Iterator[_Step]:
    line = code.co_firstlineno
    for raw in dis.get_instructions(code):
        line = (raw.positions.lineno if raw.positions else raw.starts_line) or line
        pair = _PAIR.fullmatch(raw.opname)  # Python 3.13 joins two instructions in one
        if pair and isinstance(raw.argval, tuple):
            for verb, name in zip(pair.groups(), raw.argval, strict=True):
                yield _Step(f"{verb}_FAST", name, line, raw)
        else:
            yield _Step(raw.opname, raw.argval, line, raw)


def _imports(steps: list[_Step]) -> Iterator[tuple[str, Imported]]:
    """Yield the local names that import statements bind."""
    module, level, several, name = "", 0, False, None
    for position, step in enumerate(steps):
        if step.op == "IMPORT_NAME":
            module, level = str(step.name), int(steps[position - 2].raw.argval or 0)
            several, name = bool(steps[position - 1].raw.argval), None
            # `import a.b` binds `a`, `import a.b as c` goes on with IMPORT_FROM
            if position + 1 < len(steps) and steps[position + 1].op in _STORE:
                yield str(steps[position + 1].name), Imported(_bound(module, steps[position + 1].name), level)
        elif step.op == "IMPORT_FROM":
            name = str(step.name)
        elif step.op in _STORE and name is not None:
            yield str(step.name), Imported(module, level, name if several else None)
            name = None


def _bound(module: str, name: object) -> str:
    top = module.partition(".")[0]
    return top if name == top else module


def _chains(steps: list[_Step], locals_: set[str]) -> Iterator[Chain]:
    for position, step in enumerate(steps):
        local = _LOCAL.match(step.op) is not None and step.name in locals_
        if local or step.op in _GLOBAL:
            attributes = _attributes(steps, position + 1)
            after = steps[position + 1 + len(attributes)].op if position + 1 + len(attributes) < len(steps) else ""
            bare = not attributes and after not in ("STORE_ATTR", "DELETE_ATTR")
            yield Chain(str(step.name), attributes, step.line, bare, local)


def _attributes(steps: list[_Step], start: int) -> tuple[str, ...]:
    names = []
    for step in steps[start:]:
        if step.op not in _ATTRIBUTE:
            break
        names.append(str(step.name))
    return tuple(names)


def _dynamic(steps: list[_Step]) -> Iterator[tuple[str, str, int]]:
    """Yield (name, sentence, line) of the calls that reach objects by a name known only when they run."""
    for position, step in enumerate(steps):
        if step.op in _GLOBAL and step.name == "getattr" and not _literal(steps, position):
            yield "getattr", "getattr with a computed name", step.line
        elif (step.op in _GLOBAL and step.name in _DYNAMIC) or step.name == "import_module":
            yield str(step.name), f"{step.name}()", step.line


def _literal(steps: list[_Step], position: int) -> bool:
    """Tell whether the second argument of the call to `getattr` at `position` is a constant.

    The stack is followed in a straight line; where an argument branches, the answer is no.
    """
    depth = 0
    starts: list[int] = []
    for index in range(position + 1, len(steps)):
        step = steps[index]
        if step.op in ("PRECALL", "CALL") and depth == len(starts) == step.raw.arg:
            ends = [*starts[2:], index]
            return len(starts) > 1 and steps[starts[1]].op == "LOAD_CONST" and ends[0] == starts[1] + 1
        if step.op == "PUSH_NULL" and index == position + 1:  # Python 3.13
            continue
        if depth == len(starts) and step.op.startswith("LOAD_") and step.op not in _ATTRIBUTE:
            starts.append(index)
        depth += _effect(step)
        del starts[max(depth, 0) :]
    return False


def _effect(step: _Step) -> int:
    if step.raw.opname != step.op:  # one half of a joined instruction
        return 1 if step.op.startswith("LOAD") else -1
    return dis.stack_effect(step.raw.opcode, step.raw.arg, jump=False)
