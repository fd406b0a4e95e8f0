"""How a command ends when it does not run through: a message without a traceback, and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from makeit.cli.characters import visible
from makeit.errors import MakeitError

# As shells say it of a program that a signal ended: SIGINT, SIGPIPE.
_INTERRUPTED, _NOT_READ = 130, 141


@contextmanager
def ended() -> Iterator[None]:
    """End what is asked as a command does: a click error for what was refused, and an exit for a reader that left."""
    _spell_out()
    try:
        yield
    except click.ClickException as error:
        said = error.format_message()
        if _plain(said) == said:
            raise
        raise _plainly(error, _plain(said)) from error
    except click.Abort as abort:
        if not isinstance(abort.__context__, KeyboardInterrupt):
            raise
        _interrupted()
    except KeyboardInterrupt:
        _interrupted()
    except BrokenPipeError:
        _let_go()
        raise SystemExit(_NOT_READ) from None
    except UnicodeEncodeError as error:
        name = _plain(str(error.object))
        raise click.ClickException(
            f"this locale has no letters for {name}; set PYTHONUTF8=1, or another LANG"
        ) from error
    except (MakeitError, OSError) as error:
        raise click.ClickException(_plain(str(error))) from error


def _spell_out() -> None:
    """Let no character fail that the encoding of the terminal does not have."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and stream.encoding.lower() not in ("utf-8", "utf8"):
            stream.reconfigure(errors="makeit.spelled")


def _plain(message: str) -> str:
    return "\n".join(map(visible, message.split("\n")))


def _plainly(error: click.ClickException, message: str) -> click.ClickException:
    return (
        click.UsageError(message, error.ctx) if isinstance(error, click.UsageError) else click.ClickException(message)
    )


def _interrupted() -> None:
    with suppress(OSError):
        click.echo("\nInterrupted.", err=True)
    raise SystemExit(_INTERRUPTED) from None


def _let_go() -> None:
    # Python flushes standard output once more at its end, and would complain.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
