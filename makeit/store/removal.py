"""Removing stored results: files first, the record last, and nothing that somebody else wrote or is writing.

Until its record goes, a call whose files are half gone is one whose files are missing: it runs again. A file whose
record went first would be taken for somebody else's for ever.
"""

from __future__ import annotations

import os
import stat
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING

from makeit.attributes import frozen
from makeit.identity.files import stamp
from makeit.identity.trees import is_folder
from makeit.model import Reason
from makeit.records import FileRecord, FileStamp, OutputRecord, Record
from makeit.store.atomic import abandoned, private_folder
from makeit.store.catalogue import Catalogue, Filed
from makeit.store.history import shelved
from makeit.store.ledger import Pointer, decode
from makeit.store.leftovers import is_astray, is_old
from makeit.store.owner import owner

if TYPE_CHECKING:
    from makeit.store.lock import Held
    from makeit.store.outputs import Outputs


class LeftAlone(Exception):
    """Something is not removed; the text says why."""


@frozen
class _Taken:
    """A file that is to go, and the stamp with which it was found to be makeit's own."""

    path: str
    stamp: FileStamp


@frozen(eq=False)
class Removal:
    """Remove results of one project; named files only where `named` says so.

    `shared` are the names of kept results that more than one record leads to.
    """

    catalogue: Catalogue
    outputs: Outputs
    named: bool = False
    shared: frozenset[str] = frozenset()

    def result(self, looked_at: Filed) -> None:
        """Remove the files of a call, then its record; LeftAlone, with the record in place, where that must not be.

        Of a call with named files, which stay, only what is kept inside the cachedir goes.
        """
        self.check(looked_at)  # reads what has to be read before anybody has to wait for the lock
        with self._locked(looked_at) as held:
            if held == "busy":
                raise LeftAlone("somebody else is writing it at the moment")
            again = self.catalogue.at(looked_at.place)
            if not isinstance(again, Filed) or not is_same_run(again.record, looked_at.record):
                raise LeftAlone("it was replaced meanwhile")
            own = self._own(again)
            if not own and not self.named and self.has_named(again.record):
                raise LeftAlone("another record leads to what it keeps")
            for taken in own:
                take(taken.path, taken.stamp)
                self._tidy(taken.path)
            if not self.has_named(again.record):
                self._withdraw(again)
            elif self.named:
                self.outputs.ledger.forget(again.anchor, again.record)
                self.outputs.ledger.fulfil(again.anchor)

    def _locked(self, filed: Filed) -> AbstractContextManager[Held]:
        """Keep others from publishing; nobody takes a lock for results that are all kept in the cachedir."""
        if not self.has_named(filed.record):
            return nullcontext("none")
        return self.outputs.locked(filed.anchor, *(self._absolute(file) for _, file in _files(filed.record)))

    def check(self, looked_at: Filed) -> None:
        """Raise LeftAlone where a call must stay, as far as that can be told without waiting for anybody."""
        if self.outputs.ledger.place(looked_at.anchor) != looked_at.place:
            raise LeftAlone("its record lies where makeit does not look for it")
        self._own(looked_at)

    def version(self, looked_at: Filed) -> None:
        """Remove an earlier result of a named output."""
        folder = os.path.dirname(looked_at.place)
        if os.path.islink(folder) or folder not in shelved(self.outputs.project, looked_at.anchor):
            raise LeftAlone("it lies where makeit does not look for it")
        with self.outputs.locked(looked_at.anchor) as held:
            if held == "busy":
                raise LeftAlone("somebody else is writing it at the moment")
            again = self.catalogue.at(looked_at.place)
            if not isinstance(again, Filed) or not is_same_run(again.record, looked_at.record):
                raise LeftAlone("it was brought back meanwhile")
            take(folder, stamp(folder))
            with suppress(OSError):
                os.rmdir(os.path.dirname(folder))

    def leftover(self, path: str) -> None:
        """Remove what belongs to no record; LeftAlone where it does by now, or where somebody works on it."""
        project = self.outputs.project
        found = self.catalogue.read(path) if path.endswith(".json") else None
        recorded = project.is_kept(path) and os.path.lexists(self._place_of_kept(path))
        astray = not isinstance(found, Pointer) or is_astray(path, found, project)
        if recorded or isinstance(found, Filed) or not astray:
            raise LeftAlone("it belongs to a record by now")
        if os.path.islink(path) or not (is_old(path) or path in abandoned(os.path.dirname(path))):
            raise LeftAlone("somebody works on it, or it is a link")
        take(path, stamp(path))

    def _own(self, filed: Filed) -> list[_Taken]:
        """Return the files of a record that are there and go with it; LeftAlone where one of them must not."""
        found = []
        for output, file in _files(filed.record):
            path = self._absolute(file)
            kept = self.outputs.project.is_kept(path)
            if kept and self._goes_with(file, filed):
                now = _stamp_of_own(path, self.outputs.project.results)
            elif not kept and self.named and not self._is_of_another(path, filed):
                now = self._named(output, file, path, filed)
            else:
                continue
            if now is not None:
                found.append(_Taken(path, now))
        return found

    def _goes_with(self, file: FileRecord, filed: Filed) -> bool:
        """Tell whether a kept result belongs to this record alone."""
        if self.outputs.project.is_kept(filed.anchor):
            return True
        place = self._place_of_kept(self._absolute(file))
        return file.path not in self.shared and not os.path.lexists(place)

    def _place_of_kept(self, path: str) -> str:
        return self.outputs.project.mirror("records", self.outputs.project.kept_anchor(path))

    def _named(self, output: OutputRecord, file: FileRecord, path: str, filed: Filed) -> FileStamp | None:
        """Return the stamp of a named file that is makeit's own; None where there is none."""
        if output.adopted:
            raise LeftAlone(f"{file.path} is a person's work: it was adopted")
        try:
            found = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise LeftAlone(f"{file.path} cannot be looked at: {error.strerror or error}") from error
        if stat.S_ISLNK(found.st_mode):
            raise LeftAlone(f"{file.path} is a link now, which makeit did not make")
        if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
            raise LeftAlone(f"{file.path} has another name, a hard link: removing this one would free nothing")
        now = self.outputs.found(filed.entry, file, executes=False)
        if isinstance(now, Reason):
            raise LeftAlone(now.text.removeprefix("output "))
        return now

    def _is_of_another(self, path: str, filed: Filed) -> bool:
        """Tell whether another call has written a file since; LeftAlone where nobody knows whose it is."""
        try:
            place = self.outputs.ledger.place_of_owner(path)
        except OSError as error:
            raise LeftAlone(f"whose file it is cannot be read: {error}") from error
        if place is None and os.path.lexists(path):
            raise LeftAlone(f"{path} has lost the note of whose it is")
        return place is not None and place != filed.place

    def has_named(self, record: Record) -> bool:
        """Tell whether any file of a record lies outside of the cachedir's results."""
        return any(not self.outputs.project.is_kept(self._absolute(file)) for _, file in _files(record))

    def _absolute(self, file: FileRecord) -> str:
        return self.outputs.project.absolute(file.path)

    def _tidy(self, path: str) -> None:
        """Remove the folders of a kept result that are empty now, below the folder of its function."""
        top, folder = self.outputs.project.results, os.path.dirname(path)
        with suppress(OSError):
            while folder.startswith(top + os.sep) and os.path.dirname(folder) != top:
                os.rmdir(folder)
                folder = os.path.dirname(folder)

    def _withdraw(self, filed: Filed) -> None:
        """Remove the record of a kept result; who publishes one takes no lock, so what is removed is looked at."""
        aside = f"{filed.place}.{owner()}-{os.urandom(4).hex()}~"
        with suppress(FileNotFoundError):
            os.rename(filed.place, aside)
            with open(aside, "rb") as file:
                found = decode(filed.place, file.read())
            if not isinstance(found, Record) or not is_same_run(found, filed.record):
                _put_back(aside, filed.place)
                raise LeftAlone("it was replaced meanwhile")
            os.unlink(aside)


