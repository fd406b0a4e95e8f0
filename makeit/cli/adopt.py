"""`makeit adopt`: files that somebody edited become the results of the calls that made them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from makeit.cli import asking, changing, terminal

if TYPE_CHECKING:
    from makeit.records import FileRecord, Record
    from makeit.review.sayings import Said, Sayings
    from makeit.store.catalogue import Catalogue, Filed


@click.command("adopt")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="PATH...")
def command(paths: tuple[str, ...]) -> None:
    """Take files that were changed by hand for the results of the calls that made them.

    A call gives back what is in the file from then on, what was made from it runs again, and makeit leaves the file
    alone: it is a person's work. All files of the call are adopted together. A file that makeit never made has no
    call; that is told to the function, as in mask.adopt("sub-01").

    \b
    Examples:
      makeit adopt derivatives/sub-01/mask.nii.gz
      makeit adopt derivatives/*/mask.nii.gz

    Exit status: 0 where they were adopted, 1 where one was refused or nothing differs, 2 for a path that is not there.
    """
    from makeit.review.sayings import Sayings

    catalogue = asking.catalogue()
    sayings = Sayings(catalogue)
    met: set[str] = set()
    changing.each(paths, lambda path: _adopt(sayings, catalogue, path, met))


def _adopt(sayings: Sayings, catalogue: Catalogue, path: str, met: set[str]) -> bool:
    filed = _owner(path, catalogue)
    if filed.place in met:
        return True
    met.add(filed.place)
    said = sayings.adopt(filed)
    if said is None:
        terminal.say(f"nothing to adopt: {path} is what makeit wrote, or was adopted before")
        return False
    terminal.say(["adopted ", terminal.Cell(path, "bold"), f" as the result of {filed.record.named}"])
    _show(said)
    changing.show_way_back(said, path)
    return True


def _owner(path: str, catalogue: Catalogue) -> Filed:
    """Return the call that made a file; MakeitError where there is none."""
    from makeit.errors import MakeitError
    from makeit.store.catalogue import Filed
    from makeit.store.ledger import Ledger

    place = Ledger(catalogue.project).place_of_owner(os.path.abspath(path))
    found = catalogue.at(place) if place else None
    if isinstance(found, Filed):
        return found
    if found is not None:
        raise MakeitError(f"the record of {path} is damaged: {found.cause} ({found.path})")
    raise MakeitError(
        f"makeit never made {path}, so that it does not know of which call it is the result; call .adopt(...) of the "
        "function with the arguments of that call"
    )


def _show(said: Said) -> None:
    before = {file.path: file for file in _files(said.before)}
    for file in _files(said.after) if said.after else ():
        old = before.get(file.path)
        if old is None or old.digest != file.digest:
            terminal.say(f"  {file.path}: {_content(old)} → {_content(file)}")


def _files(record: Record) -> list[FileRecord]:
    return [file for output in record.outputs for file in output.files]


def _content(file: FileRecord | None) -> str:
    return f"{file.digest} ({terminal.size(file.size)})" if file else "none"
