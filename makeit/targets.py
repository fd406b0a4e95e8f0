"""From the `output=` option and the arguments of a call to the files of that call."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from makeit.errors import SpecError, TemplateError, UnwritableError
from makeit.formats import template, tree
from makeit.formats.options import recorded
from makeit.formats.persister import Persister
from makeit.formats.spec import Spec
from makeit.formats.tree import Output
from makeit.identity.describe import readable
from makeit.identity.digest import checksum
from makeit.plugins import Plugins
from makeit.store.project import Project

# Linux and macOS take names of 255 bytes, and Linux paths of 4,096, of which a private folder needs some.
_LONGEST_NAME, _LONGEST_PATH = 255, 4000


class _Named(NamedTuple):
    """A leaf with a file: its template, and the persister without its final name."""

    where: str
    name: template.Template
    persister: Persister
    format: str
    options: tuple[tuple[str, str], ...]


class Targets:
    """The outputs of one made function; resolved once, so that what can't work fails before the first run."""

    def __init__(
        self,
        root: tree.Node,
        plugins: Plugins,
        project: Project,
        function: str,
        fields: tuple[str, ...],
        fingerprint: Callable[[Any], str],
    ) -> None:
        self.root = root
        self._project = project
        self._plugins = plugins
        self._fingerprint = fingerprint
        self._folder = os.path.join(project.results, _folder_name(function))
        self._leaves = tuple(self._prepared(leaf, fields) for leaf in tree.leaves(root))
        #: The persisters of the outputs that have a file name, on names that may have fields.
        self.persisters = [leaf.persister for leaf in self._leaves if leaf]
        names = [field for leaf in self._leaves if leaf for field in leaf.name.fields]
        self.fields = tuple(dict.fromkeys(names))
        #: Files that count because an output is made with their help.
        self.inputs = tuple(path for leaf in self._leaves if leaf for path in leaf.persister.inputs())
        #: Whether any format wants to be told of what was published.
        self.publishes = any(
            leaf and type(leaf.persister).published is not Persister.published for leaf in self._leaves
        )
        #: Whether a result is one output, and nothing else.
        self.is_single = isinstance(root, tree.Leaf)
        self.has_kept = None in self._leaves or not self._leaves
        if self._leaves and None not in self._leaves and not self.fields:
            self._fixed: tuple[Output, ...] | None = self._outputs({}, "")
        else:
            self._fixed = None

    def bind(self, arguments: Mapping[str, Any], key: str) -> tuple[Output, ...]:
        """Return the outputs of a call; TemplateError for an argument that cannot be part of a file name."""
        return self._fixed or self._outputs(arguments, key)

    def anchor(self, outputs: tuple[Output, ...], key: str) -> str:
        """Return the path that the record of a call is found by: that of its first output."""
        return outputs[0].path if outputs else os.path.join(self._folder, key)

    def _prepared(self, leaf: tree.Leaf, fields: tuple[str, ...]) -> _Named | None:
        if leaf.target is None:
            return None
        given = leaf.target
        persister = given if isinstance(given, Persister) else self._resolved(given)
        name = template.parse(os.fspath(persister.filename))
        unknown = [field for field in name.fields if field not in fields]
        if unknown:
            raise TemplateError(
                f"the file name {name.text!r} has the field {{{unknown[0]}}}, but the function has no such "
                f"argument; it has: {', '.join(fields) or 'none'}",
                template=name.text,
                field=unknown[0],
            )
        format = self._plugins.registry.name_of(type(persister), name.text)
        return _Named(leaf.where, name, persister, format, recorded(persister, self._fingerprint))

    def _resolved(self, spec: Spec) -> Persister:
        found = self._plugins.resolve_persister(spec=spec)
        if not isinstance(found, Persister):
            raise SpecError(f"a plugin resolved '{spec}' to {found!r}, which is no Persister", spec=spec)
        return found

    def _outputs(self, arguments: Mapping[str, Any], key: str) -> tuple[Output, ...]:
        found = tuple([self._output(i, leaf, arguments, key) for i, leaf in enumerate(self._leaves)])
        if len(found) < 2:
            return found
        paths = [output.path for output in found]
        twice = next((path for path in paths if paths.count(path) > 1), None)
        if twice:
            raise SpecError(f"two outputs of one call name the file {twice}; give each its own", spec=twice)
        return found

    def _output(self, index: int, leaf: _Named | None, arguments: Mapping[str, Any], key: str) -> Output:
        if leaf is None:
            stem = f"{self._folder}{os.sep}{key}"
            return Output(f"[{index}]", f"{stem}-{index}" if index else stem, None, "")
        path = self._project.resolve(leaf.name.expand(arguments))
        if not os.path.basename(path):  # before anybody looks at all that lies in the root of a file system
            raise SpecError(f"cannot write {path}: it has no name; name a file in it", spec=path)
        if readable(name := self._project.relative(path)) != name:
            raise SpecError(f"the file name {readable(name)!r} is no UTF-8, so no record can hold it", spec=name)
        return Output(leaf.where, path, leaf.persister.at(path), leaf.format, leaf.options)

    @property
    def described(self) -> tuple[Any, ...]:
        """What tells the outputs of this function from others: places, names, formats and options."""
        return tuple(leaf and (leaf.where, leaf.name.text, leaf.format, leaf.options) for leaf in self._leaves)

    @property
    def folder(self) -> str:
        """The folder in the cachedir that holds the results of this function that have no file name."""
        return self._folder


def check_before_run(outputs: tuple[Output, ...]) -> None:
    """Refuse what can't work before the function runs: SpecError, UnwritableError, a persister's own error."""
    for output in outputs:
        if output.persister is not None:
            output.persister.check()
            _check_folder(output.path)


def _check_folder(path: str) -> None:
    from pathlib import Path

    folder = os.path.dirname(path)
    _check_lengths(path)
    while not os.path.lexists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise UnwritableError(f"cannot write {path}: {folder} is a file, not a folder", path=Path(path))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UnwritableError(
            f"cannot write {path}: the folder {folder} is not writable; change its mode, or give another path",
            path=Path(path),
        )


def _check_lengths(path: str) -> None:
    """Refuse names that no file system takes, before the function has run for nothing."""
    long = next((part for part in path.split(os.sep) if len(os.fsencode(part)) > _LONGEST_NAME), None)
    if long is not None or len(os.fsencode(path)) > _LONGEST_PATH:
        what = f"{long[:40]}… is longer than {_LONGEST_NAME} bytes" if long else "it is too long"
        raise SpecError(f"cannot write {path[:200]}: {what}; give it a shorter name", spec=path)


def _folder_name(function: str) -> str:
    """Return a folder name for a function's name, different for different names."""
    is_plain = function.replace(".", "").replace("_", "").isalnum()
    plain = (function if is_plain else re.sub(r"[^\w.+-]", "_", function))[:120]
    return plain if plain == function else f"{plain}-{checksum(function.encode())[:8]}"
