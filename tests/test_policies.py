"""The policies of examples/policies: each does what it says, given to a maker and installed, and their README runs."""

from __future__ import annotations

import ast
import asyncio
import importlib
import importlib.metadata
import io
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from makeit import Maker, hookimpl, make
from makeit.model import Call, Returned

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]
Install = Callable[..., Path]
Policy = Callable[..., ModuleType]

FOLDER = Path(__file__).parent.parent / "examples" / "policies"
README = (FOLDER / "README.md").read_text()
MODULES = sorted(path.stem for path in FOLDER.glob("*.py"))
[_toml] = re.findall(r"^```toml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
POINTS: dict[str, str] = tomllib.loads(_toml)["project"]["entry-points"]["makeit"]
DAY = 86400


@pytest.fixture
def policy(install: Install, monkeypatch: pytest.MonkeyPatch) -> Policy:
    """Copy a policy to where it can be imported; `installed`, list it as the README says."""
    monkeypatch.setattr("makeit.plugins._installed", {})

    def copy(name: str, installed: bool = False) -> ModuleType:
        points = {point: value for point, value in POINTS.items() if value.partition(":")[0] == name}
        source = (FOLDER / f"{name}.py").read_text()
        install(f"lab-{name}", "1.0", {"makeit": points} if installed else {}, **{name: source})
        return importlib.import_module(name)

    return copy


def double(x: Any) -> Any:
    print(f"Running {x}")
    return 2 * x


def lines(capsys: Printed) -> list[str]:
    return capsys.readouterr().out.splitlines()


# --- What they have in common ------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_a_policy_is_a_module_under_40_lines_whose_docstring_says_how_to_use_it(name: str) -> None:
    source = (FOLDER / f"{name}.py").read_text()
    assert len(source.splitlines()) < 40
    usage = ast.get_docstring(ast.parse(source)) or ""
    [point] = [f'{point} = "{value}"' for point, value in POINTS.items() if value.partition(":")[0] == name]
    assert "`Maker(plugins=[" in usage
    assert f"`{point}`" in usage
    assert f"({name}.py)" in README


def test_the_examples_of_the_readme_run_and_a_second_process_reuses_everything(run: Run) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert len(examples) == 1 + len(MODULES)
    script = f"import sys\nsys.path.insert(0, {str(FOLDER)!r})\n" + "\n".join(examples)
    first = run(script).splitlines()
    assert first == [
        *["downloading atlas", "ATLAS"] * 3,
        "run dry: never run",
        *["downloading atlas", "ATLAS"],
        *[f"downloading {name}" for name in ("aal", "harvard", "schaefer")],
    ]
    assert run(script).splitlines() == ["ATLAS"] * 3 + ["run dry: never run", "ATLAS"]


def test_all_of_them_are_installed_together_as_the_readme_says(install: Install, run: Run) -> None:
    sources = {name: (FOLDER / f"{name}.py").read_text() for name in MODULES}
    install("lab-policies", "1.0", {"makeit": POINTS}, **sources)
    script = """
        from makeit import make

        @make(name="f")
        def f(x):
            print("Running")
            return x

        f(1), f(1)
        print(sorted(f.record(1).key_parts))
    """
    assert run(script).splitlines() == ["Running", "['numpy', 'scipy']"]


# --- expire.py ---------------------------------------------------------------------------------


@pytest.mark.parametrize("installed", [False, True])
def test_a_result_expires_after_a_time(
    installed: bool, policy: Policy, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    expire = policy("expire", installed)
    made = (make if installed else Maker(plugins=[expire.Expire(days=7)]))(func=double, name="d")
    now = time.time()
    made(1)
    monkeypatch.setattr(time, "time", lambda: now + 6.9 * DAY)
    made(1)
    assert lines(capsys) == ["Running 1"]
    monkeypatch.setattr(time, "time", lambda: now + 7.2 * DAY)
    assert str(made.why(1)) == "run d: made 7.2 days ago, more than 7"
    made(1)
    made(1)  # as good as new
    assert lines(capsys) == ["Running 1"]


def test_only_what_is_named_expires(policy: Policy, capsys: Printed) -> None:
    plugin = policy("expire").Expire(days=-1, only="*download")
    for name in ("atlas.download", "atlas.smooth"):
        made = Maker(plugins=[plugin])(func=double, name=name)
        made(1)
        assert made.why(1).reuse == (name == "atlas.smooth")


def test_an_expired_result_is_not_brought_back_from_the_history(policy: Policy, capsys: Printed) -> None:
    expiring = Maker(plugins=[policy("expire").Expire(days=-1)])
    for version in (1, 2, 1):
        expiring(func=double, output="json:x.json", keep=None, version=version)(5)
    assert lines(capsys) == ["Running 5"] * 3


# --- library_versions.py -----------------------------------------------------------------------


def test_another_version_of_a_library_makes_the_function_run(policy: Policy, install: Install, run: Run) -> None:
    policy("library_versions")
    script = """
        from library_versions import LibraryVersions
        from makeit import Maker

        @Maker(plugins=[LibraryVersions("lib.stats", "not-installed")])
        def f():
            return 1

        print(f.why())
        f()
        print(f.record().key_parts)
    """
    site = install("lib-stats", "1.2", {})
    parts = "{'lib.stats': '1.2', 'not-installed': None}"
    assert run(script).splitlines() == ["run f: never run", parts]
    assert run(script).splitlines() == ["reuse f: nothing changed", parts]
    (site / "lib_stats-1.2.dist-info" / "METADATA").unlink()
    (site / "lib_stats-1.2.dist-info" / "entry_points.txt").unlink()
    (site / "lib_stats-1.2.dist-info").rmdir()
    install("lib-stats", "2.0", {})
    assert run(script).splitlines()[0] == "run f: key part lib.stats '1.2' → '2.0'"


def test_an_installed_policy_counts_the_versions_of_numpy_and_scipy(policy: Policy) -> None:
    policy("library_versions", installed=True)
    made = make(func=double)
    made(1)
    record = made.record(1)
    assert record is not None
    assert record.key_parts == {name: importlib.metadata.version(name) for name in ("numpy", "scipy")}


# --- git_commit.py -----------------------------------------------------------------------------


def git(folder: Path, *command: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", str(folder), *identity, *command], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("installed", [False, True])
def test_another_git_commit_makes_the_function_run(
    installed: bool, policy: Policy, run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    policy("git_commit", installed)
    script = """
        from makeit import Maker, make
        import git_commit

        @(MAKER)
        def f():
            return 1

        print(f.why())
        f()
        print(dict(f.record().key_parts))
    """.replace("MAKER", "make" if installed else "Maker(plugins=[git_commit])")
    assert run(script) == "run f: never run\n{}\n"  # outside of git it adds nothing
    git(project, "init", "-q")
    git(project, "commit", "-q", "--allow-empty", "-m", "one")
    first = git(project, "rev-parse", "HEAD")
    assert run(script).splitlines()[1] == str({"git commit": first})
    assert run(script).splitlines()[0] == "reuse f: nothing changed"
    git(project, "commit", "-q", "--allow-empty", "-m", "two")
    changed, parts = run(script).splitlines()
    assert changed.startswith("run f: key part git commit")
    assert parts == str({"git commit": git(project, "rev-parse", "HEAD")})


# --- dry_run.py --------------------------------------------------------------------------------


def test_a_dry_run_lists_what_would_run_and_runs_nothing(policy: Policy, capsys: Printed, project: Path) -> None:
    dry_run = policy("dry_run")
    make(func=double, name="d", output="{x}.json")(2)
    lines(capsys)
    before = sorted(path.name for path in project.iterdir())
    plan = dry_run.DryRun()
    made = Maker(plugins=[plan])(func=double, name="d", output="{x}.json")
    for x in (1, 3):
        with pytest.raises(dry_run.WouldRun) as refused:
            made(x)
    assert made(2) == 4  # what is stored is given as ever
    said = ["run d (1): never run", "run d (3): never run"]
    assert str(refused.value).splitlines() == list(map(str, plan.planned)) == said
    assert lines(capsys) == []
    assert sorted(path.name for path in project.iterdir()) == before


def test_a_dry_run_of_an_async_function_refuses_too(policy: Policy, capsys: Printed) -> None:
    dry_run = policy("dry_run")

    async def slowly(x: int) -> int:
        print("Running")
        return x

    with pytest.raises(dry_run.WouldRun, match="run slow: never run"):
        asyncio.run(Maker(plugins=[dry_run.DryRun()])(func=slowly, name="slow")(1))
    assert lines(capsys) == []


def test_an_installed_dry_run_waits_to_be_asked(
    policy: Policy, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    dry_run = policy("dry_run", installed=True)
    made = make(func=double, name="d", keep=None)
    assert made(1) == 2
    monkeypatch.setenv("MAKEIT_DRY_RUN", "1")
    assert made(1) == 2
    with pytest.raises(dry_run.WouldRun) as refused:
        made(2)
    assert str(refused.value) == "run d: never run"
    monkeypatch.setenv("MAKEIT_DRY_RUN", "0")
    assert made(2) == 4


# --- retry.py ----------------------------------------------------------------------------------


class Flaky:
    """Fails a number of times, with an error of a kind, and then gives back what it got."""

    def __init__(self, failures: int, kind: type[Exception] = OSError) -> None:
        self.failures = failures
        self.kind = kind
        self.attempts = 0

    def attempt(self, x: Any) -> Any:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise self.kind(f"attempt {self.attempts}")
        return x

    def made(self, retry: Any, is_async: bool) -> Callable[[Any], Any]:
        """Return a function of x that tries, made with the plugin."""

        def plain(x: Any) -> Any:
            return self.attempt(x)

        async def waiting(x: Any) -> Any:
            await asyncio.sleep(0)
            return self.attempt(x)

        made = Maker(plugins=[retry])(func=waiting if is_async else plain, version=1, name=f"flaky {is_async}")
        return (lambda x: asyncio.run(made(x))) if is_async else made


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("failures", [0, 1, 3])
def test_what_failed_is_tried_again_and_the_result_is_kept(failures: int, is_async: bool, policy: Policy) -> None:
    flaky = Flaky(failures)
    made = flaky.made(policy("retry").Retry(times=3, seconds=0), is_async)
    assert (made("x"), made("x")) == ("x", "x")
    assert flaky.attempts == failures + 1


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("times", [0, 2])
def test_what_fails_once_too_often_raises_its_last_error(times: int, is_async: bool, policy: Policy) -> None:
    flaky = Flaky(times + 1)
    with pytest.raises(OSError, match=f"attempt {times + 1}"):
        flaky.made(policy("retry").Retry(times=times, seconds=0), is_async)("x")
    assert flaky.attempts == times + 1


@pytest.mark.parametrize("is_async", [False, True])
def test_an_error_of_another_kind_is_not_tried_again(is_async: bool, policy: Policy) -> None:
    flaky = Flaky(1, KeyError)
    with pytest.raises(KeyError):
        flaky.made(policy("retry").Retry(times=3, seconds=0), is_async)("x")
    assert flaky.attempts == 1


def test_the_first_attempt_goes_through_other_plugins(policy: Policy) -> None:
    class Elsewhere:
        @hookimpl
        def makeit_execute(self, call: Call) -> Returned:
            raise OSError("no connection")

    retry = policy("retry").Retry(times=1, seconds=0)
    assert Maker(plugins=[retry, Elsewhere()])(func=double)(1) == 2


def test_an_installed_retry_waits_and_tries_again(policy: Policy, capsys: Printed) -> None:
    policy("retry", installed=True).patient.seconds = 0
    flaky = Flaky(3)
    assert make(func=flaky.attempt, version=1, ignore="self")(5) == 5
    assert flaky.attempts == 4


# --- progress.py -------------------------------------------------------------------------------


def test_progress_shows_how_many_calls_are_done_and_how_many_ran(policy: Policy) -> None:
    shown = io.StringIO()
    progress = policy("progress").Progress(total=4, console=Console(file=shown, width=100))
    made = Maker(plugins=[progress])(func=lambda x: 1 / x, name="inverse", keep=None)
    for x in (1, 2, 1):
        made(x)
    with pytest.raises(ZeroDivisionError):
        made(0)
    Maker(plugins=[progress])(func=double, name="double")(1)
    progress.bars.stop()
    first, second = shown.getvalue().splitlines()
    assert re.fullmatch(r"inverse +━+ 4/4 \d:\d\d:\d\d 3 ran *", first)
    assert re.fullmatch(r"double +━+ +1/4 \d:\d\d:\d\d 1 ran *", second)


def test_an_installed_progress_ends_with_the_process(policy: Policy, project: Path) -> None:
    policy("progress", installed=True)
    script = project / "script.py"
    script.write_text(
        "from makeit import make\n\n@make(name='loop', keep=None)\ndef loop(x):\n    return x\n\n"
        "for x in range(3):\n    loop(x)\nprint('done')\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", str(script)], check=True, capture_output=True, text=True)
    assert done.stdout == "done\n"
    assert re.search(r"loop .* 3/\? .* 3 ran", done.stderr)
