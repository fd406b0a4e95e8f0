"""What was read of code in an earlier process: the same as reading it again, for the very same code alone."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit.identity.code import CodeReader
from makeit.identity.code.texts import SourceText
from makeit.model import CodePrint
from makeit.store.project import Project
from makeit.store.readings import Readings

SOURCE = '''
import os.path
from helpers import helper

def lambdas(x: int = 1):
    """A docstring."""
    return (lambda y: y + 1)(x), (lambda y: y + 2)(x)

def step(x, *rest, flag=("a", 1.5)):
    from helpers import other as renamed
    def inner(z):
        return helper(z) + getattr(os, str(z), 0)
    return inner(x), renamed.__doc__, lambdas(x), {x for x in rest}, os.path.join("a", "b")
'''
HELPERS = "def helper(x):\n    return x in {'a', 'b'}\n\ndef other():\n    '''Other.'''\n"


@pytest.fixture
def modules(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(project))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (project / "steps.py").write_text(SOURCE)
    (project / "helpers.py").write_text(HELPERS)
    return project


def loaded(name: str) -> types.ModuleType:
    for module in ("steps", "helpers"):
        sys.modules.pop(module, None)
    importlib.invalidate_caches()
    return importlib.import_module(name)


def code(project: Path, memory: Readings | None) -> CodePrint:
    """Read the code of `step` as a new process would, and keep what was read."""
    reader = CodeReader(repr, memory)
    found = reader.watch(loaded("steps").step).current()
    if memory is not None:
        memory.keep()
    return found


def memory(project: Path) -> Readings:
    (project / ".makeit").mkdir(exist_ok=True)
    return Readings(Project(str(project), str(project / ".makeit")))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Name the files that were parsed."""
    found: list[str] = []
    real: Any = SourceText._parsed

    def noting(text: SourceText) -> Any:
        found.append(Path(text.filename).name)
        return real(text)

    monkeypatch.setattr(SourceText, "_parsed", noting)
    return found


def test_a_new_process_finds_the_same_without_reading_the_sources(modules: Path, parsed: list[str]) -> None:
    expected = code(modules, None)
    assert code(modules, memory(modules)) == expected
    assert set(parsed) == {"steps.py", "helpers.py"}
    parsed.clear()
    assert code(modules, memory(modules)) == expected
    assert parsed in ([], ["helpers.py"])  # the order of a set of strings is another in each process


EDITS: dict[str, tuple[str, str]] = {
    "a number": ("y + 2", "y + 3"),
    "a number of another type": ("y + 2", "y + 2.0"),
    "the sign of zero": ("0)\n", "-0)\n"),
    "a default of a helper": ("x: int = 1", "x: int = 2"),
    "a name": ("os.path.join", "os.path.split"),
    "an import": ("import other as renamed", "import helper as renamed"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_edited_code_is_read_anew(edit: tuple[str, str], modules: Path) -> None:
    before = code(modules, memory(modules))
    (modules / "steps.py").write_text(SOURCE.replace(*edit))
    after = code(modules, memory(modules))
    assert after == code(modules, None) != before


def test_D1_a_comment_changes_nothing_but_lines(modules: Path) -> None:
    before = code(modules, memory(modules))
    (modules / "steps.py").write_text("# A comment.\n" + SOURCE.replace("A docstring", "Another docstring"))
    after = code(modules, memory(modules))
    assert [part.fingerprint for part in after.parts] == [part.fingerprint for part in before.parts]
    assert after == code(modules, None)


def test_code_whose_source_is_gone_is_not_kept_as_read_from_it(modules: Path) -> None:
    """It counts by its byte code, until its source is there again."""
    with_source = code(modules, None)
    module = loaded("steps")
    (modules / "steps.py").write_text("edited = True\n" * 40)
    known = memory(modules)
    without = CodeReader(repr, known).watch(module.step).current()
    known.keep()
    assert without != with_source
    (modules / "steps.py").write_text(SOURCE)
    assert code(modules, memory(modules)) == with_source


def test_another_makeit_reads_anew(modules: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code(modules, memory(modules))
    parsed.clear()
    monkeypatch.setattr("makeit.store.readings.__version__", "0.0")
    code(modules, memory(modules))
    assert "steps.py" in parsed


def test_why_writes_nothing_down_and_a_call_does(run: Callable[..., str]) -> None:
    script = """
        from makeit import make
        from pathlib import Path

        @make
        def f(x):
            return x

        f.why(1)
        print(Path(".makeit").exists())
        f(1)
        print(any(path.name.startswith("script-") for path in Path(".makeit/readings").iterdir()))
    """
    assert run(script) == "False\nTrue\n"
