"""Made functions: the path of one call, and the laws of reuse, arguments and outputs, end to end."""

from __future__ import annotations

import asyncio
import functools
import io
import itertools
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from makeit import (
    ArgumentError,
    CacheWarning,
    File,
    ForeignFileError,
    JsonFile,
    Maker,
    Persister,
    PersistError,
    PickleFile,
    PluginError,
    SpecError,
    TextFile,
    UnwritableError,
    hookimpl,
    make,
)
from makeit.model import Record

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]


def lines(capsys: Printed) -> list[str]:
    return capsys.readouterr().out.splitlines()


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


class Point:
    """An argument and a result of one's own class."""

    def __init__(self, x: int) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and other.x == self.x

    __hash__ = None  # type: ignore[assignment]


class Scale:
    """A class with a made method."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    @make(keep=None)
    def times(self, x: int) -> int:
        print(f"Running {self.factor} * {x}")
        return self.factor * x

    def plain(self, x: int) -> int:
        print(f"Running {self.factor} * {x}")
        return self.factor * x

    @staticmethod
    @make
    def fixed(x: int) -> int:
        print("Running")
        return x

    @classmethod
    @make
    def named(cls, x: int) -> str:
        print("Running")
        return f"{cls.__name__}{x}"


@make(keep=None)
def factorial(n: int) -> int:
    print(f"Running {n}")
    return n * factorial(n - 1) if n else 1


def parent_and_child(x: int) -> int:
    return inner(x) + 1


@make
def inner(x: int) -> int:
    return x * 2


# --- A: what the reference documentation shows -------------------------------------------------


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


# --- B: cures ----------------------------------------------------------------------------------


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


def test_B3_which_object_was_passed_counts_and_not_its_age(capsys: Printed) -> None:
    @make
    def k(x: Point, y: Point) -> int:
        print("Running")
        return x.x - y.x

    a, c = Point(1), Point(2)
    assert (k(a, c), k(c, a), k(c, a), k(a, c)) == (-1, 1, 1, -1)
    assert lines(capsys) == ["Running"] * 3


def test_B4_partials_count_what_they_bring_along(capsys: Printed) -> None:
    def power(x: int, y: int, z: int = 0) -> int:
        print(f"Running {x} {y} {z}")
        return x**y + z

    square = make(func=functools.partial(power, y=2), keep=None)
    nested = make(func=functools.partial(functools.partial(power, 2), z=1), keep=None)
    assert (square(3), square(3), square(3, y=3)) == (9, 9, 27)
    assert (nested(3), nested(3), nested(y=4)) == (9, 9, 17)
    assert square(2, y=3, z=1) == 9  # the same call as nested(3)
    assert lines(capsys) == ["Running 3 2 0", "Running 3 3 0", "Running 2 3 1", "Running 2 4 1"]


def test_B4_bound_methods_count_their_object_by_content(capsys: Printed) -> None:
    made = [make(func=Scale(factor).plain, keep=None) for factor in (2, 2, 3)]
    assert [function(5) for function in made] == [10, 10, 15]
    assert lines(capsys) == ["Running 2 * 5", "Running 3 * 5"]


def test_B4_made_methods_in_a_class(capsys: Printed) -> None:
    double, triple = Scale(2), Scale(3)
    assert (double.times(5), triple.times(5), double.times(5), Scale(2).times(x=5)) == (10, 15, 10, 10)
    assert lines(capsys) == ["Running 2 * 5", "Running 3 * 5"]
    double.factor = 4
    assert double.times(5) == 20
    assert Scale.times(double, 5) == 20
    assert double.times.why(5).reuse
    assert not double.times.why(6).reuse
    assert lines(capsys) == ["Running 4 * 5"]
    assert (Scale.fixed(1), double.fixed(1), Scale.named(1), double.named(1)) == (1, 1, "Scale1", "Scale1")
    assert lines(capsys) == ["Running", "Running"]


def test_B4_builtins_and_bound_builtins_are_told_apart(capsys: Printed) -> None:
    assert make(func=len)([1, 2]) == 2
    assert make(func=max)(3, 4) == 4
    assert make(func=int)("12") == 12
    assert make(func="abc".upper)() == "ABC"
    assert make(func="xyz".upper)() == "XYZ"
    assert make(func=re.compile("a").findall)("abab") == ["a", "a"]
    assert make(func=re.compile("b").findall)("abab") == ["b", "b"]


def test_B4_async_functions(capsys: Printed) -> None:
    @make(output="json:f.json")
    async def f(x: int) -> int:
        print("Running")
        await asyncio.sleep(0)
        return x + 1

    async def main() -> list[int]:
        return [await f(1), await f(1), await f.rerun(1)]

    assert asyncio.run(main()) == [2, 2, 2]
    assert f.why(1).reuse
    assert not f.why(2).reuse
    assert lines(capsys) == ["Running", "Running"]


def test_B4_an_exception_of_an_async_function_is_not_stored(capsys: Printed) -> None:
    @make
    async def f(x: int) -> int:
        print("Running")
        await asyncio.sleep(0)
        raise KeyError(x)

    for _ in range(2):
        with pytest.raises(KeyError, match="1"):
            asyncio.run(f(1))
    assert lines(capsys) == ["Running", "Running"]


def test_B4_concurrent_async_calls_keep_their_parents_apart() -> None:
    @make(keep=None)
    async def child(x: int) -> int:
        await asyncio.sleep(0.01)
        return x

    @make(keep=None)
    async def parent(x: int) -> int:
        await asyncio.sleep(0.01)
        return await child(x)

    async def main() -> list[int]:
        return await asyncio.gather(*(parent(x) for x in range(3)))

    assert asyncio.run(main()) == [0, 1, 2]
    for x in range(3):
        mother, record = parent.record(x), child.record(x)
        assert mother is not None
        assert record is not None
        assert record.parent == mother.call


def test_B4_generator_functions_are_refused_with_the_way_out() -> None:
    async def agen() -> Any:
        yield 1

    def gen() -> Any:
        yield 1

    for function in (agen, gen, functools.partial(gen)):
        with pytest.raises(ArgumentError, match="list"):
            make(func=function)


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


# --- C: arguments ------------------------------------------------------------------------------


def test_C1_equal_calls_are_one_call(capsys: Printed) -> None:
    @make(keep=None)
    def f(x: int, y: int = 2) -> tuple[int, int]:
        print("Running")
        return x, y

    @make(keep=None)
    def g(*args: int, z: int = 3, **kwargs: int) -> tuple[Any, ...]:
        print("Running g")
        return args, z, kwargs

    @make(keep=None)
    def h(x: int, /, y: int = 2, *, z: int = 3) -> int:
        print("Running h")
        return x + y + z

    assert len({f(1), f(1, 2), f(x=1), f(y=2, x=1), f(*(1,), y=2)}) == 1
    assert g(1, a=1, b=2) == g(1, b=2, a=1, z=3) == ((1,), 3, {"a": 1, "b": 2})
    assert h(1) == h(1, 2) == h(1, z=3) == 6
    assert lines(capsys) == ["Running", "Running g", "Running h"]


def test_C1_arguments_by_name_in_another_order_are_not_swapped(capsys: Printed) -> None:
    @make(output="json:{a}-{b}.json")
    def f(a: int, b: int) -> list[int]:
        print("Running")
        return [a, b]

    assert (f(1, 2), f(b=1, a=2), f(b=2, a=1), f(2, b=1)) == ([1, 2], [2, 1], [1, 2], [2, 1])
    assert json.loads(Path("1-2.json").read_text()) == [1, 2]
    assert json.loads(Path("2-1.json").read_text()) == [2, 1]
    assert lines(capsys) == ["Running"] * 2


def test_C1_wrong_arguments_raise_what_the_function_would_raise() -> None:
    @make
    def f(x: int, y: int = 2) -> int:
        return x

    for args, kwargs in [((), {}), ((1, 2, 3), {}), ((1,), {"x": 1}), ((1,), {"z": 1})]:
        with pytest.raises(TypeError, match=r"f\(\)") as caught:
            f(*args, **kwargs)
        assert not isinstance(caught.value, ArgumentError)


def test_C2_types_count(capsys: Printed) -> None:
    @make(keep=None)
    def f(x: Any) -> str:
        print("Running")
        return type(x).__name__

    values = [1, 1.0, True, "1", b"1", 1 + 0j, [1], (1,), {1}, frozenset({1}), {1: 1}, None, bytearray(b"1")]
    assert [f(value) for value in values] == [type(value).__name__ for value in values]
    assert [f(value) for value in values] == [type(value).__name__ for value in values]
    assert lines(capsys) == ["Running"] * len(values)


def test_C5_the_order_of_dicts_and_sets_does_not_count_in_any_process(run: Run, project: Path) -> None:
    script = project / "script.py"
    script.write_text(
        "import sys\nfrom makeit import make\n\n@make\ndef f(d, s):\n    print('Running')\n    return sorted(s)\n\n"
        "names = ['a', 'b', 'c', 'd', 'e'][:: int(sys.argv[1])]\n"
        "print(f({n: {n} for n in names}, set(names)))\n"
    )
    expected = "['a', 'b', 'c', 'd', 'e']\n"
    assert run(script, "1") == "Running\n" + expected
    for direction in ("1", "-1", "-1"):  # each process has another hash seed
        assert run(script, direction) == expected


def test_C7_an_argument_without_a_fingerprint_runs_with_one_warning(capsys: Printed) -> None:
    @make
    def f(lock: Any) -> int:
        print("Running")
        return 1

    with pytest.warns(CacheWarning, match=r"argument lock is or holds a _thread\.lock.*makeit_fingerprint.*ignore"):
        assert f(threading.Lock()) == 1
    assert f(threading.Lock()) == 1  # the warning comes once
    reason = f.why(threading.Lock()).reasons[0]
    assert reason.kind in ("unfingerprintable", "never-run")
    assert lines(capsys) == ["Running", "Running"]


def test_C7_the_warning_comes_for_each_function() -> None:
    @make
    def first(thing: Any) -> int:
        return 1

    @make
    def second(thing: Any) -> int:
        return 1

    for function in (first, second):
        with pytest.warns(CacheWarning, match="argument thing is or holds a bare object"):
            function(object())


def test_C7_ignore_is_the_way_out(capsys: Printed) -> None:
    @make(ignore="lock")
    def f(x: int, lock: Any) -> int:
        print("Running")
        return x

    assert f(1, threading.Lock()) == f(1, threading.Lock()) == 1
    assert lines(capsys) == ["Running"]


def test_C8_an_argument_changed_in_place_is_noticed_and_not_reused_for_the_changed_value(capsys: Printed) -> None:
    @make
    def f(items: list[int]) -> int:
        print("Running")
        items.append(1)
        return len(items)

    items: list[int] = []
    with pytest.warns(CacheWarning, match="f changed its argument items in place"):
        assert f(items) == 1
    assert items == [1]
    assert f(items) == 2  # another value now; the warning comes once
    assert lines(capsys) == ["Running", "Running"]
    assert f([]) == 1  # kept only the last


def test_C9_an_iterator_is_refused_before_the_run(capsys: Printed, project: Path) -> None:
    @make
    def f(stream: Any) -> list[int]:
        print("Running")
        return list(stream)

    (project / "x").write_text("text")
    with open("x") as file:
        for stream in (iter([1]), (x for x in [1]), map(int, ["1"]), zip([1], [2], strict=True), file, io.StringIO()):
            with pytest.raises(ArgumentError, match=r"argument stream is a .*list\(stream\)") as caught:
                f(stream)
            assert caught.value.name == "stream"
    stream = iter([1, 2])
    with pytest.raises(ArgumentError):
        f(stream)
    assert list(stream) == [1, 2]  # not used up
    assert lines(capsys) == []


def test_C10_a_path_counts_by_content_and_a_string_does_not(project: Path, capsys: Printed) -> None:
    @make
    def f(path: Any) -> str:
        print("Running")
        return Path(path).read_text()

    raw = project / "raw.txt"
    raw.write_text("one")
    assert f(raw) == f(raw) == "one"
    os.utime(raw, (1, 1))  # touched but equal
    assert f(raw) == "one"
    before = raw.stat()
    raw.write_text("two")
    os.utime(raw, ns=(before.st_atime_ns, before.st_mtime_ns))  # the same size and time
    assert f(raw) == "two"
    assert lines(capsys) == ["Running", "Running"]
    assert f(str(raw)) == "two"
    raw.write_text("six")
    assert f(str(raw)) == "two"
    assert lines(capsys) == ["Running"]


def test_C10_a_large_file_rewritten_at_once_with_its_old_time_stamp_is_seen(project: Path) -> None:
    @make
    def f(path: Path) -> bytes:
        return path.read_bytes()[:4]

    raw = project / "raw.bin"
    for number in range(40):
        content = b"%04d" % number + bytes(100_000)
        with open(raw, "r+b" if number else "wb") as file:
            file.write(content)
        os.utime(raw, (1_000_000, 1_000_000))
        assert f(raw) == content[:4]


def test_C10_an_argument_annotated_file_counts_by_content_and_must_exist(project: Path, capsys: Printed) -> None:
    @make
    def f(name: File, more: list[File] = []) -> str:  # noqa: B006
        print("Running")
        return Path(name).read_text() + "".join(Path(item).read_text() for item in more)

    Path("a").write_text("1")
    Path("b").write_text("2")
    assert f("a") == "1"
    Path("a").write_text("3")
    assert (f("a"), f("a", ["b"])) == ("3", "32")
    Path("b").write_text("4")
    assert f("a", ["b"]) == "34"
    assert f("a", ["b"]) == "34"
    assert lines(capsys) == ["Running"] * 4
    with pytest.raises(ArgumentError, match="argument name names the file 'missing', which does not exist") as caught:
        f("missing")
    assert caught.value.name == "name"
    with pytest.raises(ArgumentError, match="argument more names the file"):
        f("a", ["missing"])
    assert lines(capsys) == []


def test_C10_a_path_to_nothing_is_a_plain_value(project: Path, capsys: Printed) -> None:
    @make
    def f(path: Path) -> bool:
        print("Running")
        return path.exists()

    assert f(project / "x") is f(project / "x") is False
    (project / "x").write_text("")
    assert f(project / "x") is True
    (project / "x").unlink()
    assert f(project / "x") is False
    assert lines(capsys) == ["Running"] * 3


def test_C13_a_new_object_at_the_id_of_a_dead_one_is_a_new_object() -> None:
    @make
    def f(p: Point) -> int:
        return p.x

    ids = set()
    for x in range(50):
        point = Point(x)
        ids.add(id(point))
        assert f(point) == x
        del point
    assert len(ids) < 50  # or the test tests nothing


def test_C14_deep_and_recursive_and_long_arguments_never_crash(capsys: Printed) -> None:
    @make(keep=None)
    def f(deep: Any) -> int:
        print("Running")
        return 1

    nested: list[Any] = []
    for _ in range(10_000):
        nested = [nested]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CacheWarning)  # "nested too deeply" is a clear answer, too
        assert f(nested) == 1
    assert lines(capsys) == ["Running"]
    for make_cycle in (_list_in_itself, _dict_in_itself, _object_in_itself):
        assert f(make_cycle()) == f(make_cycle()) == 1
        assert lines(capsys) == ["Running"]
    many = list(range(1_000_000))
    assert f(many) == f(list(many)) == 1
    assert lines(capsys) == ["Running"]
    many[500_000] = -1
    assert f(many) == 1
    assert lines(capsys) == ["Running"]


def _list_in_itself() -> Any:
    items: list[Any] = [1]
    items.append(items)
    return items


def _dict_in_itself() -> Any:
    items: dict[str, Any] = {"x": 1}
    items["me"] = [items]
    return items


def _object_in_itself() -> Any:
    point = Point(1)
    point.me = point  # type: ignore[attr-defined]
    return point


def test_C14_a_deep_result_is_an_error_that_keeps_the_value() -> None:
    @make
    def f() -> Any:
        nested: list[Any] = []
        for _ in range(10_000):
            nested = [nested]
        return nested

    with pytest.raises(PersistError, match="pickle cannot hold this list") as caught:
        f()
    assert len(caught.value.value) == 1


# --- D11 ---------------------------------------------------------------------------------------


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


# --- E: outputs --------------------------------------------------------------------------------


def test_E1_readers_see_wholly_old_or_wholly_new(run: Run, project: Path) -> None:
    writer = project / "writer.py"
    writer.write_text(
        "import os\nfrom makeit import make\n\n@make(output='text:big.txt')\ndef f(x):\n"
        "    return str(x % 10) * 300_000\n\n"
        "for x in range(10_000):\n    f(x)\n    if x > 20 and os.path.exists('enough'):\n        break\nprint('done')\n"
    )
    seen: set[str] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            if os.path.exists("big.txt"):
                text = Path("big.txt").read_text()
                seen.add(text[:1] if len(text) == 300_000 and text == text[0] * 300_000 else f"torn {len(text)}")
            if len(seen) > 3:  # however slowly these threads get on, beside the process that writes
                Path("enough").touch()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert run(writer) == "done\n"
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(seen) > 1
    assert not [item for item in seen if item.startswith("torn")]


def test_E2_deleted_runs_again_and_touched_or_copied_is_reused(capsys: Printed, project: Path) -> None:
    @make(output=["json:a.json", "json:b.json"])
    def f(x: int) -> list[int]:
        print("Running")
        return [x, x]

    f(1)
    for name in ("a.json", "b.json"):
        os.unlink(name)
        assert f.why(1).reasons[0].kind == "missing"
        assert f(1) == [1, 1]
    assert lines(capsys) == ["Running"] * 3
    os.utime("a.json", (1, 1))
    assert f(1) == [1, 1]
    shutil.copy("b.json", "c")
    os.replace("c", "b.json")
    assert f.why(1).reuse
    assert f(1) == [1, 1]
    assert lines(capsys) == []


@pytest.mark.parametrize("how", ["move", "copy"])
def test_E2_a_moved_or_copied_project_still_hits(run: Run, tmp_path: Path, how: str) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "pyproject.toml").touch()
    (here / "raw.txt").write_text("raw")
    (here / "work.py").write_text(
        "from pathlib import Path\nfrom makeit import make\n\n"
        "@make(output='json:out/{x}.json')\ndef f(x, path):\n    print('f')\n    return [x]\n\n"
        "@make(depends=Path(__file__).with_name('raw.txt'))\ndef g(y):\n    print('g')\n    return y\n\n"
        "print(g(f(1, Path(__file__).with_name('raw.txt'))))\n"
    )
    assert run(here / "work.py", cwd=here) == "f\ng\n[1]\n"
    there = tmp_path / "there" / "deeper"
    there.parent.mkdir()
    (shutil.move if how == "move" else shutil.copytree)(here, there)
    assert run(there / "work.py", cwd=there) == "[1]\n"
    assert run(there / "work.py", cwd=there / "out") == "[1]\n"


def test_three_processes_in_three_working_folders_share_one_project(run: Run, project: Path) -> None:
    (project / "a" / "b").mkdir(parents=True)
    script = project / "script.py"
    script.write_text(
        "from makeit import make\n\n@make(output='json:out/f.json')\ndef f(x):\n    print('Running')\n    return x\n\n"
        "@make\ndef g(x):\n    print('Running g')\n    return x\n\nprint(f(1), g(2))\n"
    )
    assert run(script) == "Running\nRunning g\n1 2\n"
    for folder in ("a", "a/b"):
        assert run(script, cwd=project / folder) == "1 2\n"
    assert [path.name for path in project.rglob(".makeit")] == [".makeit"]
    assert (project / "out" / "f.json").exists()


@pytest.mark.parametrize("reset_mtime", [False, True])
@pytest.mark.parametrize("same_process", [True, False])
def test_E3_an_output_changed_by_hand_is_refused_before_the_run_and_kept(
    run: Run, project: Path, reset_mtime: bool, same_process: bool
) -> None:
    body = dedent(f"""
        import os
        from makeit import ForeignFileError, make

        @make(output="text:mask.txt")
        def f(x):
            print("Running", x)
            return f"result {{x}}"

        def edit():
            before = os.stat("mask.txt")
            with open("mask.txt", "r+") as file:
                file.write("EDITED")
            if {reset_mtime}:
                os.utime("mask.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
        """)
    check = dedent("""
        for x in (1, 2):
            try:
                print("stale", f(x))
            except ForeignFileError as error:
                print(all(word in str(error) for word in ("mask.txt", "adopt", "delete", "replace")), error.path.name)
        """)
    refused = "True mask.txt\nTrue mask.txt\n"
    if same_process:
        assert run(body + "f(1)\nedit()\n" + check) == "Running 1\n" + refused
    else:
        run(body + "f(1)\nedit()\n")
        assert run(body + check) == refused
    assert (project / "mask.txt").read_text() == "EDITED 1"


def test_E3_rerun_and_force_do_not_overwrite_a_changed_file_either(capsys: Printed, project: Path) -> None:
    def f(x: int) -> str:
        print("Running")
        return str(x)

    made = make(func=f, output="text:out.txt")
    forced = make(func=f, output="text:out.txt", force=True)
    made(1)
    Path("out.txt").write_text("mine")
    for call in (made.rerun, forced):
        with pytest.raises(ForeignFileError):
            call(1)
    assert Path("out.txt").read_text() == "mine"
    assert lines(capsys) == ["Running"]
    os.unlink("out.txt")
    assert made(1) == "1"


def test_E3_a_file_changed_while_the_function_runs_is_kept_and_the_value_returned(project: Path) -> None:
    @make(output="text:out.txt")
    def f(x: int) -> str:
        if x == 2:
            Path("out.txt").write_text("written meanwhile")
        return str(x)

    f(1)
    with pytest.warns(CacheWarning, match="is right but was not kept.*while the function ran"):
        assert f(2) == "2"
    assert Path("out.txt").read_text() == "written meanwhile"


def test_E4_a_file_that_was_there_before_is_refused_and_named(capsys: Printed, project: Path) -> None:
    @make(output=("text:new.txt", "text:out.txt"))
    def f(x: int) -> tuple[str, str]:
        print("Running")
        return str(x), str(x)

    Path("out.txt").write_text("mine")
    with pytest.raises(ForeignFileError, match="was not written by makeit") as caught:
        f(1)
    assert caught.value.path == project / "out.txt"
    assert isinstance(caught.value, FileExistsError)
    decision = f.why(1)
    assert not decision.reuse
    assert [reason.kind for reason in decision.reasons][-1] == "foreign"
    assert lines(capsys) == []
    assert Path("out.txt").read_text() == "mine"
    assert not Path("new.txt").exists()


def test_E4_a_folder_at_the_output_is_refused_before_the_run_whatever_foreign_says(capsys: Printed) -> None:
    os.makedirs("out.txt/inside")
    for foreign in ("refuse", "adopt", "replace"):

        @make(output="text:out.txt", foreign=foreign)  # type: ignore[arg-type]
        def f() -> str:
            print("Running")
            return ""

        with pytest.raises(ForeignFileError, match="it is a folder"):
            f()
    assert os.path.isdir("out.txt/inside")
    assert lines(capsys) == []


def test_E6_a_symlinked_target_is_replaced_and_never_written_through(project: Path) -> None:
    (project / "precious.txt").write_text("precious")
    (project / "out.txt").symlink_to("precious.txt")

    @make(output="text:out.txt", foreign="replace")
    def f() -> str:
        return "new"

    assert f() == f() == "new"
    assert not (project / "out.txt").is_symlink()
    assert (project / "precious.txt").read_text() == "precious"


def test_E7_a_mixed_set_is_never_reused(capsys: Printed) -> None:
    @make(output=("json:a.json", "json:b.json"))
    def f(x: int) -> tuple[int, int]:
        print("Running")
        return x, x

    f(1)
    old = Path("b.json").read_bytes()
    f(2)
    Path("b.json").write_bytes(old)  # as after a restore of one file of two
    assert not f.why(2).reuse
    with pytest.raises(ForeignFileError):
        f(2)
    assert lines(capsys) == ["Running"] * 2


class Meddled(Persister):
    """While it is being loaded, somebody else publishes another result."""

    def save(self, data: Any) -> None:
        self.filename.write_text(str(data))

    def load(self) -> str:
        if os.path.exists("meddle"):
            os.unlink("meddle")
            subprocess.run([sys.executable, "-W", "ignore", "other.py"], check=True)
        return self.filename.read_text()


def test_E7_a_set_that_is_replaced_while_it_is_loaded_is_never_mixed(project: Path) -> None:
    def f(x: int) -> tuple[str, int]:
        return str(x), x

    (project / "other.py").write_text(
        "from makeit import Persister, make\n\nclass Plain(Persister):\n    def save(self, data):\n"
        "        self.filename.write_text(str(data))\n    def load(self):\n        return self.filename.read_text()\n\n"
        "make(func=lambda x: (str(x), x), name='f', output=('text:a.txt', Plain('b.txt')))(2)\n"
    )
    made = make(func=f, name="f", output=("text:a.txt", Meddled("b.txt")))
    assert made(1) == ("1", "1")
    (project / "meddle").touch()
    assert made(1) == ("1", "1")
    assert not (project / "meddle").exists()


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("nosuchformat:x.dat", PluginError),
        ("x.nosuchsuffix", PluginError),
        ("s3://bucket/x.txt", SpecError),
        ("text:x.txt?colour=red", SpecError),
        ("text:{y}.txt", ValueError),
        ("text:{x", ValueError),
        (("text:a.txt", "text:./a.txt"), SpecError),
        ("text:file/x.txt", UnwritableError),
        ("text:caf\udce9.txt", SpecError),
    ],
)
def test_E8_what_cannot_work_is_an_error_before_the_run(
    output: Any, error: type[Exception], capsys: Printed, project: Path
) -> None:
    (project / "file").touch()
    with pytest.raises(error):
        make(func=_printing, output=output)(1)
    assert lines(capsys) == []
    assert sorted(os.listdir(project)) == ["file", "pyproject.toml"]


def _printing(x: int) -> str:
    print("Running")
    return str(x)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written to, not even by root."""
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK) and subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", folder]).returncode:
        pytest.skip("root may write everywhere, and may not mount here")
    yield folder
    if os.path.ismount(folder):
        subprocess.run(["umount", folder], check=True)
    folder.chmod(0o755)


