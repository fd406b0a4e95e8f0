"""The command: new-plugin writes a project that works, plugins says what is installed and what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Install = Callable[..., Path]


def makeit(*arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "makeit", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert not check or done.returncode == 0, done.stderr
    return done


def listed(*arguments: str, **environment: str) -> dict[str, Any]:
    done = makeit("plugins", "--json", *arguments, check=False, **environment)
    return {one["distribution"]: one for one in json.loads(done.stdout)}


def test_a_new_plugin_passes_its_tests_and_is_used_by_name_and_suffix(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = makeit("new-plugin", "my-fmt", "--suffix", ".my").stdout
    folder = project / "makeit-my-fmt"
    assert f"wrote {Path('makeit-my-fmt/pyproject.toml')}" in out
    for path in folder.rglob("*"):
        assert "example" not in path.name
        if path.is_file():
            text = path.read_text()
            assert "makeit_example" not in text
            assert "ExampleFile" not in text
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", environment], check=True)
    python = environment / "bin" / "python"
    # What this process can import, the environment can: the plugin alone is installed into it.
    paths = [path for path in sys.path if path and Path(path).exists()]
    site = next((environment / "lib").glob("python*")) / "site-packages"
    (site / "outside.pth").write_text("\n".join(paths))
    install = [python, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", folder]
    subprocess.run(install, check=True, capture_output=True)
    # Not as a worker of the run that this test may be part of.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [python, "-m", "pytest", "-q", "-p", "no:xdist", folder]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, env=alone)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x",), "cannot name a format"),
        (("My Format",), "cannot name a format"),
        (("fmt", "--suffix", "my"), "begins with a dot"),
    ],
)
def test_a_plugin_that_cannot_be_named_is_refused(arguments: tuple[str, ...], message: str) -> None:
    done = makeit("new-plugin", *arguments, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert not list(Path().glob("makeit-*"))


def test_a_folder_that_is_there_is_left_alone() -> None:
    Path("makeit-fmt").mkdir()
    Path("makeit-fmt/mine").write_text("mine")
    done = makeit("new-plugin", "fmt", check=False)
    assert done.returncode == 1
    assert "--into" in done.stderr
    assert os.listdir("makeit-fmt") == ["mine"]


PLUGIN = """
    from makeit import Persister, hookimpl

    class Own(Persister):
        suffixes = (".own",)

    @hookimpl
    def makeit_call_started(call, decision):
        pass
    """


def test_the_kernel_and_installed_plugins_are_listed(install: Install) -> None:
    install(
        "lab-own", "1.2", {"makeit": {"own": "own"}, "makeit.persisters": {"own": "own:Own"},
        "makeit.suffixes": {".own": "own"}}, own=PLUGIN,
    )  # fmt: skip
    found = listed()
    assert found["makeit-core"]["formats"] == ["json", "pickle", "text"]
    assert found["lab-own"] == {
        "distribution": "lab-own", "version": "1.2", "formats": ["own"], "suffixes": [".own"],
        "hooks": ["call_started"], "state": "ok", "cause": "",
    }  # fmt: skip
    assert listed(MAKEIT_DISABLE_PLUGINS="lab_own")["lab-own"]["state"] == "disabled"


def test_what_is_broken_or_conflicting_is_said_with_its_cause(install: Install) -> None:
    install("lab-broken", "1", {"makeit.persisters": {"broken": "nowhere:Format"}})
    for name in ("lab-one", "lab-two"):
        install(name, "1", {"makeit.persisters": {"same": "same:Own"}}, same=PLUGIN)
    found = listed()
    assert found["lab-broken"]["state"] == "broken"
    assert "No module named 'nowhere'" in found["lab-broken"]["cause"]
    assert found["lab-one"]["state"] == found["lab-two"]["state"] == "conflicting"
    assert "same is claimed by lab-two 1, too" in found["lab-one"]["cause"]
    assert found["makeit-core"]["state"] == "ok"
    done = makeit("plugins", check=False)
    assert done.returncode == 1
    assert "No module named 'nowhere'" in done.stdout


def test_help_imports_no_command_and_nothing_but_click() -> None:
    code = "import sys; from makeit.cli import main; main(['--help'], standalone_mode=False); "
    code += (
        "print([name for name in sys.modules if name in ('rich', 'attr', 'msgspec', 'makeit.works', 'makeit.cli.ls')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "new-plugin" in out
    assert out.endswith("[]\n")
