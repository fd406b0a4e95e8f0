"""The README's examples, run as they stand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., str]

README = Path(__file__).parent.parent / "README.md"


def examples() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)


def script() -> str:
    blocks = "\n".join(examples())
    return f"{blocks}\nimport numpy\nprint(glm(numpy.eye(3))['note'], table(2))\n"


def test_the_examples_run_and_a_second_process_reuses_everything(run: Run, project: Path) -> None:
    assert len(examples()) == 4
    first = run(script()).splitlines()
    assert first[:4] == ["loading sub-01", "summing up sub-01", "loading sub-02", "summing up sub-02"]
    second = run(script()).splitlines()
    assert "summing up sub-01" not in second
    assert second[-1] == "OLS [[0.0, 0.0], [1.0, 1.0]]"
    assert (project / "derivatives/sub-01/timeseries.npy").exists()
    assert (project / "table.csv").read_text() == "0.0,0.0\n1.0,1.0"


def test_the_reason_that_the_readme_prints_is_the_one_given(run: Run) -> None:
    [promised] = re.findall(r"^# (run .*)$", examples()[1], re.MULTILINE)
    assert promised in run(script()).splitlines()


def test_each_command_is_one_line_and_makes_its_own_environment() -> None:
    commands = re.findall(r"<!-- command: (.*?) -->\n```sh\n(.*?)```", README.read_text(), re.DOTALL)
    assert [name for name, _ in commands] == ["main job", "tests"]
    for _, command in commands:
        assert command.count("\n") == 1
        assert command.startswith('python3.11 -m venv "${VENV:=.venv}" && ')
