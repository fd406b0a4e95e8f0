"""The command `makeit`: each subcommand is a module that is imported when it is used."""

from __future__ import annotations

import importlib
import os
from typing import Any

import click

# Name of the command, its module, and what `makeit --help` says of it: nothing is imported to find that out.
_COMMANDS = {
    "bids-init": ("bids_init", "Describe a folder of results as a BIDS derivative dataset."),
    "log": ("log", "Print what ran, when, how long, why, and in which process."),
    "new-plugin": ("new_plugin", "Write a plugin project for a format of your own."),
    "plugins": ("plugins", "List formats and plugins, and what is wrong with any."),
}


class _Lazy(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"makeit.cli.{_COMMANDS[name][0]}").command
        return found

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.list_commands(context)])


def _start_in(context: click.Context, option: click.Parameter, folder: str | None) -> None:
    if folder is not None:
        os.chdir(folder)


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 all is well, 1 something is not (out of date, missing, changed, broken, refused), "
    "2 what was asked makes no sense here. NO_COLOR switches colours off.",
)
@click.version_option(package_name="makeit-core", prog_name="makeit")
@click.option(
    "-C",
    "--directory",
    type=click.Path(exists=True, file_okay=False),
    callback=_start_in,
    is_eager=True,
    expose_value=False,
    help="Work as if started in this folder.",
)
def main(**_: Any) -> None:
    """Ask what makeit keeps, why a function would run, and who made a file."""