def test_E8_an_unwritable_folder_is_an_error_before_the_run(locked: Path, capsys: Printed) -> None:
    made = make(func=_printing, output=f"text:{locked}/deeper/x.txt")
    with pytest.raises(UnwritableError, match="not writable") as caught:
        made(1)
    assert caught.value.path == locked / "deeper" / "x.txt"
    assert isinstance(caught.value, PermissionError)
    assert lines(capsys) == []


def test_a_cachedir_that_cannot_be_written_to_gives_the_value_and_a_warning(locked: Path, capsys: Printed) -> None:
    made = make(func=_printing, cachedir=locked / "cache")
    with pytest.warns(CacheWarning, match="is right but was not kept"):
        assert made(1) == "1"
    assert lines(capsys) == ["Running"]


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 200 KB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", folder], capture_output=True).returncode:
        pytest.skip("cannot mount here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_gives_the_value_and_a_warning_and_the_old_file_stays(tiny: Path) -> None:
    @make(output=f"text:{tiny}/out.txt")
    def f(n: int) -> str:
        return "x" * n

    f(1000)
    with pytest.warns(CacheWarning, match="is right but was not kept.*No space left"):
        assert f(1_000_000) == "x" * 1_000_000
    assert (tiny / "out.txt").read_text() == "x" * 1000
    assert os.listdir(tiny) == ["out.txt"]
    assert f.why(1000).reuse


def test_a_full_disk_under_the_cachedir_gives_the_value_and_a_warning(tiny: Path) -> None:
    @make(cachedir=tiny / "cache")
    def f(n: int) -> str:
        return "x" * n

    f(1000)
    with pytest.warns(CacheWarning, match="is right but was not kept.*No space left"):
        assert f(1_000_000) == "x" * 1_000_000
    assert f(1000) == "x" * 1000


@pytest.mark.parametrize(
    ("output", "value", "holds"),
    [
        ("json:x.json", (1, 2), "dict with str keys"),
        ("json:x.json", {"a": {1: 2}}, "int key"),
        ("json:x.json", float("nan"), "finite"),
        ("text:x.txt", 3, "text holds a str"),
        ("pickle:x.pkl", lambda: 1, "pickle cannot hold"),
        (("json:x.json", None), [1, 2], "describes a tuple of 2"),
        ({"a": None}, {"b": 1}, "has the keys"),
        (("json:x.json", 5), (1, 6), "is the constant 5"),
        (("json:x.json", 5), (1, 5.0), "is the constant 5"),
    ],
)
def test_E9_a_value_that_cannot_be_held_is_in_the_exception(output: Any, value: Any, holds: str) -> None:
    def f() -> Any:
        return value

    with pytest.raises(PersistError, match=holds) as caught:
        make(func=f, output=output, name="f")()
    assert caught.value.value is value
    assert not os.path.exists("x.json")
    assert not os.path.exists("x.pkl")


def test_E9_the_old_file_and_its_record_survive_a_value_that_cannot_be_held(capsys: Printed) -> None:
    @make(output="json:x.json")
    def f(x: int) -> Any:
        print("Running")
        return {x} if x == 2 else [x]

    f(1)
    with pytest.raises(PersistError) as caught:
        f(2)
    assert caught.value.value == {2}
    assert f(1) == [1]
    assert lines(capsys) == ["Running"] * 2


class Broken(Persister):
    """A persister that fails in a chosen way."""

    def __init__(self, filename: str, fault: str) -> None:
        self.filename = Path(filename)
        self.fault = fault

    def save(self, data: Any) -> dict[str, Any] | None:
        if self.fault == "save":
            raise RuntimeError("no luck")
        if self.fault == "name":
            self.filename.with_suffix(".other").write_text("x")
            return None
        if self.fault == "more":
            self.filename.with_suffix(".other").write_text("x")
        self.filename.write_text("x")
        return {"x": object()} if self.fault == "notes" else None

    def load(self) -> Any:
        raise RuntimeError("cannot read")


@pytest.mark.parametrize("fault", ["save", "name", "more", "notes", "load"])
def test_E9_a_broken_persister_loses_no_value_and_leaves_no_litter(fault: str, project: Path) -> None:
    def f() -> list[int]:
        return [1, 2, 3]

    with pytest.raises(PersistError, match="Broken") as caught:
        make(func=f, output=Broken("out/x.b", fault))()
    assert caught.value.value == [1, 2, 3]
    assert os.listdir("out") == []


@pytest.mark.parametrize("kind", [KeyError, StopIteration, GeneratorExit, KeyboardInterrupt, SystemExit, OSError])
def test_E11_exceptions_of_the_function_pass_untouched_and_are_never_stored(
    kind: type[BaseException], capsys: Printed
) -> None:
    error = kind("mine")

    def f(x: int) -> int:
        print("Running")
        raise error

    made = make(func=f, output="json:f.json")
    for _ in range(2):
        with pytest.raises(kind) as caught:
            made(1)
        assert caught.value is error
        assert error.__cause__ is None
        assert error.__context__ is None
    assert lines(capsys) == ["Running"] * 2
    assert made.record(1) is None
    assert not os.path.exists("f.json")


def test_E12_recursion_works_and_children_name_their_parents(capsys: Printed) -> None:
    assert factorial(4) == factorial(4) == 24
    assert lines(capsys) == [f"Running {n}" for n in (4, 3, 2, 1, 0)]
    records = [factorial.record(n) for n in range(5)]
    assert all(isinstance(record, Record) for record in records)
    for child, mother in itertools.pairwise(records):
        assert child is not None
        assert mother is not None
        assert child.parent == mother.call
    assert records[4] is not None
    assert records[4].parent is None


def test_E12_recursion_on_one_named_file(capsys: Printed) -> None:
    @make(output="json:f.json")
    def f(n: int) -> int:
        print(f"Running {n}")
        return n + f(n - 1) if n else 0

    assert f(3) == f(3) == 6
    assert lines(capsys) == ["Running 3", "Running 2", "Running 1", "Running 0"]


def test_E12_a_call_that_is_reused_inside_another_leaves_the_parent_of_its_own_run() -> None:
    outer = make(func=parent_and_child)
    assert inner(1) == 2
    assert outer(1) == 3
    record = inner.record(1)
    assert record is not None
    assert record.parent is None
    inner.rerun(1)
    assert outer.rerun(2) == 5
    mother, child = outer.record(2), inner.record(2)
    assert mother is not None
    assert child is not None
    assert child.parent == mother.call


# --- What else a made function has -------------------------------------------------------------


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


# --- Pickling, threads -------------------------------------------------------------------------


def test_made_functions_and_their_bound_methods_can_be_pickled(capsys: Printed) -> None:
    assert pickle.loads(pickle.dumps(factorial)) is factorial
    renamed = make(func=parent_and_child, name="renamed", output="json:renamed.json")
    twin = pickle.loads(pickle.dumps(renamed))
    assert (renamed(1), twin(1)) == (3, 3)
    assert twin.why(1).reuse
    scale = Scale(7)
    assert scale.times(1) == 7
    bound = pickle.loads(pickle.dumps(scale.times))
    assert bound(1) == 7
    assert lines(capsys) == ["Running 7 * 1"]
    assert pickle.loads(pickle.dumps(make)) is make
    assert pickle.loads(pickle.dumps(Maker("x", root="y"))).root == "y"


def test_made_functions_work_in_worker_processes(run: Run, project: Path) -> None:
    (project / "work.py").write_text(
        "import os\nfrom makeit import make\n\n@make(output='json:out/{x}.json')\ndef f(x):\n"
        "    open(f'ran-{x}-{os.getpid()}', 'w').close()\n    return [x, x * x]\n"
    )
    script = """
        import multiprocessing, sys
        from work import f

        if __name__ == "__main__":
            for method in ("fork", "spawn"):
                with multiprocessing.get_context(method).Pool(2) as pool:
                    print(pool.map(f, [1, 2, 3]))
    """
    assert run(script) == "[[1, 1], [2, 4], [3, 9]]\n" * 2
    assert len(list(project.glob("ran-*"))) == 3


# On a slow disk eight may wait for one longer than the lock is waited for: then a value is right and not kept.
@pytest.mark.filterwarnings("ignore:.*takes turns on the file", "ignore:.*somebody else is writing")
@pytest.mark.parametrize("output", [None, "json:f.json", "json:{x}.json"])
def test_threads_get_the_value_of_their_own_arguments(output: str | None, project: Path) -> None:
    @make(output=output)
    def f(x: int) -> list[int]:
        return [x] * 100

    def call(x: int) -> bool:
        return f(x % 3) == [x % 3] * 100

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(call, range(40)))
    assert not list(project.rglob(".makeit-*"))


