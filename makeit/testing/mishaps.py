"""What happens to files: cut short, emptied, zeroed, exchanged, lost; and to a save when the disk is full."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from makeit import Persister
from makeit.testing.contents import Contents, contents, put
from makeit.testing.declaration import Declaration
from makeit.testing.saving import place, reader, recorded, save

try:
    import resource
except ImportError:  # Windows limits no process
    resource = None  # type: ignore[assignment]

#: The outcomes that are as they should be.
REFUSED, EQUAL = "refused", "equal"


@frozen(eq=False)
class Mishap:
    """One thing that goes wrong; `happen` makes it happen and returns what came of it."""

    kind: str
    about: str
    happen: Callable[[], str]


def mishaps(suite: Declaration, folder: Path) -> Iterator[Mishap]:
    """Yield what can happen to each example, always in one order."""
    for number in range(len(suite.examples)):
        writer = save(suite, folder / str(number), suite.given(number))
        whole = contents(writer)
        for kind, about, damaged in _damages(writer, whole):
            yield _damage(suite, writer, kind, f"example {number}, {about}", damaged)
        if not writer.executes:
            yield _trap(suite, writer, f"example {number}")
        put(writer, whole)
        if resource is not None:
            size = max(map(len, whole.values()))
            for limit in sorted({0, size // 2, size - 1} & set(range(size))):
                about = f"example {number}, room for {limit} of {size} bytes"
                yield _full_disk(suite, writer, suite.given(number), folder / f"{number} full {limit}", about, limit)


def _damages(writer: Persister, whole: Contents) -> Iterator[tuple[str, str, Contents]]:
    for name, content in whole.items():
        size = len(content)
        for cut in sorted({1, size // 4, size // 2, size * 3 // 4, size - 1} & set(range(1, size))):
            yield "truncated", f"{name} cut after {cut} of {size} bytes", {**whole, name: content[:cut]}
    yield "empty", "emptied", dict.fromkeys(whole, b"")
    if any(whole.values()):
        yield "zero-filled", "zeroed", {name: bytes(len(content)) for name, content in whole.items()}
    for what, make in FOREIGN.items():
        yield "foreign", what, {name: make(len(content)) for name, content in whole.items()}
    for path in map(Path, writer.files()):
        lost = {name: content for name, content in whole.items() if name.split("/")[0] != path.name}
        yield "missing", f"{path.name} removed", lost


FOREIGN: dict[str, Callable[[int], bytes]] = {
    "random bytes of the same size": lambda size: random.Random(size).randbytes(size),
    "a kilobyte of random bytes": lambda size: random.Random(0).randbytes(1024),
    "a picture (PNG)": lambda size: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + random.Random(1).randbytes(500),
    "a zip archive of something else": lambda size: _zip(),
    "a gzip file of something else": lambda size: gzip.compress(b"\x80 something else\n" * 40, mtime=0),
}


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo("something/else.bin"), b"\x80 something else\n" * 40)
    return stream.getvalue()


def _damage(suite: Declaration, writer: Persister, kind: str, about: str, damaged: Contents) -> Mishap:
    def happen() -> str:
        whole = contents(writer)
        wanted = reader(suite, writer).load()
        put(writer, damaged)
        try:
            return _loading(suite, writer, wanted)
        finally:
            put(writer, whole)

    return Mishap(kind, about, happen)


def _loading(suite: Declaration, writer: Persister, wanted: Any) -> str:
    """Load a damaged file; what was cut off or exchanged may also have been of no importance."""
    try:
        found = reader(suite, writer).load()
    except Exception:
        return REFUSED
    except BaseException as error:
        return f"load() left with {type(error).__name__}, which stops a program"
    try:
        return EQUAL if suite.agrees(found, wanted) else f"load() gave {found!r:.200}"
    except Exception as error:
        return f"load() gave a value that cannot be read afterwards: {type(error).__name__}: {error}"


class _Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return Path.touch, (self.marker,)


def _trap(suite: Declaration, writer: Persister, about: str) -> Mishap:
    def happen() -> str:
        whole = contents(writer)
        marker = Path(writer.filename).parent.parent / "code was run"
        put(writer, dict.fromkeys(whole, pickle.dumps(_Trap(marker))))
        with suppress(Exception):
            reader(suite, writer).load()
        put(writer, whole)
        if not marker.exists():
            return REFUSED
        marker.unlink()
        return "load() ran code out of the file"

    return Mishap("trap", about, happen)


def _full_disk(suite: Declaration, writer: Persister, value: Any, folder: Path, about: str, limit: int) -> Mishap:
    def happen() -> str:
        persister = suite.persister(place(suite, folder))
        try:
            with _room_for(limit):
                persister.notes = recorded(persister.save(value))
        except OSError:
            return REFUSED
        except BaseException as error:
            return f"save() raised {type(error).__name__}: {error}"
        # Where saving is not deterministic, this time the room may have been enough.
        found = _loading(suite, persister, reader(suite, writer).load())
        return EQUAL if found == EQUAL else "save() returned as if all were well"

    return Mishap("full", about, happen)


@contextmanager
def _room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond a size; Python ignores the signal, so that writing fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
