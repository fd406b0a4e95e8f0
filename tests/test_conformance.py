"""The conformance suite on the formats of the kernel."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, ClassVar

from makeit import JsonFile, Persister, PickleFile, TextFile
from makeit.testing import PersisterSuite


class TestPickle(PersisterSuite):
    suffix = ".pkl"
    examples = (
        [1, (2.5, None), {"a": {1, 2}}, b"bytes", "größe", float("nan"), -0.0],
        {(1, 2): datetime.date(2020, 2, 29), 3: 1j},
        "one string",
        bytearray(range(256)) * 40,
        None,
    )
    rejects = (lambda: 1, (x for x in ()), [lambda: 2])
    deterministic = False  # pickle writes sets in the order of their hashes, and remembers which objects were one

    def persister(self, filename: Path) -> Persister:
        return PickleFile(filename)


class TestJson(PersisterSuite):
    suffix = ".json"
    examples = ({"b": [1, 2.5, -0.0, True, None], "a": {"größe": "名前"}}, [1, [2, [3]]], "a\r\nstring", {}, [])
    rejects = ((1, 2), {1: 2}, float("nan"), [float("inf")], b"bytes", {1, 2}, 1j, object())

    def persister(self, filename: Path) -> Persister:
        return JsonFile(filename)


class TestJsonNumber(PersisterSuite):
    suffix = ".json"
    examples = (12, -2.5, True, None)
    rejects = TestJson.rejects
    exceptions: ClassVar = {"test_truncated_file_raises": "a number that is cut short is a number"}

    def persister(self, filename: Path) -> Persister:
        return JsonFile(filename)


class TestText(PersisterSuite):
    suffix = ".txt"
    examples = ("one line", "größe\r\n名前\n\0\n", "\ufeffmarked", "x" * 100_000)
    rejects = (1, b"bytes", None, ["a"], "\ud800")
    exceptions: ClassVar = {
        "test_truncated_file_raises": "a text that is cut short is a text",
        "test_empty_file_raises": "nothing is a text",
        "test_zero_filled_file_raises": "zeros are a text",
    }

    def persister(self, filename: Path) -> Persister:
        return TextFile(filename)


def test_the_suite_is_not_a_test_by_itself() -> None:
    names: list[Any] = [name for name in globals() if name.startswith("Test")]
    assert names == ["TestPickle", "TestJson", "TestJsonNumber", "TestText"]
