"""The laws D7 and D8: what cannot be followed, what is named instead, and code without its source."""

from __future__ import annotations

import importlib
import json
import linecache
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from makeit.errors import ArgumentError
from makeit.identity.digest import digest
from makeit.model import CodePart
from tests.code_modules import Modules, Values, fingerprints, parts

# D7


def test_D7_what_cannot_be_followed_is_listed(modules: Modules) -> None:
    source = """
        import importlib, logging, threading
        import own
        log = logging.getLogger("x")
        lock = threading.Lock()
        def helper(module): return module
        def run(x, name):
            log.info("x")
            with lock:
                pass
            getattr(x, "literal"), getattr(x, "literal", None), getattr(helper(x).y, "z", x + 1)
            getattr(x, name)()
            globals()[name]
            eval(name)
            exec(name)
            __import__(name)
            importlib.import_module(name)
            x.eval("a")
            return helper(own)
    """
    assert modules.print(source, own="").untracked == (
        "__import__() in run (m.py:16)",
        "eval() in run (m.py:14)",
        "exec() in run (m.py:15)",
        "getattr with a computed name in run (m.py:12)",
        "global lock (lock) in m.py:9",
        "global log (Logger) in m.py:8",
        "globals() in run (m.py:13)",
        "import_module() in run (m.py:17)",
        "module own used as an object in m.run (m.py:19)",
    )


def test_D7_the_users_own_getattr_is_not_pythons(modules: Modules) -> None:
    source = "def getattr(x, name): return x\ndef run(x, name): return getattr(x, name)"
    assert modules.print(source).untracked == ()


def test_D7_values_without_fingerprint_are_listed_and_never_a_constant(modules: Modules) -> None:
    source = """
        class Box:
            def __init__(self): self.items = (i for i in "abc")
            def get(self): return 1
        box = Box()
        class Holder:
            stream = (i for i in "abc")
        def run(): return box.get(), Holder
    """
    found = modules.print(source)
    assert [line.split(" in ")[0] for line in found.untracked] == [
        "attribute stream (generator)",
        "global box (Box)",
    ]
    assert "m.Box.get" in fingerprints(found)


def test_D7_depends_adds_functions_classes_modules_and_files(modules: Modules, tmp_path: Path) -> None:
    module = modules.load("def run(): pass\ndef other(): return 1\nclass C:\n    x = 1", own="'doc'\nK = 1 # c\n")
    own = importlib.import_module("own")
    data = tmp_path / "data.txt"
    data.write_text("one")
    numpy = importlib.import_module("numpy")
    watched = modules.reader.watch(module.run, (module.other, module.C, own, numpy, json, str(data), data))
    found = parts(watched.current())
    assert {"m.run", "m.other", "m.C", "m.C.x", "own", "numpy", "json", "data.txt"} <= found.keys()
    assert found["own"].text == "K = 1"
    assert found["numpy"].kind == "version"
    assert numpy.__version__ in found["numpy"].fingerprint
    assert found[data.name].kind == "file"
    data.write_text("two")
    assert fingerprints(watched.current())[data.name] != found[data.name].fingerprint
    data.write_text("one")
    assert fingerprints(watched.current())[data.name] == found[data.name].fingerprint


def test_D7_a_file_written_again_in_the_same_tick_is_noticed(modules: Modules, tmp_path: Path) -> None:
    module = modules.load("def run(): pass")
    data = tmp_path / "data.txt"
    watched = modules.reader.watch(module.run, (data,))
    # Only where the clock of the file system is coarse is the stamp alone too little.
    for number in range(200):
        data.write_text(f"{number:04}")
        stamp = data.stat().st_mtime_ns
        found = watched.current()
        assert found.parts[-1].fingerprint == f"file/1:{digest(f'{number:04}'.encode())}", stamp


def test_D7_a_missing_file_is_an_error_that_names_it(modules: Modules, tmp_path: Path) -> None:
    watched = modules.reader.watch(modules.load("def run(): pass").run, (tmp_path / "gone.txt",))
    with pytest.raises(ArgumentError, match=r"gone\.txt") as error:
        watched.current()
    assert error.value.name == str(tmp_path / "gone.txt")


def test_D7_a_relative_file_does_not_follow_the_working_folder(
    modules: Modules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data.txt").write_text("one")
    monkeypatch.chdir(tmp_path)
    watched = modules.reader.watch(modules.load("def run(): pass").run, ("data.txt",))
    before = watched.current()
    monkeypatch.chdir("/")
    assert watched.current() == before
    assert "data.txt" in fingerprints(before)


# D8


def executed(source: str, filename: str = "<string>") -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "executed"}
    exec(compile(textwrap.dedent(source), filename, "exec"), namespace)
    return namespace


