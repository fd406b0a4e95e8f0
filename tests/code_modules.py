"""Real modules whose functions are fingerprinted, in this process and in others, for the tests of the laws of code."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import textwrap
import types
from pathlib import Path
from typing import Any

from makeit.identity.code import CodeReader, WatchedCode
from makeit.identity.digest import digest
from makeit.identity.unknown import Unfingerprintable
from makeit.model import CodePart, CodePrint

CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)


class Values:
    """Fingerprints plain values for these tests, and leaves code to the reader."""

    def __init__(self) -> None:
        self.reader = CodeReader(self.fingerprint)
        self.asked = 0

    def fingerprint(self, value: object) -> str:
        self.asked += 1
        return f"value/1:{digest(self.show(value).encode())}"

    def show(self, value: Any) -> str:
        if isinstance(value, CODE):
            return self.reader.fingerprint(value)
        if isinstance(value, list | tuple):
            return f"{type(value).__name__}[{','.join(map(self.show, value))}]"
        if isinstance(value, dict):
            return "{" + ",".join(sorted(f"{self.show(k)}:{self.show(v)}" for k, v in value.items())) + "}"
        if isinstance(value, set | frozenset):
            return "{" + ",".join(sorted(map(self.show, value))) + "}"
        if hasattr(value, "__dict__") and type(value).__module__ != "logging":
            return self.show(type(value)) + self.show(vars(value))
        if type(value) in (int, float, complex, str, bytes, bool, type(None)):
            return f"{type(value).__name__}:{value!r}"
        raise Unfingerprintable("", type(value).__name__)


class Modules:
    """Real modules in a folder, imported afresh each time they are written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values = Values()
        self.written: set[str] = set()

    @property
    def reader(self) -> CodeReader:
        return self.values.reader

    def write(self, name: str, source: str) -> Path:
        path = self.folder / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        return path

    def load(self, source: str, name: str = "m", **others: str) -> Any:
        for other, text in others.items():
            self.write(other.replace("__", "."), text)
        self.write(name, source)
        self.written |= {name, *(other.replace("__", ".") for other in others)}
        self.unload()
        return importlib.import_module(name)

    def unload(self) -> None:
        tops = {name.partition(".")[0] for name in self.written}
        for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
            del sys.modules[name]
        importlib.invalidate_caches()

    def watch(self, source: str, **others: str) -> WatchedCode:
        return self.reader.watch(self.load(source, **others).run)

    def print(self, source: str, **others: str) -> CodePrint:
        return self.watch(source, **others).current()

    def fingerprints(self, source: str, **others: str) -> dict[str, str]:
        return fingerprints(self.print(source, **others))

    def changed(self, before: str, after: str, **others: str) -> set[str]:
        old, new = self.fingerprints(before, **others), self.fingerprints(after, **others)
        return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def fingerprints(code: CodePrint) -> dict[str, str]:
    found = {part.name: part.fingerprint for part in code.parts}
    assert len(found) == len(code.parts), "names of parts are unique"
    return found


def parts(code: CodePrint) -> dict[str, CodePart]:
    return {part.name: part for part in code.parts}


REPORT = """
import json, sys
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])
from code_modules import Values
SOURCE
if __name__ == "__main__":
    found = Values().reader.watch(run).current()
    if len(sys.argv) > 3:
        run(1)
        found = Values().reader.watch(run).current()
    print(json.dumps({"parts": {p.name: p.fingerprint for p in found.parts}, "untracked": found.untracked}))
"""


def report(script: Path, *more: str, cwd: Path | None = None, seed: str = "0", options: tuple[str, ...] = ()) -> Any:
    here = Path(__file__).resolve().parent
    command = [sys.executable, *options, str(script), str(here.parent), str(here), *more]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
