"""The kernel's own decision: what differs between a call and a record, said in words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import Decision, Reason, make
from makeit.decision import compare_key_parts

Run = Callable[..., str]


def test_a_decision_reads_as_one_line() -> None:
    assert str(Decision(True, (), "f")) == "reuse f: nothing changed"
    assert str(Decision(False, "because", "f")) == "run f: because"
    assert str(Decision(False, ["a", Reason("code", "b")], "f (sub-01)")) == "run f (sub-01): a; b"
    assert [reason.kind for reason in Decision(False, ["a", Reason("code", "b")]).reasons] == ["plugin", "code"]


def test_every_argument_that_differs_is_named_with_old_and_new() -> None:
    @make(output="json:x.json")
    def f(a: Any, b: Any = 2, c: Any = 3) -> int:
        return 1

    f(1, b=[1], c="x")
    decision = f.why(2, b=[1], c="y")
    assert [(r.kind, r.subject, r.old, r.new) for r in decision.reasons] == [
        ("argument", "a", "1", "2"),
        ("argument", "c", "'x'", "'y'"),
    ]
    assert str(decision) == "run f: argument a 1 → 2; argument c 'x' → 'y'"


def test_types_that_look_alike_are_told_apart_in_words() -> None:
    @make(output="json:x.json")
    def f(a: Any) -> int:
        return 1

    f(1)
    assert str(f.why(True)) == "run f: argument a 1 → True"
    assert str(f.why(1.0)) == "run f: argument a 1 → 1.0"
    f([0] * 100)
    assert not f.why([0] * 101).reuse


def test_a_changed_file_is_called_a_file(project: Path) -> None:
    @make(output="json:x.json")
    def f(path: Path) -> int:
        return 1

    raw = project / "raw"
    raw.write_text("1")
    f(raw)
    raw.write_text("2")
    (reason,) = f.why(raw).reasons
    assert reason.kind == "file"
    assert str(f.why(raw)).startswith("run f: file path changed: ")


def test_a_missing_output_is_named() -> None:
    @make(output=("json:a.json", "json:b.json"))
    def f() -> tuple[int, int]:
        return 1, 2

    f()
    os.unlink("b.json")
    assert str(f.why()) == "run f: output b.json is missing"
    assert [reason.kind for reason in f.why().reasons] == ["missing"]


def test_other_parameters_are_named(run: Run) -> None:
    def script(signature: str, call: str) -> str:
        return f"""
            from makeit import make

            @make(output="json:x.json", version=1)
            def f({signature}):
                return 1

            print(f.why({call}))
            f({call})
        """

    assert run(script("a, b", "1, 2")) == "run f: never run\n"
    assert run(script("a, b, c=3", "1, 2")) == "run f: argument c is new: 3\n"
    assert run(script("a", "1")) == "run f: argument b is gone, was 2; argument c is gone, was 3\n"
    assert run(script("a", "1")) == "reuse f: nothing changed\n"


def test_changed_code_is_named_with_its_place(run: Run, project: Path) -> None:
    script = project / "script.py"

    def edited(constant: int, body: str) -> str:
        script.write_text(
            f"from makeit import make\n\nFACTOR = {constant}\n\ndef helper(x):\n    return {body}\n\n"
            "@make(output='json:x.json')\ndef f(x):\n    return helper(x) * FACTOR\n\n"
            "print(str(f.why(1)).partition('\\n')[0])\nf(1)\n"
        )
        return run(script)

    edited(1, "x")
    assert edited(1, "x") == "reuse f: nothing changed\n"
    assert edited(2, "x") == "run f: constant FACTOR 1 → 2 (script.py:3)\n"
    assert edited(2, "x + 1").startswith("run f: helper helper changed (script.py:5)")
    assert edited(1, "x").count(";") == 1


def test_another_format_is_named() -> None:
    make(func=str, name="f", output="text:x.txt")(1)
    assert "format text → pickle" in str(make(func=str, name="f", output="pickle:x.txt").why(1))


@pytest.mark.parametrize(
    ("old", "new", "texts"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 3}, ["key part a 1 → None", "key part b 2 → 3"]),
        ({"a": None}, {"a": 0}, ["key part a None → 0"]),
    ],
)
def test_key_parts_that_differ_are_named(old: dict[str, Any], new: dict[str, Any], texts: list[str]) -> None:
    assert [str(reason) for reason in compare_key_parts(old, new)] == texts
