"""What `depends=` names beside functions and classes: files, and modules of the user's or of libraries."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import NamedTuple

from makeit.identity import origin
from makeit.identity.code import syntax
from makeit.identity.code.graph import Captured, Label
from makeit.identity.code.source import Sources, digest_text
from makeit.identity.code.walk import Walk


class NamedFile(NamedTuple):
    """A file as the user named it, and where it lay when the function was decorated."""

    name: str
    path: str


def settled(item: object) -> object:
    """Return a dependency with its path made absolute: the working folder may change later."""
    if isinstance(item, str | os.PathLike):
        given = os.fsdecode(item)
        # A project may be moved: an absolute path is no name that lasts.
        name = os.path.basename(given) if os.path.isabs(given) else os.path.normpath(given)
        return NamedFile(name, os.path.abspath(given))
    return item


def follow(item: object, walk: Walk, sources: Sources, owner: str, index: int) -> None:
    """Count one dependency in a walk; ArgumentError where it is a file that cannot be read."""
    if isinstance(item, NamedFile):
        fingerprint = f"file/1:{walk.watches.file(item.path)}"
        walk.capture(Captured(Label(item.name, "", "file", ""), fingerprint, item.path, "file", item.path))
    elif isinstance(item, ModuleType):
        walk.watches.binding(vars(item), "__spec__")  # a reload renews it
        walk.capture(_user_module(item, sources) if origin.is_user_module(item) else _library(item))
    else:
        walk.reach(item, Label(owner, f"<depends {index}>", "dependency", ""))


def _user_module(module: ModuleType, sources: Sources) -> Captured:
    tree = sources.module_tree(module)
    fingerprint = f"code/1:{digest_text(syntax.canonical(tree))}"
    name = origin.name_of_namespace(vars(module))
    label = Label(name, "", "module", "")
    return Captured(label, fingerprint, syntax.readable(tree), "file", getattr(module, "__file__", None))


def _library(module: ModuleType) -> Captured:
    name = module.__name__
    version = _version(name.partition(".")[0], module)
    return Captured(Label(name, "", "module", ""), f"version/1:{version}", f"{name} {version}", "version")


def _version(top: str, module: ModuleType) -> str:
    import importlib.metadata  # with all it imports, the dearest module of the standard library

    if top in sys.stdlib_module_names:
        return f"Python {sys.version_info.major}.{sys.version_info.minor}"
    try:
        return importlib.metadata.version(top)
    except importlib.metadata.PackageNotFoundError:
        names = importlib.metadata.packages_distributions().get(top, ())
        versions = [f"{name} {importlib.metadata.version(name)}" for name in sorted(set(names))]
        return ", ".join(versions) or str(getattr(module, "__version__", "unknown"))
