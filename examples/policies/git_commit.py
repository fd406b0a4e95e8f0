"""The git commit counts: `Maker(plugins=[git_commit])` with this module, or `commit = "git_commit"`."""

from __future__ import annotations

import functools
import os
import subprocess

from makeit import hookimpl
from makeit.model import Call


@hookimpl
def makeit_key_parts(call: Call) -> dict[str, str] | None:
    """Give the commit that is checked out where the function is defined; nothing outside of git."""
    folder = os.path.dirname(call.defined)
    commit = head(folder if os.path.isdir(folder) else os.getcwd())  # what is typed in belongs to the working folder
    return {"git commit": commit} if commit else None


# Once in a process: what runs was imported from this commit, whatever is checked out meanwhile.
@functools.cache
def head(folder: str) -> str:
    """Return the commit that is checked out around a folder; nothing outside of git."""
    command = ["git", "-C", folder, "rev-parse", "--verify", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
