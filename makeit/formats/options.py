"""Options of a persister: read from a spec, converted to the types it declares, written for a record."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from makeit.errors import SpecError
from makeit.formats.persister import Persister
from makeit.formats.spec import Spec

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def build(kind: type[Persister], spec: Spec) -> Persister:
    """Make the persister that a spec asks for; SpecError for an option that it does not have."""
    declared = _declared(kind) if spec.options else {}
    given = {name: _converted(kind, declared, name, text, spec) for name, text in spec.options}
    try:
        return kind(spec.path, **given)
    except (TypeError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(f"{kind.__name__} does not take the spec '{spec}': {error}", spec=spec) from error


def _declared(kind: type[Persister]) -> dict[str, Any]:
    """Return the options of a persister class with their annotations, None where there is none."""
    parameters = list(inspect.signature(kind).parameters.values())[1:]
    try:
        hints = typing.get_type_hints(kind.__init__)
    except Exception:  # annotations of a plugin may name what is imported for type checkers alone
        hints = {}
    usable = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name: hints.get(p.name, p.annotation) for p in parameters if p.kind in usable}


def _converted(kind: type[Persister], declared: dict[str, Any], name: str, text: str, spec: Spec) -> Any:
    if name not in declared:
        import difflib  # for those who misspelled something

        close = difflib.get_close_matches(name, declared, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        valid = ", ".join(declared) or "none"
        raise SpecError(
            f"the spec '{spec}' gives the option {name!r}, which {kind.__name__} does not have; "
            f"its options are: {valid}{hint}",
            spec=spec,
        )
    wanted = _types(declared[name])
    for accepts, convert in _conversions():
        if accepts in wanted:
            try:
                return convert(text)
            except (ValueError, KeyError) as error:
                raise SpecError(
                    f"the spec '{spec}' gives {name}={text!r}, which is no {accepts.__name__}", spec=spec
                ) from error
    return text


def _types(annotation: Any) -> set[Any]:
    """Return the types that an annotation names; one left as text is searched for their names."""
    if isinstance(annotation, str):
        words = {word.strip() for word in annotation.split("|")}
        return {accepts for accepts, _ in _conversions() if accepts.__name__ in words}
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return {item for part in typing.get_args(annotation) for item in _types(part)}
    return {annotation}


def _conversions() -> tuple[tuple[Any, Callable[[str], Any]], ...]:
    from pathlib import Path  # with urllib; most specs have no options

    return (bool, lambda text: _BOOLEANS[text.lower()]), (int, int), (float, float), (Path, Path)


def recorded(persister: Persister, fingerprint: Callable[[Any], str]) -> tuple[tuple[str, str], ...]:
    """Return what tells this persister from others of its class, for comparison with a record."""
    found: Mapping[str, Any] = {**_slots(persister), **getattr(persister, "__dict__", {})}
    return tuple(
        (name, _short(value, fingerprint))
        for name, value in sorted(found.items())
        if name not in ("filename", "notes", *persister.beside) and not name.startswith("__") and value is not None
    )


def _slots(persister: Persister) -> dict[str, Any]:
    names = [name for cls in type(persister).__mro__ for name in getattr(cls, "__slots__", ())]
    return {name: getattr(persister, name) for name in names if hasattr(persister, name)}


def _short(value: Any, fingerprint: Callable[[Any], str]) -> str:
    return repr(value) if isinstance(value, str | int | float | bool) else fingerprint(value)
