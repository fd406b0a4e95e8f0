"""A project as a person works on it: a module that is edited and reloaded, its made functions, and their files."""

from __future__ import annotations

import importlib
import io
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import frozen

import makeit.workbench
from makeit import CacheWarning, ForeignFileError, MakeitError, Maker
from tests.faults.shelves import SHELVES, SOURCE, Code

_NAME = "makeit_study"


@frozen
class Answer:
    """What a call came to: its value or its error, whether the function ran, and what was warned of."""

    value: Any = None
    error: Exception | None = None
    ran: bool = False
    warned: str = ""

    @property
    def refused(self) -> bool:
        """Whether somebody's file was in the way."""
        return isinstance(self.error, ForeignFileError)


class Study:
    """The project on the disk, with its module loaded."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="study-", dir="."))
        self.root = self.root.resolve()
        self.code = Code()
        self.edit(self.code, "as it was first")

    # The person at work

    def edit(self, code: Code, note: str) -> None:
        """Write the module anew and load it, as in a notebook that runs on."""
        self.code = code
        text = SOURCE.format(factor=code.factor, offset=code.offset, note=note)
        (self.root / f"{_NAME}.py").write_text(text)
        self._make(self._reloaded())

    def restart(self) -> None:
        """Load everything as a new process does: nothing is remembered of files and records."""
        makeit.workbench._benches.clear()
        sys.modules.pop(_NAME, None)
        self._make(self._reloaded())

    def move(self, copy: Callable[[str, str], Any] | None) -> None:
        """Move the project to another folder, or copy it there, and go on in the copy."""
        place = Path(tempfile.mkdtemp(prefix="study-", dir=self.root.parent)) / "moved"
        if copy is None:
            os.rename(self.root, place)
        else:
            shutil.copytree(self.root, place, copy_function=copy)
            shutil.rmtree(self.root)
        self.root = place
        self.restart()

    def close(self) -> None:
        """Remove the project."""
        sys.modules.pop(_NAME, None)
        shutil.rmtree(self.root, ignore_errors=True)

    def spoil(self, path: Path, damage: Callable[[bytes], bytes | None]) -> None:
        """Damage a file, or remove it."""
        content = damage(path.read_bytes())
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None where there is none."""
        path = self.root / name
        return path.read_bytes() if path.exists() else None

    def note_of(self, shelf: str, x: int, second: bool) -> Path:
        """Return the file that holds the record of a call, or the pointer of its second output."""
        made = self.functions[shelf]["refuse"]
        call = made._bound((x,), {})
        return Path(made._works.bench.ledger.place(call.outputs[1].path if second else call.anchor))

    def kept_files(self, shelf: str, x: int) -> list[Path]:
        """Return the files of a result inside the cachedir that are there."""
        record = self.functions[shelf]["refuse"].record(x)
        files = [file.path for output in record.outputs for file in output.files] if record else []
        paths = [self.root / file.replace("@cachedir", ".makeit") for file in files]
        return [path for path in paths if path.exists()]

    def _reloaded(self) -> ModuleType:
        importlib.invalidate_caches()
        sys.path.insert(0, str(self.root))
        try:
            loaded = sys.modules.get(_NAME)
            return importlib.reload(loaded) if loaded else importlib.import_module(_NAME)
        finally:
            sys.path.remove(str(self.root))

    def _make(self, module: ModuleType) -> None:
        maker = Maker(cachedir=self.root / ".makeit", root=self.root)
        self.functions = {
            name: {
                foreign: maker(
                    getattr(module, shelf.function), output=shelf.output, name=name, keep=shelf.keep, foreign=foreign
                )
                for foreign in ("refuse", "adopt", "replace")
            }
            for name, shelf in SHELVES.items()
        }

    # What is asked of made functions

    def ask(self, shelf: str, x: int, how: str = "__call__", foreign: str = "refuse") -> Answer:
        """Call a made function, or one of its methods."""
        with redirect_stdout(io.StringIO()) as said, warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", CacheWarning)
            value, error = None, None
            try:
                value = getattr(self.functions[shelf][foreign], how)(x)
            except MakeitError as found:
                error = found
        texts = "; ".join(str(item.message) for item in warned)
        return Answer(value, error, "run" in said.getvalue(), texts)

    def ask_meddled(self, shelf: str, x: int, path: Path, words: bytes) -> Answer:
        """Call a made function while somebody writes one of its files."""
        path.parent.mkdir(exist_ok=True)
        os.environ.update(MEDDLE=str(path), WORDS=words.decode())
        try:
            return self.ask(shelf, x)
        finally:
            del os.environ["MEDDLE"], os.environ["WORDS"]

    def ask_and_die(self, shelf: str, x: int, moment: int) -> bool:
        """Call in a child that is killed before its `moment`-th touch of a file; tell whether it was."""
        child = os.fork()
        if child == 0:
            try:
                _die_at(moment, str(self.root))
                self.ask(shelf, x)
            finally:
                os._exit(0)
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _die_at(moment: int, root: str) -> None:
    touches = 0

    def touch(event: str, given: tuple[Any, ...]) -> None:
        nonlocal touches
        if event.startswith(("open", "os.")) and given and str(given[0]).startswith(root):
            touches += 1
            if touches == moment:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(touch)
