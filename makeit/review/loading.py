"""The functions that records name, loaded from their modules as they are now: to ask about them, not to run them."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any, TypeAlias

from attrs import field

from makeit.attributes import frozen
from makeit.recipe import Recipe, latest, only_asked
from makeit.records import Record
from makeit.review.execution import Executed, execute, said
from makeit.review.readonly import read_only
from makeit.store.project import Project
from makeit.store.trust import distrust


@frozen(eq=False)
class Present:
    """A function as it is now; without a recipe where it is made at a place that is reached only by running it.

    `missing` are the names that its module would have if all of it had been executed.
    """

    function: Callable[..., Any]
    recipe: Recipe | None
    missing: frozenset[str] = frozenset()


@frozen
class Gone:
    """A function that is no more."""

    cause: str


@frozen
class Unreadable:
    """A function of which nobody can tell from here whether it still is as it was."""

    cause: str


Found: TypeAlias = Present | Gone | Unreadable


@frozen(eq=False)
class Functions:
    """Finds functions; each module is loaded once.

    The code at the top of a module is executed as an import does, except that made functions cannot be called, no file
    of the project can be written, and what follows the first such call is left out, down to definitions and imports.
    """

    project: Project
    _others: list[str] = field(init=False)
    _found: dict[tuple[str, str, str], Found] = field(factory=dict)
    _loaded: dict[str, Executed | Unreadable] = field(factory=dict)

    @_others.default
    def _with_others(self) -> list[str]:
        return self.project.others()

    def find(self, record: Record) -> Found:
        """Return the function of a record as it is now; of one of this project's, or of no named file."""
        other = self._other(record)
        if other:
            return Unreadable(f"it belongs to another project that shares the cachedir, {other}")
        name = next(iter(record.code), "")
        name = record.function if name == "version" else name
        file = self._file(record, name)
        key = record.function, name, file
        if key not in self._found:
            self._found[key] = self._find(record.function, name, file)
        return self._found[key]

    def _other(self, record: Record) -> str:
        """Return the root of the other project that the file of a record lies in; empty where it is this one's."""
        path = self.project.absolute(record.outputs[0].path) if record.outputs else ""
        places = (self.project.root, self.project.cachedir, *self._others)
        root = next((place for place in places if path.startswith(place + os.sep)), "")
        return root if root in self._others else ""

    def _file(self, record: Record, name: str) -> str:
        part = record.code.get(name)
        file = part.file if part and part.file else record.defined.rpartition(":")[0]
        return self.project.absolute(file) if file else ""

    def _find(self, function: str, name: str, file: str) -> Found:
        if not file.endswith(".py"):
            return Unreadable(f"it was not defined in a file of Python code{f', but in {file}' if file else ''}")
        if not os.path.exists(file):
            return Gone(f"{self.project.relative(file)} is no longer there")
        module, folder = _place(name, file)
        loaded = self._module(module, folder, file)
        if isinstance(loaded, Unreadable):
            return loaded
        recipe = latest.get(function)
        if recipe is not None:
            return Present(recipe.binding.function, recipe, loaded.missing)
        plain = _reached(loaded.module, name.removeprefix(module + ".").split("#")[0])
        if callable(plain):
            return Present(plain, None, loaded.missing)
        if "<" in name or loaded.trouble:
            where = loaded.trouble or "it is made inside of another function"
            return Unreadable(f"{function} cannot be looked at without running it: {where}")
        return Gone(f"{self.project.relative(file)} has no {function} any more")

    def _module(self, name: str, folder: str, file: str) -> Executed | Unreadable:
        if file not in self._loaded:
            why = distrust(file)
            if why:
                self._loaded[file] = Unreadable(f"it is not loaded, because that runs somebody else's code: {why}")
            else:
                with _quietly(self.project.root, folder, file):
                    self._loaded[file] = _load(name, file)
        return self._loaded[file]


def _place(name: str, file: str) -> tuple[str, str]:
    """Return the module's name and the folder that it is imported from, where `name` is `module.qualname`.

    A script has the name of its file.
    """
    path = os.path.dirname(file) if os.path.basename(file) == "__init__.py" else file.removesuffix(".py")
    words, parts = path.split(os.sep), name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        if words[-count:] == parts[:count]:
            return ".".join(parts[:count]), os.sep.join(words[:-count]) or os.sep
    return words[-1], os.sep.join(words[:-1]) or os.sep


@contextlib.contextmanager
def _quietly(root: str, folder: str, file: str) -> Iterator[None]:
    """Be as where a program starts, without its arguments, its input, its output and its windows."""
    path, argv, backend = sys.path[:], sys.argv, os.environ.get("MPLBACKEND")
    sys.path[:0] = [folder, os.path.dirname(file), root]
    sys.argv = [file]
    os.environ["MPLBACKEND"] = "Agg"
    try:
        with contextlib.redirect_stdout(sys.stderr), only_asked(), read_only(root):
            yield
    finally:
        sys.path[:], sys.argv = path, argv
        os.environ.pop("MPLBACKEND")
        if backend is not None:
            os.environ["MPLBACKEND"] = backend


def _load(name: str, file: str) -> Executed | Unreadable:
    known = sys.modules.get(name)
    if known is not None and _is_at(known, file):
        return Executed(known)
    above = name.rpartition(".")[0]
    try:
        if above:
            importlib.import_module(above)
            known = sys.modules.get(name)  # a package may import its modules itself
            if known is not None and _is_at(known, file):
                return Executed(known)
        with open(file, "rb") as source:
            tree = ast.parse(source.read(), file)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # it is a user's code, which may even exit
        return Unreadable(f"{file} cannot be loaded: {said(error)}")
    spec = spec_from_file_location(name, file)
    if spec is None:
        return Unreadable(f"{file} is no module that can be loaded")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        return execute(module, tree, file)
    except SyntaxError as error:  # one that only compiling finds
        return Unreadable(f"{file} cannot be loaded: {said(error)}")


def _is_at(module: ModuleType, file: str) -> bool:
    there = getattr(module, "__file__", None)
    return isinstance(there, str) and os.path.realpath(there) == os.path.realpath(file)


def _reached(module: ModuleType, qualname: str) -> Any:
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return getattr(found, "__wrapped__", found) if hasattr(found, "_recipe") else found
