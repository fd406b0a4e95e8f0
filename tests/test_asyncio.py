"""Coroutines: many at once, cancelled in the middle, dropped, and functions that run in threads of a loop."""

from __future__ import annotations

import asyncio
import contextvars
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from makeit import make

Printed = pytest.CaptureFixture[str]


def litter(folder: Path) -> list[Path]:
    return [*folder.rglob(".makeit-*"), *folder.rglob("*~"), *folder.rglob("*.intent")]


@make(output="json:{x}.json")
async def outer(x: int) -> list[int]:
    print("outer", x)
    await asyncio.sleep(0)
    return [x, await inner(x)]


@make(keep=None)
async def inner(x: int) -> int:
    await asyncio.sleep(0)
    return x * 2


@make(keep=None)
async def factorial(n: int) -> int:
    await asyncio.sleep(0)
    return n * await factorial(n - 1) if n else 1


@make(output="json:one.json")
async def shared(x: int) -> list[int]:
    await asyncio.sleep(0)
    return [x] * 10


@make(output="json:sync-{x}.json")
def outer_sync(x: int) -> list[int]:
    return [x, inner_sync(x)]


@make(keep=None)
def inner_sync(x: int) -> int:
    return x * 2


@make(output="json:mixed-{x}.json")
async def mixed(x: int) -> int:
    return await asyncio.to_thread(inner_sync, x)


class Gate:
    """Where a coroutine waits until it is let go, or cancelled; no part of what a function depends on."""

    def __init__(self) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def pass_through(self) -> None:
        self.reached.set()
        await self.open.wait()


def gated(output: Any = None, **options: Any) -> Any:
    async def waiting(x: int, gate: Gate) -> list[int]:
        print("Running")
        await gate.pass_through()
        return [x]

    return make(func=waiting, output=output, ignore="gate", **options)


def test_E12_many_coroutines_at_once(project: Path, capsys: Printed) -> None:
    async def main() -> None:
        expected = [[x % 7, x % 7 * 2] for x in range(50)]
        for _ in range(2):
            assert await asyncio.gather(*(outer(x % 7) for x in range(50))) == expected
        assert await asyncio.gather(*(factorial(n) for n in (5, 6, 5))) == [120, 720, 120]

    asyncio.run(main())
    assert len(capsys.readouterr().out.splitlines()) == 50
    for x in range(7):
        assert inner.record(x).parent == outer.record(x).call  # type: ignore[union-attr]
    assert factorial.record(4).parent == factorial.record(5).call  # type: ignore[union-attr]
    assert litter(project) == []


@pytest.mark.filterwarnings("ignore:.*takes turns on the file")
def test_E13_coroutines_and_loops_that_share_one_output(project: Path) -> None:
    async def main() -> list[Any]:
        return await asyncio.gather(*(shared(x % 3) for x in range(12)))

    expected = [[x % 3] * 10 for x in range(12)]
    assert asyncio.run(main()) == expected
    with ThreadPoolExecutor(3) as pool:
        assert all(found == expected for found in pool.map(lambda _: asyncio.run(main()), range(3)))
    assert litter(project) == []


def test_E12_E13_functions_in_threads_of_a_loop(project: Path) -> None:
    async def main() -> None:
        found = await asyncio.gather(*(asyncio.to_thread(outer_sync, x % 5) for x in range(20)))
        assert found == [[x % 5, x % 5 * 2] for x in range(20)]
        assert await mixed(9) == 18

    asyncio.run(main())
    for x in range(5):
        assert inner_sync.record(x).parent == outer_sync.record(x).call  # type: ignore[union-attr]
    assert inner_sync.record(9).parent == mixed.record(9).call  # type: ignore[union-attr]
    assert litter(project) == []


@pytest.mark.parametrize("output", [None, "json:x.json"])
def test_a_coroutine_cancelled_in_the_middle_leaves_nothing(output: Any, project: Path, capsys: Printed) -> None:
    made = gated(output)

    async def main() -> None:
        gate = Gate()
        task = asyncio.create_task(made(1, gate))
        await gate.reached.wait()
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await task
        assert made.record(1, gate) is None
        assert not made.why(1, gate).reuse
        assert set(os.listdir(project)) <= {".makeit", "pyproject.toml"}
        gate.open.set()
        assert await made(1, gate) == [1]
        assert made.why(1, gate).reuse

    asyncio.run(main())
    assert capsys.readouterr().out == "Running\n" * 2
    assert litter(project) == []


def test_E1_a_cancelled_coroutine_leaves_the_old_result_as_it_was(project: Path) -> None:
    made = gated("json:x.json", keep=2)

    async def main() -> None:
        gate = Gate()
        gate.open.set()
        await made(1, gate)
        before = (project / "x.json").stat()
        gate = Gate()
        task = asyncio.create_task(asyncio.wait_for(made(2, gate), None))
        await gate.reached.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        after = (project / "x.json").stat()
        assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)
        assert made.why(1, gate).reuse
        assert await made(1, gate) == [1]

    asyncio.run(main())
    assert litter(project) == []


def test_a_task_group_that_fails_keeps_what_was_done_and_no_more(project: Path) -> None:
    made = gated("json:{x}.json")

    async def together(*coroutines: Any) -> None:
        async with asyncio.TaskGroup() as group:
            for coroutine in coroutines:
                group.create_task(coroutine)

    async def fail(gate: Gate) -> None:
        await gate.reached.wait()
        raise ValueError("mine")

    async def main() -> None:
        free, gate = Gate(), Gate()
        free.open.set()
        await made(1, free)
        with pytest.raises(ExceptionGroup, match="unhandled errors") as caught:
            await together(made(1, free), made(2, gate), fail(gate))
        assert [str(error) for error in caught.value.exceptions] == ["mine"]
        assert made.why(1, free).reuse
        assert made.record(2, free) is None

    asyncio.run(main())
    assert [path.name for path in project.glob("*.json")] == ["1.json"]
    assert litter(project) == []


def test_a_coroutine_that_is_closed_in_another_context_ends_quietly(project: Path) -> None:
    made = gated("json:x.json")

    async def main() -> None:
        gate = Gate()
        coroutine = made(1, gate)
        contextvars.copy_context().run(coroutine.send, None)
        coroutine.close()
        gate.open.set()
        assert await made(1, gate) == [1]
        assert made.record(1, gate).parent is None

    asyncio.run(main())
    assert litter(project) == []


BOX: list[Any] = [1]


def test_C7_a_global_that_gets_content_which_cannot_be_seen(capsys: Printed) -> None:
    @make
    def length(x: int) -> int:
        print("Running")
        return x + len(BOX)

    try:
        assert length(1) == 2
        with socket.socket() as end:
            BOX.append(end)
            assert length(1) == 3
        BOX[1] = threading.Lock()
        assert length(1) == 3
        assert length.why(1).untracked
    finally:
        BOX[1:] = []
