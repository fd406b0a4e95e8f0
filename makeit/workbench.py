"""What the made functions of one project share: plugins, ledger, files, and the readers of values and code."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from makeit.errors import ArgumentError, PluginError
from makeit.identity.annex import FETCH, is_unfetched
from makeit.identity.code import CodeReader
from makeit.identity.files import FileDigests, NamedFile, absolute
from makeit.identity.tracker import TRACKER
from makeit.identity.unknown import Unfingerprintable
from makeit.identity.values import ValueReader, refuse_iterator
from makeit.notices import warn
from makeit.plugins import Plugins
from makeit.store.digests import DigestMemo
from makeit.store.project import Project
from makeit.store.readings import Readings, of_installed

if TYPE_CHECKING:
    from pathlib import Path

    from makeit.formats.persister import Persister
    from makeit.lineage import Lineage
    from makeit.model import Call, Frozen
    from makeit.records import Origin
    from makeit.shelves import Shelves
    from makeit.store.ledger import Ledger
    from makeit.store.outputs import Outputs
    from makeit.store.runs import RunLog

# What is known to be another distribution's, so that a value of it can say what to install.
_TEACHERS = {"numpy": "makeit-numpy", "pandas": "makeit-numpy", "polars": "makeit-numpy", "nibabel": "makeit-nifti"}

#: Where it is noted, while arguments are fingerprinted, which results of makeit's own they are or hold.
met: ContextVar[list[Origin] | None] = ContextVar("makeit_met", default=None)


class Workbench:
    """One project with its plugins; made functions of one cachedir and one maker share it."""

    def __init__(self, project: Project, plugins: Plugins) -> None:
        project.check()
        self.project = project
        self.plugins = plugins
        self._shelves: dict[str, Shelves] = {}
        self._runs: RunLog | None = None
        self._files = FileDigests(DigestMemo(project))
        self._readings = Readings(project)
        self.code = CodeReader(self._of_captured, self._readings)
        self.values = ValueReader(self._ask, self.code.fingerprint, self._named_content, self._files)

    @property
    def shelves(self) -> Shelves:
        """The records, opened by the first call that is not recalled."""
        opened = self._shelves.get("shelves")
        if opened is None:
            from makeit.shelves import Shelves  # with msgspec and attrs

            # Of two threads that come first one wins, without a lock that a forked child would inherit.
            opened = self._shelves.setdefault("shelves", Shelves(self.project))
        return opened

    @property
    def ledger(self) -> Ledger:
        """The records of the project."""
        return self.shelves.ledger

    @property
    def outputs(self) -> Outputs:
        """What is known of the files at output paths."""
        return self.shelves.outputs

    @property
    def lineage(self) -> Lineage:
        """Who made what from what."""
        return self.shelves.lineage

    @property
    def runs(self) -> RunLog:
        """The log of what ran."""
        if self._runs is None:
            from makeit.store.runs import RunLog

            self._runs = RunLog(self.project)
        return self._runs

    def fingerprint(self, value: Any) -> str | None:
        """Return the fingerprint of a value, or None where its content cannot be seen."""
        return self.refingerprint(value, is_file=False)

    def argument(self, name: str, value: Any, *, is_file: bool, function: str) -> str | None:
        """Fingerprint one argument; None, with one warning, where that is impossible.

        ArgumentError for an iterator, and for a `File` that does not exist.
        """
        try:
            return self.values.fingerprint(_as_files(value) if is_file else value)
        except Unfingerprintable as error:
            refuse_iterator(name, value)
            if self.plugins.renewed():  # somebody installed what the last warning advised, in a notebook perhaps
                return self.argument(name, value, is_file=is_file, function=function)
            _warn_unknown(name, value, error, function)
            return None
        except FileNotFoundError as error:
            path = error.args[0]
            raise ArgumentError(f"argument {name} names the file {path!r}, {_missing(path)}", name=name) from None
        except OSError as error:
            warn(f"argument {name} names a file that cannot be read, so the call runs and is not reused: {error}")
            return None

    def refingerprint(self, value: Any, *, is_file: bool, states: Mapping[int, Any] | None = None) -> str | None:
        """Fingerprint an argument once more after a run; None where it has no fingerprint now.

        `states` stands in for the present states of random streams, by their `id`.
        """
        try:
            return self.values.fingerprint(_as_files(value) if is_file else value, states)
        except (Unfingerprintable, OSError):
            return None

    def keep_readings(self) -> None:
        """Keep what was read of code, and of what is installed, for the next process."""
        self._readings.keep()
        if self.plugins.scan.is_new:
            self.plugins.scan.keep(of_installed(self.project.cachedir))

    def informed(self, persister: Persister, call: Call) -> Persister:
        """Return a persister that knows the call that it is for, as far as it wants to."""
        return persister.for_call(call, self.lineage)

    def protect(self, value: Any) -> Frozen | None:
        """Return an equal value that nobody can change, or None where there is no such thing."""
        if self.plugins.protect is None:
            return None
        from makeit.model import Frozen

        found = self.plugins.protect(value=value)
        return found if found is None or isinstance(found, Frozen) else Frozen(found)

    def key_parts(self, call: Call) -> dict[str, Any]:
        """Return the facts that plugins add to the identity of a call; the first plugin asked wins."""
        ask = self.plugins.key_parts
        if ask is None:
            return {}
        import msgspec

        found = {name: value for facts in reversed(ask(call=call)) for name, value in facts.items()}
        try:
            # In the form that a record gives back: a tuple comes back as a list.
            return dict(msgspec.json.decode(msgspec.json.encode(found)))
        except (TypeError, ValueError, OverflowError) as error:
            raise PluginError(
                f"makeit_key_parts gave {found!r}, which JSON cannot hold: {error}; give plain values",
                name="makeit_key_parts",
            ) from error

    def contents(self, paths: Iterable[Path]) -> dict[str, str]:
        """Return the digests of files that an output is made with; ArgumentError for one that does not exist."""
        found = {}
        for path in paths:
            full = self.project.resolve(path)
            name = self.project.portable(full)
            try:
                found[name] = self._files.digest(full)
            except FileNotFoundError:
                raise ArgumentError(f"an output is made with the file {full!r}, {_missing(full)}", name=full) from None
            except OSError as error:
                found[name] = _unread("a file that an output is made with", error)
        return found

    def digest(self, path: str) -> str:
        """Return the digest of an input file's content; empty where there is none that can be read."""
        try:
            return self._files.digest(path)
        except (OSError, ArgumentError):
            return ""

    def _ask(self, value: Any) -> str | None:
        tracked = TRACKER.find(value)
        if tracked is not None:
            noted = met.get()
            if noted is not None:
                from makeit.records import Origin

                noted.append(Origin(tracked.origin, tracked.fingerprint, tracked.call))
            return tracked.fingerprint
        ask = self.plugins.fingerprint
        return ask(value=value) if ask is not None else None

    def _of_captured(self, value: object) -> str:
        try:
            return self.values.fingerprint(value)
        except OSError as error:
            return _unread("a file that the code names", error)

    def _named_content(self, path: str) -> str | None:
        """Return a file's name and the digest of its content; None where there is none."""
        full = absolute(path)
        try:
            return f"{self.project.portable(full)}\0{self._files.digest(full)}"
        except FileNotFoundError:
            return None


