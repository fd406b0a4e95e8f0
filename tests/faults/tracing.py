"""Faults in system calls, by strace: counted in one run of a child, then injected one by one into others."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.faults.children import Child

_NAMES = (
    "openat open creat write pwrite64 writev read pread64 readv fstat newfstatat stat lstat statx access faccessat "
    "faccessat2 readlink readlinkat lseek ftruncate fallocate mkdir mkdirat rmdir unlink unlinkat rename renameat "
    "renameat2 link linkat symlink symlinkat utimensat fchmod chmod fchmodat fsync fdatasync getdents64 flock close "
    "mmap sendfile copy_file_range"
)
# With a question mark strace passes over names that this machine does not have.
_TRACED = "trace=" + ",".join(f"?{name}" for name in _NAMES.split())
_LINE = re.compile(r"(?:\d+ +)?(\w+)\((.*)")


@frozen
class Syscall:
    """The `number`-th system call of its name in a run, and its arguments as strace shows them."""

    name: str
    number: int
    arguments: str


@frozen
class Run:
    """What a child reported that ran under strace, its exit status, and what strace wrote."""

    report: Any
    status: int
    lines: tuple[str, ...]

    def calls(self) -> list[Syscall]:
        """Return the system calls in their order; maps of memory that no file is behind are left out."""
        counts: Counter[str] = Counter()
        found = []
        for line in self.lines:
            if matched := _LINE.match(line):
                name, arguments = matched.groups()
                counts[name] += 1
                if name != "mmap" or "MAP_ANONYMOUS" not in arguments:
                    found.append(Syscall(name, counts[name], arguments))
        return found

    @property
    def injected(self) -> bool:
        """Whether the fault came up."""
        return any("(INJECTED" in line for line in self.lines) or os.WIFSIGNALED(self.status)


class NotTraceable(Exception):
    """Strace could not attach to a child."""


def run(child: Child, inject: str = "") -> Run:
    """Attach strace to a child that waits, let it go, and see it end; NotTraceable where that is impossible."""
    with tempfile.TemporaryDirectory(prefix="makeit-trace-") as folder:
        trace = Path(folder) / "trace"
        command = ["strace", "-f", "-s", "0", "-e", _TRACED, "-o", str(trace), "-p", str(child.pid)]
        injection = ["-e", f"inject={inject}"] if inject else []
        with subprocess.Popen([*command, *injection], stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr
            said = strace.stderr.readline()
            child.go()
            report, status = child.end()
            strace.stderr.read()
        if "attached" not in said:
            raise NotTraceable(said.strip())
        return Run(report, status, tuple(trace.read_text().splitlines()))


def obstacle() -> str:
    """Say why strace cannot be used here; empty if it can."""
    if not shutil.which("strace"):
        return "strace is not installed (apt-get install strace)"
    try:
        run(Child(lambda: None))
    except NotTraceable as error:
        return f"strace cannot attach to a process of its own user: {error}"
    return ""
