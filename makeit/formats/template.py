"""File names with `{argument}` fields, filled in so that a value can never leave its folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from makeit.errors import TemplateError

# No str.format anywhere: it reaches attributes and items of the values.
_TOKEN = r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+"
_LONGEST = 255
_FIELD = r"([^\W\d]\w*)(?::([^{}]*))?"


class Template(NamedTuple):
    """A file name as literal pieces and fields `(name, format)`."""

    text: str
    pieces: tuple[str | tuple[str, str], ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the arguments that the template uses, in order, each once."""
        return tuple(dict.fromkeys(piece[0] for piece in self.pieces if not isinstance(piece, str)))

    def expand(self, arguments: Mapping[str, Any]) -> str:
        """Fill in the arguments; TemplateError for a value that is not one safe path component."""
        text = "".join(piece if isinstance(piece, str) else self._component(*piece, arguments) for piece in self.pieces)
        if text.startswith("~") and "{" in self.text.partition("/")[0]:
            raise TemplateError(
                f"the file name {self.text!r} begins with '~' and has a field in its first component, so that a value "
                "would choose somebody's home; begin it with './', or write the field into a later component",
                template=self.text,
            )
        if text.startswith("@cachedir/") and not self.text.startswith("@cachedir/"):
            raise TemplateError(
                f"the arguments make {text!r} of the file name {self.text!r}, and @cachedir stands for the cachedir",
                template=self.text,
            )
        return text

    def _component(self, name: str, form: str, arguments: Mapping[str, Any]) -> str:
        text = _render(self.text, name, form, arguments[name])
        fault = _fault(text)
        if fault:
            raise TemplateError(
                f"argument {name}={arguments[name]!r} cannot be part of the file name {self.text!r}: {fault}; "
                "a value fills one path component, so pass a plain name such as 'sub-01'",
                template=self.text,
                field=name,
            )
        return text


@lru_cache(maxsize=1024)
def parse(text: str) -> Template:
    """Parse a template; `{{` and `}}` stand for braces, `{run:02d}` formats a number."""
    if "{" not in text and "}" not in text:
        return Template(text, (text,) if text else ())
    pieces: list[str | tuple[str, str]] = []
    for match in re.finditer(_TOKEN, text):
        token = match[0]
        if token in ("{{", "}}"):
            pieces.append(token[0])
        elif token in ("{", "}"):
            raise TemplateError(
                f"the file name {text!r} has a single {token!r}; write {token * 2!r} for a brace",
                template=text,
            )
        elif token.startswith("{"):
            pieces.append(_field(text, match[1]))
        else:
            pieces.append(token)
    return Template(text, tuple(pieces))


def _field(text: str, inner: str) -> tuple[str, str]:
    match = re.fullmatch(_FIELD, inner)
    if not match:
        raise TemplateError(
            f"the file name {text!r} has the field {{{inner}}}; a field is the name of an argument, as in "
            "{subject} or {run:02d}, without attributes or items",
            template=text,
            field=inner,
        )
    return match[1], match[2] or ""


def _render(template: str, name: str, form: str, value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        raise TemplateError(
            f"argument {name} is of type {type(value).__name__}, which cannot name a file in {template!r}; "
            "use a str, int, float, bool or date argument there",
            template=template,
            field=name,
        )
    try:
        return format(plain, form)
    except (ValueError, OverflowError) as error:
        raise TemplateError(
            f"argument {name}={value!r} does not take the format {form!r} in {template!r}: {error}",
            template=template,
            field=name,
        ) from error


def _plain(value: Any) -> str | int | float | None:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float(value)
    if type(value) is int:
        return value
    import datetime  # most files are named by text and numbers

    if isinstance(value, datetime.date):
        return value.isoformat().replace(":", "-")
    try:
        return int(value.__index__())
    except (AttributeError, TypeError):
        return None


def _fault(text: str) -> str | None:
    if not text:
        return "it is empty"
    if "/" in text or "\\" in text:
        return "it contains a path separator"
    if text[0] in ".~":
        return f"it begins with {text[0]!r}"
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "it contains a control character"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "it contains a lone surrogate"
    return f"it is {size} bytes long, and file systems take {_LONGEST}" if size > _LONGEST else None
