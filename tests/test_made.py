"""Made functions: the path of one call, and what a made function answers besides, end to end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import JsonFile, Maker, Persister, PickleFile, TextFile, hookimpl, make
from tests.printed import Point, lines, printing

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_A1_A2_the_same_argument_is_loaded_and_another_runs_in_a_new_process_too(run: Run, project: Path) -> None:
    script = project / "script.py"
    script.write_text(
        "import sys\nfrom makeit import make\n\n@make(output='json:out/f.json')\n"
        "def f(x):\n    print('Running', x)\n    return [x]\n\n"
        "print(f(int(sys.argv[1])))\n"
    )
    assert run(script, "1") == "Running 1\n[1]\n"
    assert run(script, "1") == "[1]\n"
    assert run(script, "2") == "Running 2\n[2]\n"
    assert json.loads(Path("out/f.json").read_text()) == [2]


def test_A1_a_result_of_a_class_of_ones_own_is_reused(run: Run) -> None:
    # pickle writes __slotnames__ into a class the first time that it saves an instance of it
    script = """
        from makeit import make

        class Point:
            def __init__(self, x):
                self.x = x

        @make
        def f(x):
            print("Running")
            return Point(x)

        @make
        def g(p):
            print("Running g")
            return p.x

        print(g(f(1)), g(f(1)))
    """
    assert run(script) == "Running\nRunning g\n1 1\n"
    assert run(script) == "1 1\n"


def test_A6_the_chain_of_trust_holds_in_a_new_process(run: Run) -> None:
    script = """
        import numpy as np
        from makeit import make

        @make(output="npy:f.npy")
        def f(n):
            print("f")
            return np.arange(n)

        @make(output="npy:g.npy")
        def g(x):
            print("g")
            return x + 1

        print(g(f(3)).tolist(), g(f(3)).tolist())
    """
    assert run(script) == "f\ng\n[1, 2, 3] [1, 2, 3]\n"
    assert run(script) == "[1, 2, 3] [1, 2, 3]\n"


def test_A9_debug_is_seen_where_logging_is_not_set_up(run: Run) -> None:
    script = """
        from makeit import make

        @make(debug=True)
        def f(x):
            return x

        f(1)
        f(2)
        f(2)
    """
    assert run(script, check=False).splitlines() == [
        "[makeit] run f: never run",
        "[makeit] run f: argument x 1 → 2",
        "[makeit] reuse f: nothing changed",
    ]


def test_B1_a_list_changed_by_the_caller_is_seen(capsys: Printed) -> None:
    @make
    def f(n: int) -> list[int]:
        return list(range(n))

    @make
    def g(x: list[int]) -> int:
        print("Running g")
        return sum(x)

    a = f(3)
    assert g(a) == 3
    a.append(10)
    assert g(a) == 13
    assert f(3) == [0, 1, 2]
    assert lines(capsys) == ["Running g", "Running g"]


@pytest.mark.parametrize("output", ["pickle:f.pkl", None, "json:f.json"])
@pytest.mark.parametrize("guard", ["freeze", "verify", "trust"])
def test_B1_the_result_of_the_first_call_shares_nothing_with_what_is_stored(output: str | None, guard: Any) -> None:
    @make(output=output, guard=guard)
    def f(n: int) -> dict[str, list[int]]:
        return {"x": [n]}

    first = f(1)
    first["x"].append(2)
    second = f(1)
    second["x"].append(3)
    assert f(1) == {"x": [1]}


def test_B1_an_object_changed_by_the_caller_is_seen(capsys: Printed) -> None:
    @make
    def f(x: int) -> Point:
        return Point(x)

    @make
    def g(p: Point) -> int:
        print("Running g")
        return p.x

    point = f(1)
    assert g(point) == 1
    point.x = 2
    assert g(point) == 2
    assert lines(capsys) == ["Running g", "Running g"]


class Lossy(Persister):
    """A persister whose load gives another type than save got."""

    def save(self, data: Any) -> dict[str, Any]:
        self.filename.write_text(",".join(map(str, data)))
        return {"pair": (1, 2)}

    def load(self) -> Any:
        return [*self.filename.read_text().split(","), self.notes["pair"]]


def test_B2_the_first_call_returns_what_later_calls_return(capsys: Printed) -> None:
    @make(output=Lossy("f.csv"))
    def f(n: int) -> tuple[int, ...]:
        print("Running")
        return tuple(range(n))

    first, second = f(2), f(2)
    assert first == second == ["0", "1", [1, 2]]
    assert lines(capsys) == ["Running"]


@pytest.mark.parametrize("value", [None, 0, "", [], {"a": (1, 2)}, Point(3), float("nan"), b"x", 2**70, 1j])
def test_B5_output_none_keeps_any_result(value: Any, capsys: Printed) -> None:
    def f() -> Any:
        print("Running")
        return value

    made = make(func=f)
    first, second = made(), made()
    assert type(first) is type(second) is type(value)
    assert repr(first) == repr(second) if isinstance(value, float) else first == second == value
    assert lines(capsys) == ["Running"]


def test_D11_an_equal_result_after_a_rerun_does_not_rerun_what_depends_on_it(run: Run, project: Path) -> None:
    script = project / "script.py"

    def edited(body: str) -> str:
        script.write_text(
            "from makeit import make\n\n@make(output='json:f.json')\ndef f(x):\n    print('f')\n"
            f"    return {body}\n\n@make(output='json:g.json')\ndef g(x):\n    print('g')\n    return [x]\n\n"
            "print(g(f(2)))\n"
        )
        return run(script)

    assert edited("[x, x * 2]") == "f\ng\n[[2, 4]]\n"
    assert edited("[x, x + x]") == "f\n[[2, 4]]\n"
    assert edited("[x, x + 3]") == "f\ng\n[[2, 5]]\n"


@pytest.mark.parametrize("output", [None, "json:out/f.json", "text:mine.txt"])
def test_why_runs_and_writes_nothing(output: str | None, capsys: Printed, project: Path) -> None:
    (project / "mine.txt").write_text("mine")
    (project / "raw").write_bytes(bytes(20_000))

    @make(output=output)
    def f(x: Any) -> str:
        print("Running")
        return str(x)

    before = tree(project)
    assert not f.why(1).reuse
    assert not f.why(project / "raw").reuse
    assert tree(project) == before
    if output == "text:mine.txt":
        (project / "mine.txt").unlink()
    f(1)
    lines(capsys)
    if output:
        Path(output.partition(":")[2]).write_text("edited")
    before = tree(project)
    for x in (1, 2):
        f.why(x)
    assert tree(project) == before
    assert lines(capsys) == []


def test_why_is_what_a_call_then_does_and_reads_well(capsys: Printed) -> None:
    @make(output="json:{who}.json")
    def smooth(who: str, fwhm: float) -> float:
        print("Running")
        return fwhm

    for who, fwhm, expected in [
        ("a", 6.0, "run smooth (a): never run"),
        ("a", 6.0, "reuse smooth (a): nothing changed"),
        ("a", 8.0, "run smooth (a): argument fwhm 6.0 → 8.0"),
        ("b", 8.0, "run smooth (b): never run"),
    ]:
        decision = smooth.why(who, fwhm)
        assert str(decision) == expected
        smooth(who, fwhm)
        assert (lines(capsys) == ["Running"]) is not decision.reuse
    reason = smooth.why("a", 9.0).reasons[0]
    assert (reason.kind, reason.subject, reason.old, reason.new) == ("argument", "fwhm", "8.0", "9.0")


def test_rerun_runs_whatever_is_stored(capsys: Printed) -> None:
    @make
    def f(x: int) -> int:
        print("Running")
        return x

    assert (f(1), f.rerun(1), f(1)) == (1, 1, 1)
    assert lines(capsys) == ["Running"] * 2


def test_record_tells_of_the_last_run() -> None:
    @make(output=("json:a/{x}.json", None))
    def f(x: int, y: str = "z") -> tuple[int, str]:
        return x, y

    assert f.record(1) is None
    before = time.time()
    f(1)
    record = f.record(1)
    assert record is not None
    assert before <= record.started <= time.time()
    assert 0 <= record.seconds < 10
    assert next(output.path for output in record.outputs) == "a/1.json"
    assert record.outputs[1].path.startswith("@cachedir/results/")
    assert {name: argument.repr for name, argument in record.arguments.items()} == {"x": "1", "y": "'z'"}
    assert record.function.endswith("test_record_tells_of_the_last_run.<locals>.f")
    assert list(record.versions) == ["python", "makeit"]
    assert f.record(2) is None


def test_forget_removes_the_record_and_a_named_file_stays(capsys: Printed, project: Path) -> None:
    @make(output="json:f.json")
    def f(x: int) -> int:
        print("Running")
        return x

    @make
    def g(x: int) -> int:
        print("Running g")
        return x

    assert not f.forget(1)
    f(1)
    g(1)
    assert f.forget(1)
    assert g.forget(1)
    assert not g.forget(1)
    assert Path("f.json").exists()
    assert f.record(1) is None
    assert not [path for path in (project / ".makeit" / "results").rglob("*") if path.is_file()]
    assert (f(1), g(1)) == (1, 1)  # and its own file is not in the way
    assert lines(capsys) == ["Running", "Running g"] * 2


def test_a_made_function_looks_like_the_function() -> None:
    def f(x: int, y: int = 2) -> int:
        """Add."""
        return x + y

    import inspect

    made = make(func=f)
    assert made.__wrapped__ is f
    assert (made.__name__, made.__doc__, made.__module__) == ("f", "Add.", __name__)
    assert inspect.signature(made) == inspect.signature(f)
    assert repr(made).endswith("f>")


def test_project_names_that_are_not_utf8_work(run: Run, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    place = Path(os.fsdecode(folder))
    (place / "pyproject.toml").touch()
    (place / "script.py").write_text(
        "from makeit import make\n\n@make(output='json:out.json')\ndef f(x):\n    print('Running')\n    return x\n\n"
        "print(f(1))\n"
    )
    assert run(place / "script.py", cwd=place) == "Running\n1\n"
    assert run(place / "script.py", cwd=place) == "1\n"


def test_hooks_of_a_project_wrap_the_run() -> None:
    class Doubling:
        @hookimpl(wrapper=True)
        def makeit_execute(self, call: Any) -> Any:
            returned = yield
            from makeit.model import Returned

            return Returned(returned.value * 2)

    assert Maker(plugins=[Doubling()])(func=printing)(1) == "11"


def test_persister_objects_and_specs_name_the_same_format() -> None:
    assert make(func=printing, output=TextFile("f.txt"))(1) == "1"
    assert make(func=printing, output="text:f.txt").why(1).reuse
    assert make(func=printing, output="f.txt").why(1).reuse
    assert not make(func=printing, output=PickleFile("f.txt")).why(1).reuse
    assert not make(func=printing, output=JsonFile("f.txt")).why(1).reuse
