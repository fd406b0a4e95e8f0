"""Edits within one tick of the clock: the same size and time stamps, on a file system that cannot tell them apart."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from makeit import ForeignFileError, Maker
from makeit.identity import files
from makeit.store import digests, ledger, outputs
from tests.faults import apart
from tests.faults.catalogue import until_noticed
from tests.faults.suite import Protection, Suite, Tally

# A file system in memory whose stamps move by ticks on every Linux; others have finer ones since 6.13.
_MOUNT = ("unshare", "-Urm", "sh", "-c", 'mount -t ramfs ramfs . && cd . && exec "$@"', "sh")
_LARGE = 10_000


def run(count: int, without: str) -> Tally:
    """Edit files right after they were stamped."""
    ahead = _MOUNT if _can_mount() else ()
    return apart.tally_of(edit, without, [count], ahead=ahead)


def _can_mount() -> bool:
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*_MOUNT, "true"], capture_output=True, check=False).returncode == 0


def edit(count: int) -> Tally:
    """Edit files in every way in turn, `count` times in total."""
    tally = Tally()
    if not any(_is_within_a_tick(Path("probe")) for _ in range(100)):
        tally.skipped = (
            "the stamps of this file system tell any two edits apart, and no other can be mounted; "
            "run as root, or allow user namespaces, so that ramfs can be"
        )
        return tally
    os.chdir(os.getcwd())
    maker = Maker(cachedir=os.path.abspath(".makeit"), root=os.getcwd())
    functions = maker(words, output="text:{number}.txt"), maker(content, output=None, keep=None)
    for number in until_noticed(range(count), tally):
        way, back_in_time = _WAYS[number % len(_WAYS)]
        tally.tried += 1
        fault = way(*functions, number, back_in_time)
        if fault:
            kept = " with its time restored" if back_in_time else ""
            tally.bad("wrong", f"{way.__name__}{kept}: {fault}")
    return tally


def words(number: int) -> str:
    """Return a text of that number, of one length."""
    return f"{number:09d}"


def content(path: Path) -> bytes:
    """Return the beginning of a file."""
    return path.read_bytes()[:9]


def _published(made: Any, reads: Any, number: int, back_in_time: bool) -> str:
    made(number)
    return _edited(made, number, back_in_time)


def _touched(made: Any, reads: Any, number: int, back_in_time: bool) -> str:
    made(number)
    os.utime(f"{number}.txt")
    made(number)
    return _edited(made, number, back_in_time)


def _dated_back(made: Any, reads: Any, number: int, back_in_time: bool) -> str:
    made(number)
    os.utime(f"{number}.txt", (1.5, 1.5))
    made(number)
    return _edited(made, number, back_in_time)


def _adopted(made: Any, reads: Any, number: int, back_in_time: bool) -> str:
    Path(f"{number}.txt").write_text("a person")
    made.adopt(number)
    return _edited(made, number, back_in_time)


def _edited(made: Any, number: int, back_in_time: bool) -> str:
    """Edit an output and call: the file has to be refused and left alone."""
    path = Path(f"{number}.txt")
    _edit(path, "by hand", back_in_time)
    before = path.read_bytes()
    for force in ("__call__", "rerun"):
        try:
            return f"{force} gave {getattr(made, force)(number)!r} although the file was edited"
        except ForeignFileError:
            pass
    return "" if path.read_bytes() == before else "the edit was overwritten"


def _read(made: Any, reads: Any, number: int, back_in_time: bool) -> str:
    return _read_again(reads, Path(f"{number}.in"), f"{number:09d}", back_in_time)


def _read_large(made: Any, reads: Any, number: int, back_in_time: bool) -> str:
    return _read_again(reads, Path(f"{number}.in"), f"{number:09d}" * _LARGE, back_in_time)


def _read_dated_back(made: Any, reads: Any, number: int, back_in_time: bool) -> str:
    return _read_again(reads, Path(f"{number}.in"), f"{number:09d}" * _LARGE, back_in_time, (1.5, 1.5))


def _read_again(reads: Any, path: Path, text: str, back_in_time: bool, times: tuple[float, float] | None = None) -> str:
    """Edit an input after a call: the next one has to read it again."""
    path.write_text(text)
    os.utime(path, times)
    reads(path)
    _edit(path, "by hand", back_in_time)
    found, right = reads(path), content(path)
    return "" if found == right else f"gave {found!r} for a file that holds {right!r}"


def _edit(path: Path, text: str, back_in_time: bool) -> None:
    """Write over the beginning of a file."""
    before = path.stat()
    with path.open("r+") as file:
        file.write(text)
    if back_in_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _is_within_a_tick(path: Path) -> bool:
    path.write_text("a")
    before = path.stat()
    _edit(path, "b", True)
    after = path.stat()
    return (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns)


_WAYS: list[tuple[Callable[..., str], bool]] = [
    (way, back_in_time)
    for way in (_published, _touched, _dated_back, _adopted, _read, _read_large, _read_dated_back)
    for back_in_time in (False, True)
]

SUITE = Suite("edits within a tick", "edits that keep size and stamps: 0 unseen", run, 560, 7_000)


def _call_it_settled() -> None:
    for module in (files, outputs, ledger, digests):
        module.settled = lambda mtime_ns, later_ns: True  # type: ignore[attr-defined]


PROTECTION = Protection("racy rule", _call_it_settled, SUITE, 280)
