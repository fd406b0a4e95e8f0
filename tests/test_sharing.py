"""One output that many write and read at once: threads, processes, and the two processes of pytest-xdist."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from makeit import JsonFile, make

Run = Callable[..., str]


def litter(folder: Path) -> list[Path]:
    return [*folder.rglob(".makeit-*"), *folder.rglob("*~"), *folder.rglob("*.intent")]


def run_at_once(scripts: list[list[str]]) -> None:
    """Start scripts that print a line and wait for one; let them go together, and see that all end well."""
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen([sys.executable, "-W", "ignore", *script], stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for script in scripts
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors


def test_E1_E13_eight_processes_on_one_output(project: Path) -> None:
    script = project / "script.py"
    script.write_text(
        "import json, sys\nfrom makeit import make\n\n"
        "@make(output=('json:a.json', 'json:b.json'))\n"
        "def f(x):\n    return [x] * 2000, [x]\n\n"
        "me = int(sys.argv[1])\n"
        "print('ready', flush=True)\nsys.stdin.readline()\n"
        "for i in range(15):\n"
        "    x = (i + me) % 3\n"
        "    assert f(x) == ([x] * 2000, [x]), (x, f(x))\n"
        "    seen = json.load(open('a.json'))\n"
        "    assert seen in ([0] * 2000, [1] * 2000, [2] * 2000), seen\n"
    )
    run_at_once([[str(script), str(i)] for i in range(8)])
    assert json.loads((project / "b.json").read_text()) == [json.loads((project / "a.json").read_text())[0]]
    assert litter(project) == []
    records = [path for path in project.rglob(".makeit/records/**/*.json") if '"points_to"' not in path.read_text()]
    assert [path.name for path in records] == ["a.json.json"]


def test_E12_nested_calls_in_opposite_order_never_wait_for_each_other_for_good(project: Path) -> None:
    source = """
import sys
from makeit import make

@make(output="json:LAST.json")
def last(x):
    return [x]

@make(output="json:FIRST.json")
def first(x):
    return [x, last(x + 1)]

print("ready", flush=True)
sys.stdin.readline()
for i in range(15):
    assert first(i) == [i, [i + 1]]
"""
    scripts = []
    for one, two in [("a", "b"), ("b", "a"), ("a", "b"), ("b", "a")]:
        script = project / f"{one}{two}.py"
        script.write_text(source.replace("FIRST", one).replace("LAST", two))
        scripts.append([str(script)])
    run_at_once(scripts)
    assert litter(project) == []


def test_E13_tests_that_xdist_runs_in_two_processes_share_an_output(project: Path) -> None:
    (project / "work.py").write_text(
        "from makeit import make\n\n"
        "@make(output='json:shared.json')\ndef shared():\n    return {'inner': list(inner(1))}\n\n"
        "@make(keep=None)\ndef inner(x):\n    return (x, [x])\n"
    )
    (project / "test_shared.py").write_text(
        "import os\nimport pytest\nfrom work import inner, shared\n\n"
        "@pytest.mark.parametrize('i', range(12))\n"
        "def test_shared(i):\n"
        "    assert os.environ['PYTEST_XDIST_WORKER_COUNT'] == '2'\n"
        "    assert shared() == {'inner': [1, [1]]}\n"
        "    assert inner(i % 3) == (i % 3, [i % 3])\n"
    )
    options = ["-q", "-n", "2", "-W", "error", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_shared.py"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 passed" in done.stdout
    assert litter(project) == []


class Slow(JsonFile):
    """JSON whose first save waits until it is let go."""

    inside, go_on = threading.Event(), threading.Event()

    def save(self, data: Any) -> None:
        if not self.inside.is_set():
            self.inside.set()
            self.go_on.wait()
        super().save(data)


def test_what_another_caller_kept_while_a_result_was_saved_does_not_stay_for_good(project: Path) -> None:
    def f(x: int) -> tuple[int, list[int]]:
        return x, [x]

    made = make(func=f, output=(Slow("x.json"), None))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(made, 1)
        Slow.inside.wait()
        assert made(2) == (2, [2])
        Slow.go_on.set()
        assert slow.result() == (1, [1])
    kept = [path for path in (project / ".makeit" / "results").rglob("*") if path.is_file()]
    named = made.record(1).outputs[1].files[0].path
    assert [f"@cachedir/{path.relative_to(project / '.makeit')}" for path in kept] == [named]


@pytest.mark.filterwarnings("ignore:.*takes turns on the file")
@pytest.mark.parametrize("output", [None, "pickle:one.pkl", "pickle:{x}.pkl"])
def test_E13_first_calls_of_many_threads_at_once(output: str | None, project: Path) -> None:
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    barrier = threading.Barrier(6)

    def f(x: int) -> list[tuple[int, int]]:
        return [(x, inner(x))]

    def inner(x: int) -> int:
        return x + 1

    made = make(func=f, output=output)
    inner = make(func=inner, keep=None)

    def call(x: int) -> Any:
        barrier.wait()
        return made(x), made(x)

    try:
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(call, range(6)))
    finally:
        sys.setswitchinterval(switch)
    assert found == [([(x, x + 1)],) * 2 for x in range(6)]
    assert litter(project) == []
