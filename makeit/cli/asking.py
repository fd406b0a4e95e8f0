"""What the commands that ask have in common: the project, the calls that a target means, and exit statuses."""

from __future__ import annotations

import difflib
import fnmatch
import glob
import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click
from attrs import field, frozen

if TYPE_CHECKING:
    from makeit.store.catalogue import Catalogue, Filed
    from makeit.store.project import Project

_Command = TypeVar("_Command", bound=Callable[..., Any])

#: Exit statuses: all is well; the answer is that something is not; what was asked makes no sense here.
FINE, WRONG, USAGE = 0, 1, 2

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_ID = re.compile(r"[0-9a-f]{6,}")
_MAGIC = re.compile(r"[*?\[]")
# Names that are looked through for one that is similar to what was asked for.
_COMPARED = 5000


def project() -> Project:
    """Return the project of the working folder; a click error where it keeps nothing."""
    from makeit.store.project import Project

    found = Project.locate(None, None)
    if not os.path.isdir(found.cachedir):
        below = sorted(glob.glob(f"{glob.escape(os.getcwd())}/*/.makeit"))
        name = below[0].split(os.sep)[-2] if below else "FOLDER"
        way = f"there is one in {name}" if below else "change to a folder of your project, or name it with -C"
        raise click.UsageError(
            f"nothing is kept here: {found.cachedir} does not exist; {way}, as in makeit -C {name} ls. "
            "A cachedir elsewhere is named by MAKEIT_CACHEDIR"
        )
    found.check()
    return found


def catalogue() -> Catalogue:
    """Return the records of the project of the working folder."""
    from makeit.store.catalogue import Catalogue

    return Catalogue(project())


def calls(targets: tuple[str, ...], catalogue: Catalogue) -> list[Filed]:
    """Return the calls that targets mean; a click error, with what is similar, for one that means none.

    A target is the path of an output or of a folder with outputs, a call in words as in `smooth (sub-01)`, the name
    of a function for all its calls, the id of a call or its first six letters or more, or any of the names and paths
    with * and ?.
    """
    return list(matching(targets, catalogue))


def matching(targets: tuple[str, ...], catalogue: Catalogue) -> Iterator[Filed]:
    """Yield the calls that targets mean one by one, as `calls` returns them: there may be very many."""
    found: set[str] = set()
    rest = []
    for text in dict.fromkeys(targets):
        owner = _owner(text, catalogue)
        if owner is None:
            rest.append(_Target(text, catalogue.project))
        elif owner.place not in found:
            found.add(owner.place)
            yield owner
    if rest:
        yield from (filed for filed in _named(rest, catalogue) if filed.place not in found)


def _owner(target: str, catalogue: Catalogue) -> Filed | None:
    """Return the call that wrote the file at a path, as any of its outputs or inside of one that is a folder."""
    from makeit.store.catalogue import Filed
    from makeit.store.ledger import Damaged, Ledger

    ledger = Ledger(catalogue.project)
    for path in _places(target, catalogue.project):
        place = ledger.place_of_owner(path)
        found = catalogue.at(place) if place else None
        if isinstance(found, Damaged):
            raise click.ClickException(f"the record of {target} is damaged: {found.cause} ({found.path})")
        if isinstance(found, Filed):
            return found
    return None


def _places(target: str, project: Project) -> Iterator[str]:
    for path in dict.fromkeys((os.path.abspath(target), project.resolve(target))):
        yield path
        while os.path.lexists(path) and (path := os.path.dirname(path)).startswith(project.root + os.sep):
            yield path


@frozen
class _Target:
    """What a target may mean besides one file: a name, names that look like it, or what lies in a folder."""

    text: str
    project: Project
    _pattern: re.Pattern[str] | None = field(init=False)
    _paths: re.Pattern[str] | None = field(init=False)

    @_pattern.default
    def _with_pattern(self) -> re.Pattern[str] | None:
        return re.compile(fnmatch.translate(self.text)) if _MAGIC.search(self.text) else None

    @_paths.default
    def _with_paths(self) -> re.Pattern[str] | None:
        here, there = os.path.abspath(self.text), self.project.resolve(self.text)
        folder = next((path for path in (here, there) if os.path.isdir(path)), None)
        if folder is not None:
            return re.compile(re.escape(os.path.join(folder, "")))
        return re.compile(f"{fnmatch.translate(here)}|{fnmatch.translate(there)}") if self._pattern else None

    def means(self, filed: Filed, words: tuple[str, ...]) -> bool:
        """Tell whether it means a call, of which `words` are the names."""
        if self.text in words or (self._pattern and any(map(self._pattern.match, words))):
            return True
        if self._paths is not None:
            absolute = self.project.absolute
            files = (absolute(file.path) for output in filed.record.outputs for file in output.files)
            return any(map(self._paths.match, files))
        return _ID.fullmatch(self.text) is not None and words[-1].startswith(self.text)


def _named(targets: list[_Target], catalogue: Catalogue) -> Iterator[Filed]:
    met: set[_Target] = set()
    names: set[str] = set()
    for filed in catalogue.records():
        words = names_of(filed)
        if len(names) < _COMPARED:
            names.update(words[:2])
        means = [target for target in targets if target.means(filed, words)]
        met.update(means)
        if means:
            yield filed
    for target in targets:
        if target not in met:
            raise _unknown(target.text, names)


def names_of(filed: Filed) -> tuple[str, ...]:
    """Return the names of a call: in words, of its function in short and in full, its id in full and in letters."""
    record = filed.record
    return record.named, short(filed), record.function, record.call, record.call.partition(":")[2]


def seen_from(folder: str, path: str) -> str:
    """Return a path as it is typed in a folder, in full where the two have nothing in common."""
    if path.startswith(folder + os.sep):
        return path[len(folder) + 1 :]
    return path if os.path.commonpath([folder, path]) == os.sep else os.path.relpath(path, folder)


def short(filed: Filed) -> str:
    """Return the name of a call's function without its module."""
    return filed.record.named.partition(" (")[0]


def _unknown(target: str, names: set[str]) -> click.UsageError:
    near = difflib.get_close_matches(target, sorted(names), 3, 0.5)
    there = os.path.lexists(target)
    what = f"{target} was not made by makeit" if there else f"no file and no call is known by {target!r}"
    ways = f"did you mean {' or '.join(near)}?" if near else "makeit ls lists what is known"
    return click.UsageError(f"{what}; {ways}")


def targets(**options: Any) -> Callable[[_Command], _Command]:
    """Return the argument of a command that takes targets; `required=True` where there must be one."""
    from makeit.cli.completion import of_targets

    name = "PATH|CALL..." if options.get("required") else "[PATH|CALL]..."
    return click.argument("targets", nargs=-1, metavar=name, shell_complete=of_targets, **options)
