"""`makeit new-plugin`: a whole plugin project to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from makeit.cli import terminal

TEMPLATE = Path(__file__).with_name("template")
_FORMAT = re.compile(r"[a-z][a-z0-9_.+-]+")
_SUFFIX = re.compile(r"(\.[A-Za-z0-9_+-]+)+")


@click.command("new-plugin")
@click.argument("name")
@click.option("--suffix", help="Suffix of the files; the default is the name, as in .NAME.")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="Folder to make; default makeit-NAME.")
def command(name: str, suffix: str | None, into: Path | None) -> None:
    """Write a plugin project for the format NAME: a persister, its tests, a README and a CI file.

    The tests pass as they are: replace what the persister saves and loads, step by step.

    \b
    Examples:
      makeit new-plugin myfmt
      makeit new-plugin myfmt --suffix .my --into ~/plugins/makeit-myfmt

    Exit status: 0, 1 where the folder is there already, 2 for a name that no format can have.
    """
    format = name.removeprefix("makeit-").lower()
    suffix = suffix or f".{format}"
    if not _FORMAT.fullmatch(format):
        raise click.BadParameter(
            f"{name!r} cannot name a format: two characters or more, a to z first, then also 0 to 9 and _ . + -",
            param_hint="NAME",
        )
    if not _SUFFIX.fullmatch(suffix):
        raise click.BadParameter(f"{suffix!r} is no suffix; one begins with a dot, as in .my", param_hint="--suffix")
    folder = into or Path(f"makeit-{format}")
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is there already and not empty; give another place with --into")
    for path in write(folder, format, suffix):
        terminal.say(f"wrote {path}")
    terminal.say()
    for line in ("Next:", f"  cd {folder}", "  pip install -e '.[test]'", "  pytest"):
        terminal.say(line)


def write(folder: Path, format: str, suffix: str) -> Iterator[Path]:
    """Write the project for a format into a folder; yield each file as it is written."""
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_dir() or "__pycache__" in source.parts:
            continue
        target = folder / _renamed(str(source.relative_to(TEMPLATE)), format, suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_renamed(source.read_text(encoding="utf-8"), format, suffix), encoding="utf-8")
        yield target


def _renamed(text: str, format: str, suffix: str) -> str:
    """Replace the names of the template, which is a plugin itself, by those of the new format."""
    words = re.split(r"[^a-z0-9]+", format)
    for old, new in (
        ("makeit_example", f"makeit_{'_'.join(words)}"),
        ("makeit-example", f"makeit-{'-'.join(words)}"),
        ("ExampleFile", f"{''.join(word.capitalize() for word in words)}File"),
        (".example", suffix),
    ):
        text = text.replace(old, new)
    return re.sub(r"\bexample\b", format, text)
