"""The log of what processes asked of the file system, written by strace and read back with every byte."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import evolve, frozen

# A question mark lets strace pass over a call that this processor's system does not have.
_TRACED = (
    "open openat creat close dup dup2 dup3 fcntl lseek write pwrite64 writev pwritev truncate ftruncate fallocate "
    "sendfile copy_file_range rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat "
    "rmdir utimensat chmod fchmod fchmodat fchmodat2 fsync fdatasync stat lstat fstat newfstatat"
)
_LONGEST = 1 << 24
_LINE = re.compile(r"(\d+)\.(\d+) (\w+)\((.*)\) += (-?\d+)", re.DOTALL)
_ARGUMENT = re.compile(r'(?:"[^"]*"|\[[^\]]*\]|\{[^}]*\}|[^,"\[{])+')
_STRING = re.compile(r'"([^"]*)"')
_HERE = "AT_FDCWD"


@frozen
class Syscall:
    """One call that succeeded, in the form that takes a folder's descriptor where there is one."""

    name: str
    arguments: tuple[str, ...]
    result: int
    time_ns: int

    def number(self, place: int) -> int:
        """Return an argument that is a number; -1 for the working folder."""
        return -1 if self.arguments[place] == _HERE else int(self.arguments[place], 0)

    def text(self, place: int) -> str:
        """Return an argument that is a path."""
        return os.fsdecode(b"".join(_strings(self.arguments[place])))

    def content(self, place: int) -> bytes:
        """Return the bytes that a call wrote, however many pieces they were given in."""
        return b"".join(_strings(self.arguments[place]))[: self.result]

    def renumbered(self, process: int, other: int) -> Syscall:
        """Return the call of a process of another number, where files are named after it."""
        old, new = (f"-{number}-".encode().hex("\0").replace("\0", "\\x") for number in (process, other))
        return evolve(self, arguments=tuple(argument.replace(old, new) for argument in self.arguments))

    def fields(self, place: int, name: str) -> list[int]:
        """Return the numbers that fields of this name have in a structure, or in several."""
        return [int(found) for found in re.findall(rf"\b{name}=(-?\d+)", self.arguments[place])]


def missing() -> str:
    """Say why strace cannot be used here; empty if it can."""
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not installed"
    tried = subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    return f"strace cannot trace here: {tried.stderr.strip()[-200:]}" if tried.returncode else ""


def traced(command: Sequence[str], prefix: Path) -> list[str]:
    """Return the command that runs another one and logs each of its processes to `prefix` and its number."""
    calls = ",".join(f"?{name}" for name in _TRACED.split())
    return [
        "strace",
        "-ff",
        "-ttt",
        "-v",
        "-xx",
        "-s",
        str(_LONGEST),
        "-o",
        str(prefix),
        "-e",
        f"trace={calls}",
        *command,
    ]


def read(log: Path) -> Iterator[Syscall]:
    """Yield the calls of one process that succeeded, in their order."""
    for line in log.read_text("ascii").splitlines():
        found = _LINE.match(line)
        if found is None or found[5].startswith("-"):
            continue
        arguments = tuple(item.strip() for item in _ARGUMENT.findall(found[4]))
        name, arguments = _unified(found[3], arguments)
        yield Syscall(name, arguments, int(found[5]), int(found[1]) * 10**9 + int(found[2].ljust(9, "0")))


def _unified(name: str, given: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return a call in the one form that stands for all its older ones."""
    match name:
        case "open" | "mkdir" | "unlink" | "chmod":
            return f"{name}at" if name != "chmod" else "fchmodat", (_HERE, *given)
        case "creat":
            return "openat", (_HERE, given[0], "O_WRONLY|O_CREAT|O_TRUNC")
        case "rmdir":
            return "unlinkat", (_HERE, *given)
        case "stat" | "lstat":
            return "newfstatat", (_HERE, *given)
        case "fstat":
            return "newfstatat", (given[0], '""', given[1])
        case "rename" | "link":
            return f"{name}at", (_HERE, given[0], _HERE, given[1])
        case "renameat2":
            return "renameat", given
        case "symlink":
            return "symlinkat", (given[0], _HERE, given[1])
    return name, given


def _strings(argument: str) -> list[bytes]:
    return [bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(argument)]
