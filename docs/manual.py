"""Fill in command.md from the commands and a real session with them: `python docs/manual.py` rewrites the page.

Between `<!-- commands -->` and `<!-- end of commands -->` stands what the commands say of themselves. A block of
`console` after `<!-- session -->` holds what its lines after `$` print in a terminal, one block after the other.
"""

import importlib
import inspect
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import types
import typing
from pathlib import Path

import attrs
import click

from makeit import model
from makeit.cli import PURPOSES, main

HERE = Path(__file__).parent
PAGE = HERE / "command.md"
EXAMPLES = HERE.parent / "examples"
COMMANDS = re.compile(r"(?<=^<!-- commands -->\n).*?(?=^<!-- end of commands -->$)", re.DOTALL | re.MULTILINE)
SESSION = re.compile(r"(?<=^<!-- session -->\n```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
COLUMNS = 110

# What the commands print as JSON: one object, or an array of them, and the class or the words that say what is in it.
SHAPES = {
    "clean": ("object", "makeit.cli.clean.Report"),
    "graph": (
        "object",
        "`nodes`, each with `id`, `kind` (call, file, gone, code) and `name`, of calls also `record`, `call`, "
        "`function` and `outputs`; and `edges`, each with `from`, `to`, `kind` (data, nested, code), of data also "
        "`argument` and `output`.",
    ),
    "log": ("array", "makeit.store.runs.Event"),
    "ls": ("array", "makeit.cli.listing.Listed"),
    "plugins": ("array", "makeit.survey.Surveyed"),
    "show": (
        "array",
        "of a call all fields of its record, its `place`, the `condition` of each file by its path, and `lineage`: "
        "`up` and `down`, each with `nodes` and `edges` as of graph; of a raw file its node and lineage.",
    ),
    "status": ("object", "makeit.cli.status.Status"),
    "verify": ("object", "makeit.cli.verify.Report"),
    "why": ("array", "makeit.cli.why.Answer"),
}


def filled(text):
    """Return the text of the page with what the commands say and print now."""
    text = with_commands(text)
    printed = iter(session(SESSION.findall(text)))
    return SESSION.sub(lambda _: next(printed), text)


def with_commands(text):
    """Return the text of the page with what the commands say of themselves now."""
    return COMMANDS.sub(lambda _: commands(), text)


def commands():
    """Return the chapters of the manual: a section for each command, by what they are for."""
    context = click.Context(main, info_name="makeit", terminal_width=COLUMNS)
    parts = []
    for purpose, names in PURPOSES.items():
        parts.append(f"## {purpose}")
        for name in names:
            command = main.get_command(context, name)
            parts += section(name, command, click.Context(command, parent=context, info_name=name))
    return "\n" + "\n\n".join(parts) + "\n\n"


def section(name, command, context):
    """Yield heading, usage, text, options and JSON of a command, and its exit status at the end."""
    yield f"### makeit {name}"
    yield f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```"
    last = []
    for paragraph in inspect.cleandoc(command.help).split("\n\n"):
        if paragraph.startswith("\b"):
            lines = inspect.cleandoc(paragraph.removeprefix("\b\n").removeprefix("Examples:\n"))
            yield f"```sh\n{lines}\n```"
        elif paragraph.startswith("Exit status"):
            last.append(paragraph)
        else:
            yield paragraph
    options = [option.get_help_record(context) for option in command.params if isinstance(option, click.Option)]
    if options:
        yield "\n".join(["| option | |", "|---|---|", *(f"| `{escaped(a)}` | {escaped(b)} |" for a, b in options)])
    if name in SHAPES:
        yield f"`--json` prints {json_of(*SHAPES[name])}"
    yield from last


def escaped(text):
    """Return a text as a cell of a table may hold it."""
    return text.replace("|", "\\|")


def json_of(kind, found):
    """Say what a command prints as JSON; `found` is the class, or the words, that say what is in it."""
    before = "an array of objects" if kind == "array" else "an object"
    if " " in found:
        return f"{before}: {found}"
    cls = named(found)
    return f"{before} with {fields(cls)}. {' '.join(inspect.cleandoc(cls.__doc__).split())}"


def named(path):
    """Return the class of a dotted name."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def fields(cls):
    """Say what fields a class has, and what JSON holds for each."""
    # What a module imports for its annotations alone is looked up in the classes that they may name.
    known = vars(model) | vars(importlib.import_module("makeit.store.verifying"))
    hints = typing.get_type_hints(cls, localns={**known, **vars(sys.modules[cls.__module__])})
    return ", ".join(f"`{name}` ({words(hints[name])})" for name in names(cls))


def names(cls):
    """Return the names of the fields of a class that JSON holds as an object."""
    return [field.name for field in attrs.fields(cls)] if attrs.has(cls) else cls.__struct_fields__


def words(kind, several=False):
    """Say what JSON holds for a type, in words."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    end = "s" if several else ""
    if origin in (types.UnionType, typing.Union):
        rest = [one for one in inner if one is not type(None)]
        return " or ".join([*(words(one) for one in rest), *(["null"] if len(rest) < len(inner) else [])])
    if origin in (tuple, list):
        return f"array{end} of {words(inner[0], several=True)}"
    if origin is typing.Literal or kind is str:
        return f"string{end}"
    if kind is bool:
        return f"boolean{end}"
    if kind in (int, float):
        return f"number{end}"
    if attrs.has(kind) or hasattr(kind, "__struct_fields__"):
        return f"object{end}: {fields(kind)}"
    return f"object{end}"


def session(blocks):
    """Return blocks with what their commands print, in a copy of the example that has been run once."""
    with tempfile.TemporaryDirectory() as name:
        project = folder = Path(name).resolve() / "project"
        shutil.copytree(EXAMPLES, project, ignore=shutil.ignore_patterns("__pycache__", "first_level"))
        run([sys.executable, "first_level.py"], folder)
        found = []
        for block in blocks:
            lines = []
            for line in (line for line in block.splitlines() if line.startswith("$ ")):
                command = line.removeprefix("$ ")
                if command.startswith("cd "):
                    folder = folder / command.removeprefix("cd ")
                    lines.append(line)
                else:
                    lines += [line, *run(["bash", "-c", command], folder).splitlines()]
            found.append(placeless("".join(f"{line.rstrip()}\n" for line in lines), project))
    return found


def placeless(text, folder):
    """Return a text without the name of this machine and the folder of the session."""
    return re.sub(rf"\b{re.escape(socket.gethostname())}:\d+", "lab7:4211", text).replace(f"{folder}{os.sep}", "")


def run(command, folder):
    """Return what a command prints in a terminal without colours; what it shows while it works is no part of that."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKEIT_")}
    environment |= {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "TERM": "xterm", "LOGNAME": "ada"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    # Two edits of one second and of equal length would leave an old .pyc valid.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE
    )
    os.close(theirs)
    found = b""
    try:
        while chunk := os.read(ours, 65536):
            found += chunk
    except OSError:
        pass  # how a pseudo-terminal says that the other side is closed
    finally:
        os.close(ours)
    _, trouble = process.communicate()
    if trouble or process.returncode:
        raise RuntimeError(f"{shlex.join(command)}: {trouble.decode()}")
    return found.decode().replace("\r\n", "\n")


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