def test_processes_that_share_one_output_get_their_own_values(run: Run, project: Path) -> None:
    script = project / "script.py"
    script.write_text(
        "import sys\nfrom makeit import make\n\n@make(output=('json:a.json', 'json:b.json'))\n"
        "def f(x):\n    return x, [x] * 50\n\nme = int(sys.argv[1])\n"
        "for i in range(15):\n    x = (i + me) % 3\n    assert f(x) == (x, [x] * 50), (x, f(x))\nprint('right')\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-W", "ignore", str(script), str(i)], stdout=-1, stderr=-1, text=True)
        for i in range(4)
    ]
    for process in processes:
        out, err = process.communicate()
        assert (out, process.returncode) == ("right\n", 0), err
    assert not list(project.rglob(".makeit-*"))


# --- Trouble around a call ---------------------------------------------------------------------


def test_a_file_in_the_place_of_the_cachedir_gives_the_value_and_a_warning(project: Path, capsys: Printed) -> None:
    (project / ".makeit").write_text("not a folder")
    kept = make(func=_printing)
    named = make(func=_printing, output="text:out.txt", name="named")
    for function in (kept, named):
        for _ in range(2):
            with pytest.warns(CacheWarning, match="is right but was not kept"):
                assert function(1) == "1"
        assert not function.why(1).reuse
    assert (project / ".makeit").read_text() == "not a folder"
    assert lines(capsys) == ["Running"] * 4