def is_same_run(one: Record, other: Record) -> bool:
    """Tell whether two records are of one run, or of what a person said of it; stamps may have been renewed."""
    runs = [(record.call, record.started, record.change and record.change.when) for record in (one, other)]
    return runs[0] == runs[1]


def take(path: str, before: FileStamp | None) -> None:
    """Remove a file or folder that still has the stamp that it had; LeftAlone where it has not.

    A folder is renamed first, so that it is never there by half.
    """
    if before is None:
        return
    try:
        if not is_folder(path):
            if (now := stamp(path)) != before and now is not None:
                raise LeftAlone(f"{path} was changed meanwhile")
            os.unlink(path)
            return
        with private_folder(os.path.dirname(path)) as private:
            aside = os.path.join(private, os.path.basename(path))
            os.rename(path, aside)
            if stamp(aside) != before:
                os.rename(aside, path)
                raise LeftAlone(f"{path} was changed meanwhile")
    except FileNotFoundError:
        return
    except OSError as error:
        raise LeftAlone(f"{path} cannot be removed: {error.strerror or error}") from error


def _put_back(aside: str, place: str) -> None:
    # A still newer one that is there by now stays.
    with suppress(FileExistsError):
        os.link(aside, place)
    os.unlink(aside)


def _stamp_of_own(path: str, results: str) -> FileStamp | None:
    """Return the stamp of a kept result; LeftAlone where links lead out of the folder that nobody else writes in."""
    if not os.path.lexists(path):
        return None
    inside = os.path.realpath(os.path.dirname(path)).startswith(os.path.realpath(results) + os.sep)
    if os.path.islink(path) or not inside:
        raise LeftAlone(f"{path} is, or lies behind, a link that makeit did not make")
    return stamp(path)


def _files(record: Record) -> list[tuple[OutputRecord, FileRecord]]:
    return [(output, file) for output in record.outputs for file in output.files]
