"""The rules of makeit for a persister, and a made function that uses the format by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from makeit_example import ExampleFile

from makeit import make
from makeit.testing import PersisterSuite


class TestExampleFile(PersisterSuite):
    """Each test of the suite is one rule; its docstring says why the rule is there."""

    suffix = ".example"
    examples = ([], [0.0, -0.0, 1.5], [float("nan"), float("inf"), 1e-300])
    rejects = (None, [1], (1.0,), "1.0")

    def persister(self, filename: Path) -> ExampleFile:
        return ExampleFile(filename)


@pytest.mark.parametrize("spec", ["example:numbers.txt", "numbers.example"])
def test_the_format_is_found_by_name_and_by_suffix(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    @make(output=spec)
    def numbers(n: int) -> list[float]:
        print("Running")
        return [float(i) for i in range(n)]

    assert numbers(3) == numbers(3) == [0.0, 1.0, 2.0]
    assert capsys.readouterr().out == "Running\n"