def test_a_cachedir_that_leads_in_circles_gives_the_value_and_a_warning(project: Path) -> None:
    (project / "loop").symlink_to("loop")
    with pytest.warns(CacheWarning, match="is right but was not kept"):
        assert make(func=_printing, cachedir="loop/x")(1) == "1"


@pytest.mark.parametrize("how", ["option", "environment"])
def test_strict_raises_what_would_be_a_warning(how: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from makeit import MakeitError

    (project / ".makeit").write_text("not a folder")
    if how == "environment":
        monkeypatch.setenv("MAKEIT_STRICT", "1")
    with pytest.raises(MakeitError, match="is right but was not kept"):
        make(func=_printing, strict=how == "option")(1)


def test_warnings_point_at_the_line_that_called(project: Path) -> None:
    (project / ".makeit").write_text("not a folder")
    with pytest.warns(CacheWarning) as caught:
        make(func=_printing)(1)
    assert caught[0].filename == __file__


def test_a_stored_result_that_cannot_be_loaded_runs_again_with_a_warning(capsys: Printed) -> None:
    class Moody(Persister):
        def save(self, data: Any) -> None:
            self.filename.write_text(str(data))

        def load(self) -> Any:
            if os.path.exists("mood"):
                raise ValueError("bad mood")
            return self.filename.read_text()

    made = make(func=_printing, output=Moody("f.m"))
    made(1)
    Path("mood").touch()
    with (
        pytest.warns(CacheWarning, match="unchanged but cannot be loaded.*bad mood"),
        pytest.raises(PersistError) as caught,
    ):
        made(1)
    assert caught.value.value == "1"
    os.unlink("mood")
    assert made(1) == "1"
    assert lines(capsys) == ["Running"] * 2


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

    assert Maker(plugins=[Doubling()])(func=_printing)(1) == "11"


def test_persister_objects_and_specs_name_the_same_format() -> None:
    assert make(func=_printing, output=TextFile("f.txt"))(1) == "1"
    assert make(func=_printing, output="text:f.txt").why(1).reuse
    assert make(func=_printing, output="f.txt").why(1).reuse
    assert not make(func=_printing, output=PickleFile("f.txt")).why(1).reuse
    assert not make(func=_printing, output=JsonFile("f.txt")).why(1).reuse
