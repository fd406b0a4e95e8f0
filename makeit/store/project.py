"""Where things lie: the root of a project, its cachedir, and the names that records use for files."""

from __future__ import annotations

import functools
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from makeit.errors import MakeitError
from makeit.identity.digest import checksum
from makeit.identity.files import content_of
from makeit.store import roots
from makeit.store.atomic import write_small

if TYPE_CHECKING:
    from pathlib import Path

LAYOUT = "1"
_MARKS = (".makeit", "pyproject.toml", ".git")
_KEPT = "@cachedir/"
_RESULTS = f"{os.sep}results{os.sep}"
_LONGEST = 200

_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This file marks a folder whose content can be made again, so that backup programs leave it out.
# See https://bford.info/cachedir/
"""
_README = """This folder belongs to makeit: it keeps what is known of the results of made functions.

records/   one JSON record for each result, under the name of its file
results/   results of functions without a named output
code/      the sources that results were computed with, for `why`
files/     digests of input files, so that each is read once
log/       what ran, when, why and in which process; `makeit log` prints it
readings/  what was read of source files, so that a new process need not read them again
reuses/    small results once more, so that a new process finds them at once
sidecars/  what makeit itself wrote into descriptions beside images
roots/     the projects that share this folder

It can be deleted at any time: then every function runs again, and named outputs that exist are
taken for somebody else's files until they are deleted or adopted.
"""


class Project:
    """The root that relative outputs start from, and the cachedir with the records; absolute paths.

    `home` is the root that relative names in the records start at: of projects that share a cachedir it is that of
    the first, and each file has one name, whoever looks.
    """

    def __init__(self, root: str, cachedir: str, home: str | None = None) -> None:
        self.root = root
        self.cachedir = cachedir
        self.home = roots.home(cachedir, root) if home is None else home
        self._places = root, cachedir, self.home

    def __eq__(self, other: object) -> bool:
        return self._places == other._places if isinstance(other, Project) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._places)

    def __repr__(self) -> str:
        return f"Project(root={self.root!r}, cachedir={self.cachedir!r}, home={self.home!r})"

    @classmethod
    def locate(cls, cachedir: str | Path | None, root: str | Path | None) -> Project:
        """Find the project of the working folder; explicit folders and MAKEIT_CACHEDIR come first."""
        chosen = cachedir or os.environ.get("MAKEIT_CACHEDIR")
        folder = os.path.abspath(os.path.expanduser(chosen)) if chosen else None
        if root is not None:
            top = os.path.abspath(os.path.expanduser(root))
        elif folder and os.path.basename(folder) == ".makeit":
            top = os.path.dirname(folder)
        else:
            top = _nearest(_working_folder())
        return cls(top, folder or os.path.join(top, ".makeit"))

    def opened(self) -> Project:
        """Return the project as it is when it is about to be worked in: its names in a shared cachedir are settled."""
        if os.path.basename(self.cachedir) == roots.OWN:
            return self
        self.check()
        with suppress(OSError):  # the first write will tell
            self.prepare()
            return self
        return Project(self.root, self.cachedir)

    @property
    def is_settled(self) -> bool:
        """Whether it could be found out what records call files."""
        return self.home != roots.NOWHERE or roots.is_damaged(self.cachedir)

    def vouch(self) -> None:
        """Raise OSError where it could not be found out what records call files."""
        roots.vouch(self.cachedir, self.home)

    def resolve(self, path: str | Path) -> str:
        """Return the absolute path of a file that a spec names: relative ones start at this project's root."""
        text = os.fspath(path)
        return self.absolute(text if text.startswith(_KEPT) else os.path.join(self.root, os.path.expanduser(text)))

    def absolute(self, name: str) -> str:
        """Return the absolute path of a file that a record names."""
        if name.startswith(_KEPT):
            # What makeit itself wrote; on the path of every reuse, so without joining where it can be.
            if "/." not in name and "//" not in name and os.sep == "/" and name[-1] != "/":
                return f"{self.cachedir}/{name[len(_KEPT) :]}"
            return os.path.normpath(os.path.join(self.cachedir, name[len(_KEPT) :]))
        return os.path.normpath(os.path.join(self.home, name))

    def relative(self, path: str) -> str:
        """Return the name of a file for records: relative where that is possible, so that a project can be moved."""
        return self._named(path, self.home)

    def portable(self, path: str) -> str:
        """Return the name of a file for fingerprints: relative in every project, whoever else uses the cachedir."""
        return self._named(path, self.root)

    def _named(self, path: str, root: str) -> str:
        for head, folder in ((_KEPT, self.cachedir), ("", root)):
            if path.startswith(folder + os.sep):
                return head + path[len(folder) + 1 :].replace(os.sep, "/")
        return path.replace(os.sep, "/")

    def elsewhere(self, path: str) -> list[str]:
        """Return where a file of this project was in the other roots of the cachedir, had it come from there."""
        if not path.startswith(self.root + os.sep) or path.startswith(self.cachedir + os.sep):
            return []
        return [other + path[len(self.root) :] for other in self.others()]

    def others(self) -> list[str]:
        """Return the roots of the other projects that share the cachedir, or did."""
        return roots.others(self.cachedir, self.home, self.root)

    @property
    def results(self) -> str:
        """The folder of the cachedir with the results that have no file name of their own."""
        return self.cachedir + os.sep + "results"

    def is_kept(self, path: str) -> bool:
        """Tell whether a file lies where nobody but makeit writes; a user may name other files in the cachedir."""
        # On the path of every reuse: no joining.
        return path.startswith(self.cachedir) and path.startswith(_RESULTS, len(self.cachedir))

    def kept_anchor(self, path: str) -> str:
        """Return the path that the record of a kept result is found by: that of its files without their endings."""
        function, _, below = path[len(self.results) + 1 :].partition(os.sep)
        return f"{self.results}{os.sep}{function}{os.sep}{key_of(below.partition(os.sep)[0])}"

    def mirror(self, folder: str, path: str, suffix: str = ".json") -> str:
        """Return where `folder` of the cachedir keeps what it knows of the file at `path`."""
        name = self.relative(path)
        name = f"@absolute{name}" if name.startswith("/") else name
        above, _, last = name.rpartition("/")
        return f"{_mirrored(self.cachedir, folder, above)}{os.sep}{_shortened(last, path)}{suffix}"

    def check(self) -> None:
        """Raise MakeitError for a cachedir that a newer makeit has laid out."""
        try:
            content, _ = content_of(os.path.join(self.cachedir, "layout"))
            found = content.decode("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return  # not made yet, or out of reach: the first write will tell
        if found.strip("\0") not in ("", LAYOUT):  # a crash may empty a note that was not synced
            raise MakeitError(
                f"the cachedir {self.cachedir} has layout {found!r}, this makeit knows {LAYOUT!r}; "
                "upgrade makeit-core, or give another cachedir"
            )

    def prepare(self) -> None:
        """Make the cachedir with the files that explain it; OSError where that cannot be done."""
        roots.enter(self.cachedir, self.home, self.root)
        layout = os.path.join(self.cachedir, "layout")
        if os.path.exists(layout):
            return
        os.makedirs(self.cachedir, exist_ok=True)
        for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n"), ("README", _README)):
            path = os.path.join(self.cachedir, name)
            if not os.path.exists(path):
                write_small(path, text.encode(), durable=False)
        write_small(layout, f"{LAYOUT}\n".encode(), durable=False)


def key_of(name: str) -> str:
    """Return the key of the call that a kept result is of, by the name of its file: what stands before any ending."""
    return name.partition(".")[0].partition("-")[0]


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        raise MakeitError(
            "the working folder was deleted, so that nobody knows where relative outputs start; change to one that is "
            "there, or give Maker(root=..., cachedir=...)"
        ) from error


def _nearest(folder: str) -> str:
    """Find the nearest folder upwards that holds a mark of a project; else the folder itself."""
    here = folder
    while True:
        if any(os.path.exists(os.path.join(here, mark)) for mark in _MARKS):
            return here
        above = os.path.dirname(here)
        if above == here:
            return folder
        here = above


@functools.lru_cache(maxsize=1024)
def _mirrored(cachedir: str, folder: str, above: str) -> str:
    return os.path.join(cachedir, folder, *map(_component, above.split("/") if above else ()))


def _component(part: str) -> str:
    # A folder must never have the name that the record of a file beside it has.
    return _shortened(f"{part}@" if part.rstrip("@").endswith(".json") else part, part)


def _shortened(part: str, whole: str) -> str:
    """Keep a name within the 255 bytes of file systems, together with suffixes and temporary marks."""
    if len(part) <= _LONGEST and (part.isascii() or len(os.fsencode(part)) <= _LONGEST):
        return part
    return f"{part[:48]}~{checksum(os.fsencode(whole))}"