def _missing(path: str) -> str:
    if is_unfetched(path):
        return f"a link of git-annex whose content is not here; {FETCH}"
    return "which does not exist; check the path and the working folder"


def _unread(what: str, error: OSError) -> str:
    """Warn of a file that cannot be read; return a fingerprint that equals none, not even its own the next time."""
    warn(f"{what} cannot be read, so the call runs and is not reused: {error}")
    return f"unread/1:{os.urandom(16).hex()}"


def _as_files(value: Any) -> Any:
    """Replace every path in an argument annotated `File` by the file that it names."""
    if isinstance(value, str | os.PathLike):
        return NamedFile(os.fspath(value))
    if isinstance(value, list | tuple):
        return tuple(map(_as_files, value))
    if isinstance(value, Mapping):
        return {key: _as_files(item) for key, item in value.items()}
    return value


def _warn_unknown(name: str, value: Any, error: Unfingerprintable, function: str) -> None:
    package = _TEACHERS.get(type(value).__module__.partition(".")[0])
    advice = (
        f"pip install {package} teaches makeit this type"
        if package
        else "a plugin's hook makeit_fingerprint(value) would teach makeit this type"
    )
    warn(
        f"argument {name} is or holds a {error.kind}, whose content makeit cannot see, so the call always "
        f"runs; {advice}, or leave it out with ignore={name!r}",
        once=("unknown", function, name, type(value)),
    )


_benches: dict[tuple[str, str, str, int], Workbench] = {}


def workbench(project: Project, plugins: Plugins) -> Workbench:
    """Return the one workbench of a project and a set of plugins."""
    key = (project.root, project.cachedir, project.home, id(plugins))
    # Of two threads that come first one wins, without a lock that a forked child would inherit.
    return _benches.get(key) or _benches.setdefault(key, Workbench(project, plugins))
