"""The command `makeit`: each subcommand is a module that is imported when it is used."""

from __future__ import annotations

import importlib
import os
from typing import Any

import click

from makeit.cli.endings import ended

# Name of the command, its module, and what `makeit --help` says of it: nothing is imported to find that out.
_COMMANDS = {
    "accept": ("accept", "Bless the present code for stored results."),
    "adopt": ("adopt", "Take files that were changed by hand for results."),
    "bids-init": ("bids_init", "Describe a folder of results as a BIDS derivative dataset."),
    "clean": ("clean", "Remove results, after showing which and asking."),
    "forget": ("forget", "Remove what is known of calls; their named files stay."),
    "graph": ("graph", "Draw what was made from what, for Graphviz, Mermaid or as SVG."),
    "log": ("log", "Print what ran, when, how long, why, and in which process."),
    "ls": ("ls", "List calls: outputs, sizes, ages, states."),
    "new-plugin": ("new_plugin", "Write a plugin project for a format of your own."),
    "plugins": ("plugins", "List formats and plugins, and what is wrong with any."),
    "show": ("show", "Show who made a file, from what, and what was made from it."),
    "status": ("status", "Say which calls are out of date, and why."),
    "undo": ("undo", "Take the last accept or adopt of calls back."),
    "verify": ("verify", "Compare every output with the digest that was recorded of it."),
    "why": ("why", "Say of a call what would run now, and why, without running it."),
}
#: What commands are for, in the order of `makeit --help` and of the manual.
PURPOSES = {
    "Look": ("ls", "show", "log", "status"),
    "Understand": ("why", "graph", "verify"),
    "Change": ("accept", "adopt", "undo", "forget", "clean"),
    "Extend": ("plugins", "new-plugin", "bids-init"),
}


class _Lazy(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [name for names in PURPOSES.values() for name in names]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"makeit.cli.{_COMMANDS[name][0]}").command
        found.context_settings.setdefault("max_content_width", 100)
        return found

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in _COMMANDS or args[0].startswith("-"):
            return super().resolve_command(context, args)
        from difflib import get_close_matches

        near = get_close_matches(args[0], _COMMANDS, 2)
        ways = f"did you mean {' or '.join(near)}?" if near else "makeit --help lists them"
        raise click.UsageError(f"there is no command {args[0]!r}; {ways}", context)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, _COMMANDS))
        for purpose, names in PURPOSES.items():
            with formatter.section(purpose):
                formatter.write_dl([(name.ljust(width), _COMMANDS[name][1]) for name in names])

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        with ended():
            return super().make_context(*args, **options)

    def invoke(self, context: click.Context) -> Any:
        with ended():
            return super().invoke(context)


def _start_in(context: click.Context, option: click.Parameter, folder: str | None) -> None:
    if folder is not None:
        os.chdir(folder)


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 all is well, 1 something is not (out of date, missing, changed, broken, refused), "
    "2 what was asked makes no sense here, 130 interrupted.",
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
    """Ask what makeit keeps, why a function would run, and who made a file.

    It works in the project of the working folder. Every command has -h; the commands that read have --json.
    """
