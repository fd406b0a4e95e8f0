"""What a format writes beside its file: after each publication, at each reuse, never at the cost of the value."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest

from makeit import CacheWarning, MakeitError, Maker, TextFile, hookimpl, make
from makeit.made import MadeFunction
from makeit.model import Call, Outcome, Record


class Noted(TextFile):
    """Text that notes each publication; told to fail, it does."""

    told: ClassVar[list[tuple[str, str]]] = []
    fails: ClassVar[type[BaseException] | None] = None
    beside: ClassVar[frozenset[str]] = frozenset({"shade"})

    def __init__(self, filename: str | Path, shade: str | None = None) -> None:
        super().__init__(filename)
        self.shade = shade

    def published(self, call: Call, record: Record, lineage: Any) -> None:
        stored = lineage.ledger.read(call.anchor)
        assert stored.record == record, "it is told after the record was written, and of that one"
        if self.fails:
            raise self.fails("no ink")
        self.told.append((self.filename.name, record.arguments["x"].repr))


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    monkeypatch.setattr(Noted, "told", [])
    return Noted.told


def word(x: int) -> str:
    return str(x)


def pair(x: int) -> tuple[str, str, str]:
    return str(x), "b", "c"


def test_it_is_called_at_a_run_and_at_each_reuse(told: list[Any]) -> None:
    made = make(func=word, output=Noted("a.txt"))
    made(1)
    made(1)
    made.rerun(1)
    assert told == [("a.txt", "1")] * 3


def test_each_output_is_told_and_nothing_kept_is(told: list[Any]) -> None:
    make(func=pair, output=(Noted("a.txt"), Noted("b.txt"), None))(1)
    assert told == [("a.txt", "1"), ("b.txt", "1")]


def test_questions_publish_nothing_and_amendments_do(told: list[Any]) -> None:
    made = make(func=word, output=Noted("a.txt"), version=1)
    made.why(1)
    assert made.record(1) is None
    assert told == []
    made(1)
    changed = make(func=word, output=Noted("a.txt"), version=2)
    changed.why(1)
    assert len(told) == 1
    changed.accept(1)
    assert len(told) == 2
    changed.undo(1)
    assert len(told) == 3
    changed.forget(1)
    assert len(told) == 3


def test_adopted_files_are_published(told: list[Any]) -> None:
    Path("a.txt").write_text("theirs")
    assert make(func=word, output=Noted("a.txt"), foreign="adopt")(1) == "theirs"
    Path("a.txt").write_text("theirs again")
    assert make(func=word, output=Noted("a.txt"), foreign="adopt")(1) == "theirs again"
    assert told == [("a.txt", "1")] * 2


def test_an_option_that_is_beside_the_result_runs_nothing() -> None:
    make(func=word, output=Noted("a.txt"))(1)
    assert make(func=word, output=Noted("a.txt", shade="green")).why(1).reuse


@pytest.mark.parametrize("kind", [OSError, ValueError, KeyError, MakeitError])
def test_trouble_is_a_warning_and_the_value_is_given(kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Noted, "fails", kind)
    made = make(func=word, output=Noted("a.txt"))
    for _ in range(2):
        with pytest.warns(CacheWarning, match=r"what belongs beside .*a\.txt was not written: .*no ink") as caught:
            assert made(1) == "1"
        assert caught[0].filename == __file__
    monkeypatch.setattr(Noted, "fails", None)
    assert made.why(1).reuse


def test_under_strict_trouble_is_an_error_with_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watching:
        outcomes: ClassVar[list[Outcome]] = []

        @hookimpl
        def makeit_call_finished(self, call: Call, outcome: Outcome) -> None:
            self.outcomes.append(outcome)

    watching = Watching()
    monkeypatch.setattr(Noted, "fails", OSError)
    made: MadeFunction[Any, Any] = Maker(plugins=[watching])(func=word, output=Noted("a.txt"), strict=True)
    for _ in range(2):
        with pytest.raises(MakeitError, match="no ink") as caught:
            made(1)
        assert caught.value.value == "1"
    assert [outcome.reused for outcome in watching.outcomes] == [False]
    assert isinstance(watching.outcomes[0].error, MakeitError)


def test_interrupts_pass() -> None:
    made = make(func=word, output=Noted("a.txt"))
    Noted.fails = KeyboardInterrupt
    try:
        with pytest.raises(KeyboardInterrupt):
            made(1)
    finally:
        Noted.fails = None
    assert made.why(1).reuse


def test_coroutines_publish_too(told: list[Any]) -> None:
    async def word(x: int) -> str:
        return str(x)

    made = make(func=word, output=Noted("a.txt"))
    for _ in range(2):
        assert asyncio.run(made(1)) == "1"
    assert told == [("a.txt", "1")] * 2