def test_D8_without_source_the_code_object_counts(modules: Modules) -> None:
    def look(source: str) -> CodePart:
        return modules.reader.watch(executed(source)["run"]).current().parts[0]

    part = look("def run(x): return x + 1")
    assert part.fingerprint.startswith(f"bytecode/{sys.version_info.major}.{sys.version_info.minor}:")
    assert look("\n\n# c\ndef run(x: int) -> int:\n    'Doc.'\n    return x + 1").fingerprint == part.fingerprint
    assert look("def run(x): return x + 2").fingerprint != part.fingerprint
    assert look("def run(x): return x + 1.0").fingerprint != part.fingerprint
    nested = "def run(x):\n    def inner():\n        {}return x\n    return inner"
    assert look(nested.format("'Doc.'; ")).fingerprint == look(nested.format("")).fingerprint
    assert look("def run():\n 'Doc.'\n").fingerprint == look("def run(): pass").fingerprint
    assert look("def run(x): return 'Doc.', 0.0").fingerprint != look("def run(x): return 'Doc.', -0.0").fingerprint


def test_D8_code_stays_the_same_when_the_interpreter_specialises_it(modules: Modules) -> None:
    namespace = executed("def run(x):\n    t = 0\n    for i in x: t += i * 2.0\n    return t + len(x)")
    code = namespace["run"]
    first = modules.reader.watch(code).current()
    for _ in range(10_000):
        code([1, 2, 3])
    other = Values().reader
    assert other.watch(code).current() == first
    module = modules.load("def run(x):\n    t = 0\n    for i in x: t += i * 2.0\n    return t + len(x)")
    for _ in range(10_000):
        module.run([1, 2, 3])
    assert modules.reader.watch(module.run).current().parts[0].fingerprint.startswith("code/1:")


def test_D8_a_notebook_cell_counts_like_a_file(modules: Modules) -> None:
    def cell(source: str, number: int) -> str:
        name = f"<ipython-input-{number}-abc>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        return modules.reader.watch(executed(source, name)["run"]).current().parts[0].fingerprint

    first = cell("def run(x):\n    return x + 1\n", 1)
    assert first.startswith("code/1:")
    assert cell("await_me = 1\n# comment\ndef run(x): return (x + 1)\n", 2) == first
    assert cell("def run(x):\n    return x + 2\n", 3) != first


def test_D8_source_edited_after_the_import_is_not_taken_for_what_is_loaded(modules: Modules) -> None:
    module = modules.load("import own\ndef run(x): return own.helper(x)", own="def helper(x): return x + 1\n")
    own = importlib.import_module("own")
    modules.write("own", "def helper(x): return x + 2\n")
    part = parts(modules.reader.watch(module.run).current())["own.helper"]
    assert part.fingerprint.startswith("bytecode/")
    assert own.helper(1) == 2
    fresh = Modules(modules.folder)
    fresh.written = modules.written
    fresh.unload()
    new = parts(fresh.reader.watch(importlib.import_module("m").run).current())["own.helper"]
    assert new.fingerprint != part.fingerprint
    assert "x + 2" in new.text


def test_D8_a_function_that_only_moved_in_an_edited_file_is_still_recognised(modules: Modules) -> None:
    module = modules.load("def run(x): return x\nf = lambda x: -x\n")
    before = Values().reader.watch(module.run).current()
    modules.write("m", "# a comment\n\ndef first(): pass\ndef run(x):\n    return x\nf = lambda x: -x\n")
    moved = Values().reader.watch(module.run).current()
    assert fingerprints(moved) == fingerprints(before)
    assert Values().reader.watch(module.f).current().parts[0].fingerprint.startswith("code/1:")


def test_D8_source_seen_at_decoration_serves_after_an_edit(modules: Modules) -> None:
    module = modules.load("def run(x): return x + 1\n")
    expected = Values().reader.watch(module.run).current()
    watched = modules.reader.watch(module.run)
    modules.write("m", "def run(x): return x + 2\n")
    assert watched.current() == expected


def test_D8_asserts_that_pytest_rewrote_fall_back_to_the_code_object(modules: Modules) -> None:
    def checked(x: int) -> int:
        assert x > 0
        return x

    found = modules.reader.watch(checked).current()
    assert found == Values().reader.watch(checked).current()
    assert found.parts[0].fingerprint.startswith("bytecode/")
