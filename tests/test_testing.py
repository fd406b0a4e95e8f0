"""The conformance kit: each rule catches what breaks it, and lets pass what does not."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import textwrap
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from attrs import define

from makeit import Persister, PersistError
from makeit.testing import PersisterSuite, same
from makeit.testing.mutation import change
from makeit.testing.process import start
from tests import bad_persisters
from tests.conformance_table import DEAR, ROOT, RULES, Found, as_it_should, failures

Run = Callable[..., str]

BAD = sorted(name for name in vars(bad_persisters) if name.startswith("Test"))


@pytest.fixture(scope="module")
def found() -> Found:
    """What became of each rule for each bad persister."""
    command = [sys.executable, "-m", "tests.conformance_table", "--json", "--reduced"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result: Found = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("name", BAD)
def test_a_bad_persister_fails_its_rule_and_no_other(name: str, found: Found) -> None:
    suite = getattr(bad_persisters, name)
    failed = failures(found[name])
    assert as_it_should(suite, failed), f"{name} has to fail {suite.rule or 'nothing'}, and fails {sorted(failed)}"


def test_every_rule_has_a_bad_persister() -> None:
    assert {getattr(bad_persisters, name).rule for name in BAD} - {""} == set(RULES)
    assert set(RULES) >= DEAR


def test_every_rule_says_why_it_exists() -> None:
    for rule in RULES:
        assert len(getattr(PersisterSuite, rule).__doc__ or "") > 40, rule


def test_a_rule_that_fails_before_it_waits_for_its_process_leaves_none(tmp_path: Path) -> None:
    suite = getattr(bad_persisters, BAD[0])()
    process = start(suite, "alternate", tmp_path / "other", project=str(tmp_path), rounds=10**9)
    running = weakref.ref(process.running)
    cycle = [process]
    cycle.append(cycle)  # type: ignore[arg-type]
    del process, cycle
    gc.collect()
    assert running() is None  # and ended, or Popen had warned


# Outputs of more than one file


class Chunks(Persister):
    """A folder with a file for each item, and an index with their lengths."""

    suffixes = (".chunks",)
    folder = True
    faithful = True
    portable = True

    def save(self, data: list[str]) -> None:
        if type(data) is not list or any(type(item) is not str for item in data):
            raise PersistError(f"chunks: holds a list of str, not {data!r}", value=data)
        (self.filename / "parts").mkdir(parents=True)
        for number, item in enumerate(data):
            (self.filename / "parts" / str(number)).write_text(item)
        (self.filename / "index").write_text(json.dumps([len(item) for item in data]))

    def load(self) -> list[str]:
        lengths = json.loads((self.filename / "index").read_text())
        found = [(self.filename / "parts" / str(number)).read_text() for number in range(len(lengths))]
        if [len(item) for item in found] != lengths or any("\0" in item for item in found):
            raise ValueError(f"{self.filename} is not whole")
        return found


class TestChunks(PersisterSuite):
    suffix = ".chunks"
    examples = (["some text", "more text"], ["other text"], [])
    rejects = ("text", [1])

    def persister(self, filename: Path) -> Persister:
        return Chunks(filename)


class Pair(Persister):
    """A header with the length, and the text in a file of its own."""

    suffixes = (".head",)
    faithful = True
    portable = True

    def files(self) -> tuple[Path, ...]:
        return self.filename, self.filename.with_suffix(".body")

    def save(self, data: str) -> None:
        if type(data) is not str:
            raise PersistError(f"pair: holds a str, not {data!r}", value=data)
        head, body = self.files()
        head.write_text(f"{len(data)}\n")
        body.write_text(data)

    def load(self) -> str:
        head, body = self.files()
        length, text = head.read_text(), body.read_text()
        if length != f"{len(text)}\n" or "\0" in text:
            raise ValueError(f"{body} is not whole")
        return text


class TestPair(PersisterSuite):
    suffix = ".head"
    examples = ("some text", "other text", "")
    rejects = (1, b"bytes")

    def persister(self, filename: Path) -> Persister:
        return Pair(filename)


# What an author writes

CSV = '''
    """A format in its first afternoon."""

    from pathlib import Path

    import makeit.testing
    from makeit import Persister, PersistError


    class CsvFile(Persister):
        """One number in each line, and the count in the first."""

        suffixes = (".csv",)
        faithful = True
        portable = True

        def save(self, data):
            if type(data) is not list or any(type(item) is not int for item in data):
                raise PersistError(f"csv: holds a list of int, not {data!r}", value=data)
            self.filename.write_text("\\n".join(map(str, [len(data), *data, ""])))

        def load(self):
            count, *numbers, end = self.filename.read_text().split("\\n")
            if end or int(count) != len(numbers):
                raise ValueError(f"{self.filename} is not whole")
            return [int(number) for number in numbers]


    class TestCsv(makeit.testing.PersisterSuite):
        suffix = ".csv"
        examples = [[1, 2], [3]]

        def persister(self, filename):
            return CsvFile(filename)
'''


def of_an_author(folder: Path, source: str, *options: str) -> str:
    """Run the tests of a project that knows nothing of this one."""
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "tests" / "test_csv.py").write_text(textwrap.dedent(source))
    command = [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "-q", "--rootdir", "."]
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([*command, *options], cwd=folder, env=bare, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_suite_of_an_author_passes_with_three_things_named(project: Path) -> None:
    shown = of_an_author(project, CSV)
    assert "failed" not in shown
    assert "error" not in shown
    assert " passed, " in shown


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
@pytest.mark.parametrize("package", [True, False])
def test_other_processes_find_the_suite_as_pytest_did(project: Path, mode: str, package: bool) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "formats.py").write_text("NAME = 'csv'\n")
    source = CSV
    if package:
        (project / "tests" / "__init__.py").touch()
        source = CSV.replace("import makeit.testing", "import makeit.testing\n    from .formats import NAME", 1)
    shown = of_an_author(project, source, f"--import-mode={mode}", "-k", "other_processes")
    assert "1 passed" in shown


def test_a_failure_says_what_to_do(project: Path) -> None:
    source = CSV.replace("if end or int(count) != len(numbers)", "if False")
    shown = of_an_author(project, source, "-k", "truncated")
    assert "TestCsv::test_truncated_file_raises" in shown
    assert "example 0, value.csv cut after" in shown
    assert "Compare the size of the file with what its header, or your notes, promise" in shown


def test_a_rule_that_cannot_hold_is_skipped_with_its_reason(project: Path) -> None:
    source = CSV.replace("if end or int(count) != len(numbers)", "if False").replace(
        "        examples =",
        '        exceptions = {"test_truncated_file_raises": "any lines will do"}\n        examples =',
    )
    shown = of_an_author(project, source, "-k", "truncated", "-rs")
    assert "any lines will do" in shown
    assert "1 skipped" in shown


def test_a_suite_without_examples_is_an_error(project: Path) -> None:
    shown = of_an_author(project, CSV.replace("examples = [[1, 2], [3]]", "examples = []"))
    assert "TestCsv gives no examples" in shown
    assert "passed" not in shown


@pytest.mark.parametrize(
    ("exceptions", "message"),
    [({"test_typo": "a reason"}, "'test_typo', which is no rule"), ({"test_notes_are_json": ""}, "gives no reason")],
)
def test_an_exception_names_a_rule_and_a_reason(exceptions: dict[str, str], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        type("TestIt", (PersisterSuite,), {"exceptions": exceptions})


def test_an_equal_that_answers_nothing_is_an_error_and_one_that_asserts_is_not() -> None:
    class Suite(PersisterSuite):
        def equal(self, a: Any, b: Any) -> Any:
            assert a == b
            return None if a else True

    assert Suite().agrees(0, 0)
    assert not Suite().agrees(0, 1)
    with pytest.raises(TypeError, match=r"Suite\.equal gave None"):
        Suite().agrees(1, 1)


def test_a_suite_in_a_function_says_that_no_process_can_find_it(tmp_path: Path) -> None:
    from makeit.testing.process import start

    class Suite(PersisterSuite):
        pass

    with pytest.raises(RuntimeError, match="defined in a function"):
        start(Suite(), "save_all", tmp_path)


# What the kit needs


def test_makeit_does_not_import_pytest_and_the_kit_no_numpy(run: Run) -> None:
    script = """
        import sys
        import makeit
        from makeit import make, Maker, Persister, PickleFile
        print("pytest" in sys.modules)
        import makeit.testing
        print("pytest" in sys.modules, "numpy" in sys.modules)
    """
    assert run(script) == "False\nTrue False\n"


def test_without_pytest_the_kit_says_what_to_install(run: Run) -> None:
    script = """
        import sys
        sys.modules["pytest"] = None  # as if it were not installed
        try:
            import makeit.testing
        except ImportError as error:
            print(error)
    """
    assert run(script) == "makeit.testing needs pytest, which is not installed: pip install pytest\n"


# Equality


@define
class Point:
    x: Any
    y: Any = 0


class Plain:
    def __init__(self, x: Any) -> None:
        self.x = x


NAN = float("nan")
EQUAL: list[tuple[Any, Any]] = [
    (1, 1),
    (NAN, float("nan")),
    ([NAN, {"a": (1,)}], [float("nan"), {"a": (1,)}]),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    (complex(1, NAN), complex(1, NAN)),
    ({1, 2}, {2, 1}),
    (Point(np.zeros(2)), Point(np.zeros(2))),
    (Plain(NAN), Plain(NAN)),
    (np.array([1, np.nan]), np.array([1, np.nan])),
    (np.array(["NaT"], "M8[D]"), np.array(["NaT"], "M8[D]")),
    (np.array([[1, NAN], {}], object), np.array([[1, NAN], {}], object)),
    (np.array([(1, NAN)], "i4,f4"), np.array([(1, NAN)], "i4,f4")),
    (np.ma.masked_array([1, 2], [0, 1]), np.ma.masked_array([1, 3], [0, 1])),
    (np.float32(NAN), np.float32(NAN)),
    (np.zeros((2, 3)), np.asfortranarray(np.zeros((2, 3)))),
]
DIFFERENT: list[tuple[Any, Any]] = [
    (1, 1.0),
    (1, True),
    ((1,), [1]),
    (0.0, -0.0),
    (complex(0.0, 1), complex(-0.0, 1)),
    ([1], [1, 2]),
    ({"a": 1}, {"a": 1.0}),
    ({"a": 1}, {"b": 1}),
    ({"a": 1}, {"a": 1, "b": 2}),
    ("1", b"1"),
    (Point(1), Point(1.0)),
    (Point(np.zeros(2)), Point(np.ones(2))),
    (Plain(1), Plain(2)),
    (np.zeros(2), np.zeros(2, "f4")),
    (np.zeros(2, ">i2"), np.zeros(2, "<i2")),
    (np.zeros(2), np.zeros((1, 2))),
    (np.zeros(2), -np.zeros(2)),
    (np.array([1, 2]), np.array([1, 3])),
    (np.array([1, None]), np.array([1, 2])),
    (np.array([(1, 2)], "i4,f4"), np.array([(1, 3)], "i4,f4")),
    (np.ma.masked_array([1, 2], [0, 1]), np.ma.masked_array([1, 2], [0, 0])),
    (np.float64(1), 1.0),
    (np.zeros(1), np.zeros(1).view(np.recarray)),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_what_is_the_same(one: Any, other: Any) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_not_the_same(one: Any, other: Any) -> None:
    assert not same(one, other)
    assert not same(other, one)


class Undecided:
    def __eq__(self, other: object) -> Any:
        return np.array([True, False])

    __hash__: ClassVar[None]  # type: ignore[assignment]


def test_a_value_that_cannot_be_compared_names_the_way_out() -> None:
    with pytest.raises(TypeError, match=r"Undecided cannot be compared.*def equal\(self, a, b\)"):
        same(Undecided(), Undecided())


# Mutation


@pytest.mark.parametrize(
    "make",
    [
        lambda: [1, 2],
        lambda: {"a": 1},
        lambda: {1, 2},
        lambda: bytearray(b"bytes"),
        lambda: memoryview(bytearray(b"bytes")),
        lambda: np.arange(6).reshape(2, 3),
        lambda: np.asfortranarray(np.ones((2, 3)))[:, 1:],
        lambda: np.array([{}, 1], object),
        lambda: np.zeros(2, "M8[D]"),
        lambda: ([],),
        lambda: Plain([1]),
        lambda: Point(np.zeros(1)).x,
    ],
)
def test_a_value_that_can_be_changed_is_changed(make: Callable[[], Any]) -> None:
    value = make()
    change(value)
    assert not same(value, make())


def frozen_array() -> Any:
    array = np.zeros(2)
    array.setflags(write=False)
    return array


@pytest.mark.parametrize(
    "make", [lambda: 1, lambda: "text", lambda: b"bytes", lambda: (1, 2), lambda: None, frozen_array]
)
def test_a_value_that_cannot_be_changed_stays_as_it_is(make: Callable[[], Any]) -> None:
    value = make()
    change(value)
    assert same(value, make())


def test_a_value_that_holds_itself_is_changed_once() -> None:
    value: list[Any] = []
    value.append(value)
    change(value)
    assert len(value) == 2
