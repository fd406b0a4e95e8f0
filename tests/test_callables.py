"""What can be made (B4, E12): partials, methods, builtins, coroutines and recursion, in threads and processes, too."""

from __future__ import annotations

import asyncio
import functools
import itertools
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from makeit import ArgumentError, Maker, make
from makeit.model import Record
from tests.printed import lines

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]


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
