"""Threads and processes of every kind: equal results whichever way (E13), nested and recursive calls in all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]

WORK = """
import os
import numpy as np
from makeit import Maker, make

def note(name, x):
    open(f"ran-{name}-{x}-{os.getpid()}", "w").close()

@make(output="npy:out/{x}.npy")
def array(x):
    note("array", x)
    return np.arange(12.0).reshape(3, 4).T * x

@make(output={"sum": "json:out/sum-{x}.json", "pair": None})
def outer(x):
    note("outer", x)
    return {"sum": float(array(x).sum()), "pair": (inner(x), x)}

@make(keep=None)
def inner(x):
    note("inner", x)
    return {"x": x, "twice": [x, x], 1: (x,)}

@make(keep=None)
def factorial(n):
    return n * factorial(n - 1) if n else 1

class Scale:
    def __init__(self, factor):
        self.factor = factor

    @make(keep=None)
    def times(self, x):
        note("times", x)
        return self.factor * x

def seen(x):
    whole = outer(x)
    found = array(x)
    flags = found.flags
    return (
        type(found), found.dtype.str, found.shape, flags.writeable, flags.c_contiguous, flags.owndata, found.tobytes(),
        repr(whole), repr(inner(x)), factorial(x), Scale(3).times(x),
        inner.record(x).parent == outer.record(x).call == array.record(x).parent,
    )
"""

POOLS = """
import asyncio, multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

class ToThread:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def map(self, function, values):
        async def gathered():
            return await asyncio.gather(*(asyncio.to_thread(function, x) for x in values))
        return asyncio.run(gathered())

def pool(how):
    if how == "threads":
        return ThreadPoolExecutor(4)
    if how == "to_thread":
        return ToThread()
    if how == "loky":
        from joblib.externals import loky
        return loky.ProcessPoolExecutor(2)
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(how))
"""

WAYS = ["threads", "fork", "spawn", "forkserver", "loky", "to_thread"]


@pytest.fixture(autouse=True)
def work(project: Path) -> None:
    (project / "work.py").write_text(WORK)
    (project / "pools.py").write_text(POOLS)


def litter(folder: Path) -> list[Path]:
    return [*folder.rglob(".makeit-*"), *folder.rglob("*~"), *folder.rglob("*.intent")]


def ran(project: Path) -> list[str]:
    return sorted(path.name.rpartition("-")[0] for path in project.glob("ran-*"))


@pytest.mark.parametrize("how", WAYS)
def test_E12_E13_results_are_equal_in_every_way_whoever_gives_them(how: str, run: Run, project: Path) -> None:
    script = """
        import functools, sys
        from pools import pool
        from work import Scale, array, factorial, outer, seen

        if __name__ == "__main__":
            with pool(sys.argv[1]) as workers:
                there = list(workers.map(seen, [1, 2, 3]))
                made = [
                    list(workers.map(function, [1, 2]))
                    for function in (outer, Scale(3).times, functools.partial(array), factorial)
                ]
            here = [seen(x) for x in (1, 2, 3)]
            assert there == here, (there, here)
            assert here[0][1:5] == ("<f8", (4, 3), False, False)
            assert all(row[-1] for row in here)
            assert made[0] == [outer(1), outer(2)]
            assert made[1] == [3, 6]
            assert [found.tobytes() for found in made[2]] == [row[6] for row in here[:2]]
            assert made[3] == [1, 2]
            print("equal")
    """
    assert run(script, how) == "equal\n"
    assert len(ran(project)) == len(set(ran(project))) == 12
    assert litter(project) == []


SCRIPT = """
import os, sys
from pools import pool
from makeit import make

OFFSET = 3

def helper(x):
    return x + OFFSET

@make(keep=None)
def f(x):
    open(f"ran-f-{x}-{os.getpid()}", "w").close()
    return helper(x)

@make(output="json:{x}.json")
def g(x):
    open(f"ran-g-{x}-{os.getpid()}", "w").close()
    return [f(x)]

class Scale:
    def __init__(self, factor):
        self.factor = factor

    @make(keep=None)
    def times(self, x):
        return self.factor * x

if __name__ == "__main__":
    with pool(sys.argv[1]) as workers:
        print(*workers.map(g, [1, 2]), *workers.map(Scale(2).times, [1, 2]))
    print(f(1), g(1), Scale(2).times(2), f.why(1))
"""


@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver", "loky"])
def test_E13_functions_made_in_a_script_reach_its_workers(how: str, run: Run, project: Path) -> None:
    script = project / "script.py"
    script.write_text(SCRIPT)
    assert run(script, how) == "[4] [5] 2 4\n4 [4] 4 reuse f: nothing changed\n"
    assert ran(project) == ["ran-f-1", "ran-f-2", "ran-g-1", "ran-g-2"]


FIRST = """
import sys, threading
from makeit import make

sys.setswitchinterval(1e-6)

def made(number):
    def function(x):
        return {"x": [x, number]}
    output = [None, "json:{x}-%d.json" % number, "pickle:{x}-%d.pkl" % number][number % 3]
    return make(func=function, name=f"f{number}", output=output)

functions = [made(number) for number in range(9)]
start, found = threading.Barrier(len(functions)), {}

def call(number):
    start.wait()
    found[number] = functions[number](int(sys.argv[1]))

threads = [threading.Thread(target=call, args=(number,)) for number in range(len(functions))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert found == {number: {"x": [int(sys.argv[1]), number]} for number in range(len(functions))}, found
print(sum(function.why(int(sys.argv[1])).reuse for function in functions))
"""


@pytest.mark.parametrize("values", [("1", "1", "1"), ("1", "2", "1")], ids=["reuses", "runs"])
def test_E13_the_first_calls_of_a_process_may_come_from_many_threads_at_once(values: tuple[str, ...], run: Run) -> None:
    for value in values:
        assert run(FIRST, value) == "9\n"
