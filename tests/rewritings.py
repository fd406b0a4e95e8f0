"""Rewritings of a module that leave its meaning: each takes the text and a number that says where."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

Rewrite: TypeAlias = Callable[[str, int], str]


def comment(text: str, where: int) -> str:
    return _insert(text, where, lambda indent: f"{indent}# note {where}")


def blank_lines(text: str, where: int) -> str:
    return _insert(text, where, lambda indent: "\n" * (1 + where % 3))


def end_of_line_comment(text: str, where: int) -> str:
    lines = text.split("\n")
    lines[where % len(lines)] += f"  # {where}"
    return "\n".join(lines)


def docstring(text: str, where: int) -> str:
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if re.match(r" *(def|class) .*:( *#.*)?$", line)]
    if starts:
        number = starts[where % len(starts)]
        following = next(line for line in lines[number + 1 :] if line.strip() and not line.strip().startswith("#"))
        lines.insert(number + 1, f'{_indent(following)}"""Say what: {where}."""')
    return "\n".join(lines)


def module_docstring(text: str, where: int) -> str:
    return f'"""All about {where}."""\n{text}'


def annotations(text: str, where: int) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = ast.Constant(f"Result{where}")
            for argument in (*node.args.args, *node.args.kwonlyargs):
                argument.annotation = ast.Constant(f"Kind{where}")
    return ast.unparse(tree) + "\n"


def annotated_constants(text: str, where: int) -> str:
    return re.sub(r"^([A-Z_]+) = ", r"\1: object = ", text, flags=re.MULTILINE)


def unparsed(text: str, where: int) -> str:
    return ast.unparse(ast.parse(text)) + "\n"


def parentheses(text: str, where: int) -> str:
    return re.sub(r"^( *)return ([^#\n]*[^#\r\n(])$", r"\1return (\n\1        \2\n\1)", text, flags=re.MULTILINE)


def narrow_indentation(text: str, where: int) -> str:
    text = ast.unparse(ast.parse(text)) + "\n"
    return re.sub(r"^( +)", lambda found: found[1][: len(found[1]) // 4 * (1 + where % 3)], text, flags=re.MULTILINE)


def order_of_functions(text: str, where: int) -> str:
    tree = ast.parse(text)
    places = [n for n, node in enumerate(tree.body) if isinstance(node, ast.FunctionDef) and not node.decorator_list]
    if places:
        shift = where % len(places)
        moved = [tree.body[place] for place in places[shift:] + places[:shift]]
        for place, node in zip(places, moved, strict=True):
            tree.body[place] = node
    return ast.unparse(tree) + "\n"


def function_to_the_end(text: str, where: int) -> str:
    tree = ast.parse(text)
    last = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.decorator_list]
    tree.body = [node for node in tree.body if node not in last] + last
    return ast.unparse(tree) + "\n"


def unused_import(text: str, where: int) -> str:
    return _before_definitions(text, f"import {('string', 'math', 'os.path')[where % 3]}")


def unused_function(text: str, where: int) -> str:
    return f"{text}\n\ndef extra_{where}(y):\n    return y * {where}\n"


def line_ends(text: str, where: int) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _before_definitions(text: str, line: str) -> str:
    found = re.search(r"^(@|def |class |[A-Z_]+\b.* = )", text, flags=re.MULTILINE)
    return text if found is None else f"{text[: found.start()]}{line}\n{text[found.start() :]}"


def _insert(text: str, where: int, line: Callable[[str], str]) -> str:
    lines = text.split("\n")
    number = where % len(lines)
    lines.insert(number, line(_indent(lines[number])))
    return "\n".join(lines)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]


REWRITES: Mapping[str, Rewrite] = {
    rewrite.__name__: rewrite
    for rewrite in (
        comment,
        blank_lines,
        end_of_line_comment,
        docstring,
        module_docstring,
        annotations,
        annotated_constants,
        unparsed,
        parentheses,
        narrow_indentation,
        order_of_functions,
        function_to_the_end,
        unused_import,
        unused_function,
        line_ends,
    )
}
