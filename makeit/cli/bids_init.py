"""`makeit bids-init`: the description that makes a folder of results a BIDS derivative dataset."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from attrs import frozen

from makeit.cli import terminal
from makeit.errors import MakeitError
from makeit.store import json_object
from makeit.store.atomic import write_small
from makeit.version import __version__

#: The version of the specification that new datasets are described by: the newest that the released validator
#: (3.0.2) knows, which warns of 1.11.2 as unknown.
BIDS_VERSION = "1.11.1"
DESCRIPTION = "dataset_description.json"
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.+-]*)=(.+)", re.DOTALL)


@frozen
class Source:
    """A dataset that results are made from: a folder, or a URL or DOI; `name` is what BIDS URIs call it."""

    place: str
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Source:
        """Read `PATH-or-URL` or `NAME=PATH-or-URL`."""
        named = _NAMED.fullmatch(text)
        return cls(named[2], named[1]) if named else cls(text)

    @property
    def is_local(self) -> bool:
        """Whether this is a folder on this machine."""
        return not urlsplit(self.place).scheme

    def seen_from(self, folder: Path) -> str:
        """Return the place as a description in `folder` names it: a folder by its path from there."""
        if not self.is_local:
            return self.place
        return os.path.relpath(os.path.abspath(self.place), os.path.abspath(folder)).replace(os.sep, "/")


@click.command("bids-init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", help="Name of the dataset; the default is that of the folder.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="[NAME=]PATH-or-URL",
    help="Dataset that the results are made from; with a NAME, BIDS URIs can name files in it. May be repeated.",
)
def command(folder: Path, name: str | None, sources: tuple[str, ...]) -> None:
    """Describe FOLDER as a BIDS derivative dataset: write dataset_description.json, or bring it up to date.

    What is there already is kept: other tools, other keys, and a name that you gave.

    \b
    Examples:
      makeit bids-init derivatives
      makeit bids-init derivatives --name "Task blocks" --source raw=../raw

    Exit status: 0, 1 where the description that is there was left as it is, 2 for a source that is not there.
    """
    given = [Source.parse(text) for text in sources]
    for source in given:
        if source.is_local and not os.path.isdir(source.place):
            raise click.BadParameter(
                f"{source.place} is no folder; give the folder of a dataset, or a URL or DOI, as in doi:10.18112/...",
                param_hint="--source",
            )
    path = folder / DESCRIPTION
    changed = describe_dataset(folder, name=name, sources=given)
    terminal.say(f"wrote {path}" if changed else f"{path} is up to date")


def describe_dataset(folder: Path, *, name: str | None = None, sources: Sequence[Source] = ()) -> bool:
    """Write or update the description of a derivative dataset in `folder`; return whether anything had to change.

    MakeitError, with nothing changed, where the file that is there is no JSON object, or describes a dataset of
    another type; OSError where it cannot be written.
    """
    path = folder / DESCRIPTION
    before = _existing(path)
    found = dict(before or {})
    if name is not None or "Name" not in found:
        found["Name"] = name or os.path.basename(os.path.abspath(folder)) or "derivatives"
    found.setdefault("BIDSVersion", BIDS_VERSION)
    kind = found.setdefault("DatasetType", "derivative")
    if kind != "derivative":
        raise MakeitError(
            f"{path} describes a dataset of type {kind!r}, which was left as it is; give the folder that the results "
            "are in, as in makeit bids-init derivatives"
        )
    found["GeneratedBy"] = _with_makeit(_listed(found, "GeneratedBy", path))
    for source in sources:
        _add(found, source, folder, path)
    if found == before:
        return False
    write_small(os.fspath(path), json_object.encoded(found), durable=True)
    return True


def _existing(path: Path) -> dict[str, Any] | None:
    if not os.path.lexists(path):
        return None
    if not path.is_file():
        raise json_object.refusal(
            str(path), "it is a link to nothing" if path.is_symlink() else "it is no regular file"
        )
    with path.open("rb") as file:
        return json_object.decoded(file.read(json_object.LIMIT + 1), str(path))


def _listed(found: dict[str, Any], key: str, path: Path) -> list[Any]:
    value = found.get(key, [])
    if not isinstance(value, list):
        raise MakeitError(f"{path}: {key} should be a list, and is {value!r}; the file was left as it is, correct it")
    return value


def _with_makeit(entries: list[Any]) -> list[Any]:
    """Return the tools that made a dataset with makeit among them, once, in its present version."""
    own = [entry for entry in entries if isinstance(entry, dict) and entry.get("Name") == "makeit"]
    if not own:
        return [*entries, {"Name": "makeit", "Version": __version__}]
    kept = {**own[0], "Version": __version__}
    return [kept if entry is own[0] else entry for entry in entries if entry is own[0] or entry not in own]


def _add(found: dict[str, Any], source: Source, folder: Path, path: Path) -> None:
    place = source.seen_from(folder)
    listed = _listed(found, "SourceDatasets", path)
    key = "DOI" if place.lower().startswith("doi:") else "URL"
    if not any(isinstance(one, dict) and one.get(key) == place for one in listed):
        found["SourceDatasets"] = [*listed, {key: place}]
    if source.name:
        links = found.get("DatasetLinks", {})
        if not isinstance(links, dict):
            raise MakeitError(f"{path}: DatasetLinks should be an object, and is {links!r}; correct it")
        found["DatasetLinks"] = {**links, source.name: place}
