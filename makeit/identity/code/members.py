"""What of a class counts: methods, attributes and field definitions, without generated noise."""

from __future__ import annotations

import enum
import inspect
import types
from collections.abc import Iterator
from typing import Any, TypeAlias

from makeit.identity.code.constants import annotation

Member: TypeAlias = tuple[str, object]

_NOISE = frozenset(
    [
        "__doc__",
        "__module__",
        "__qualname__",
        "__dict__",
        "__weakref__",
        "__annotations__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
        "__firstlineno__",
        "__static_attributes__",
        # copyreg writes it into a class when an instance is first pickled.
        "__slotnames__",
        "__classcell__",
        "__classdictcell__",
        "__type_params__",
        "__abstractmethods__",
        "_abc_impl",
        "__orig_bases__",
        "__parameters__",
        "__signature__",
        "__attrs_own_setattr__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__attrs_attrs__",
        "__attrs_props__",
        "_field_defaults",
        "__pydantic_core_schema__",
        "__pydantic_serializer__",
        "__pydantic_validator__",
        "__class_getitem__",
    ]
)
_DESCRIPTORS = (
    types.MemberDescriptorType,
    types.GetSetDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)
_CODE = (types.FunctionType, staticmethod, classmethod, property)
_FIELD = ("init", "repr", "hash", "compare", "eq", "order", "kw_only", "alias")
_OBJECTS = ("default", "default_factory", "metadata", "validator", "converter", "on_setattr")
_GENERATORS = frozenset({"dataclasses", "reprlib", "attr", "attrs", "collections", "typing", "enum"})
# What stands for a default that is not there, in dataclasses and attrs.
_NO_DEFAULT = ("_MISSING_TYPE", "_Nothing")
_FIELD_TABLES = frozenset({"__dataclass_fields__", "__attrs_attrs__", "_fields"})
_PARAMETERS = ("init", "repr", "eq", "order", "unsafe_hash", "frozen")


def members(cls: type) -> list[Member]:
    """Return the members of a class that count, by name, sorted; fields are named `<field x>`."""
    own = _enum_members(cls) if isinstance(cls, enum.EnumMeta) else _plain_members(cls)
    return sorted([*own, *_fields(cls)], key=lambda member: member[0])


def counted_names(cls: type) -> list[str]:
    """Return the names in a class whose rebinding would change what `members` returns."""
    return [name for name in list(vars(cls)) if name not in _NOISE or name.endswith(("_fields__", "_attrs__"))]


def annotations_of(cls: type, decorated: bool) -> str:
    """Return the field annotations as text where decorators, bases or a metaclass may read them."""
    if cls.__bases__ == (object,) and type(cls) is type and not decorated:
        return ""
    try:
        found = inspect.get_annotations(cls)
    except Exception:  # annotations are evaluated on demand since Python 3.14, and may name anything
        return ""
    return ", ".join(f"{name}: {annotation(value)}" for name, value in found.items())


def _plain_members(cls: type) -> Iterator[Member]:
    for name, value in list(vars(cls).items()):
        if name not in _NOISE and not _is_descriptor(value) and not _is_generated(cls, value):
            yield name, value


def _is_descriptor(value: object) -> bool:
    return isinstance(value, _DESCRIPTORS) or type(value).__name__ == "_tuplegetter"


def _is_generated(cls: type, value: object) -> bool:
    """Tell whether dataclasses, attrs, namedtuple or enum wrote a function: the fields count instead."""
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    if not isinstance(value, types.FunctionType) or not _has_fields(cls):
        return False
    file, name = value.__code__.co_filename, value.__code__.co_qualname
    namedtuple = file == "<string>" and value.__globals__.get("__name__") == f"namedtuple_{cls.__name__}"
    generated = file.startswith("<attrs generated") or name.startswith("__create_fn__.") or namedtuple
    return generated or str(value.__globals__.get("__name__")).partition(".")[0] in _GENERATORS


def _has_fields(cls: type) -> bool:
    own = vars(cls)
    return isinstance(cls, enum.EnumMeta) or not _FIELD_TABLES.isdisjoint(own)


def _enum_members(cls: enum.EnumMeta) -> Iterator[Member]:
    # Enum keeps tables of its members and wraps each one anew in each version of Python.
    table: dict[str, enum.Enum] = dict(cls.__members__)
    for name, member in table.items():
        yield name, member.value
    for name, value in list(vars(cls).items()):
        sunder = name.startswith("_") and name.endswith("_")
        if name not in cls.__members__ and (isinstance(value, _CODE) or not (sunder or _is_descriptor(value))):
            yield name, value


def _fields(cls: type) -> Iterator[Member]:
    parameters = vars(cls).get("__dataclass_params__")
    if parameters is not None:
        yield "<dataclass>", tuple((name, bool(getattr(parameters, name, False))) for name in _PARAMETERS)
    for field in _declared(cls):
        yield from _field(field)
    if "_field_defaults" in vars(cls):
        yield "<field defaults>", tuple(sorted(vars(cls)["_field_defaults"].items()))


def _declared(cls: type) -> tuple[Any, ...]:
    dataclass_fields = vars(cls).get("__dataclass_fields__", {})
    return (*dataclass_fields.values(), *vars(cls).get("__attrs_attrs__", ()))


def _field(field: Any) -> Iterator[Member]:
    flags = {name: getattr(field, name, None) for name in _FIELD}
    plain = tuple((name, flag) for name, flag in flags.items() if isinstance(flag, bool | str | None))
    kind = getattr(getattr(field, "_field_type", None), "name", "")
    yield f"<field {field.name}>", (annotation(field.type), kind, plain)
    for name in (*_OBJECTS, *(name for name, flag in flags.items() if callable(flag))):
        value = getattr(field, name, None)
        if value is not None and type(value).__name__ not in _NO_DEFAULT:
            value = dict(value) if isinstance(value, types.MappingProxyType) else value
            if value != {}:
                yield f"<field {field.name}>.{name}", value
