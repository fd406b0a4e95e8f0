"""Log lines: one for each decision, with reason and time; set up by MAKEIT_LOG where nobody else listens."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from makeit import CacheWarning, Maker

Run = Callable[..., str]
_TIME = re.compile(r"\d+\.\d+ m?s\b")


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return levels and lines, with T for every time."""
    return [(record.levelname, _TIME.sub("T", record.getMessage())) for record in caplog.records]


def shown(run: Run, script: str) -> list[str]:
    """Return what a script writes to stderr, with T for every time of day and duration, and P for process ids."""
    lines = run(script, check=False).splitlines()
    stamped = (re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "NOW", line) for line in lines)
    return [re.sub(r"\[\d+\]", "[P]", _TIME.sub("T", line)) for line in stamped]


def test_every_decision_is_a_line_with_reason_and_time(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    def smooth(subject: str, fwhm: float) -> float:
        if fwhm < 0:
            raise ValueError(f"{fwhm} is no width\nand more")
        return fwhm

    f = Maker()(smooth, output="json:{subject}.json", name="smooth")
    caplog.set_level(logging.DEBUG, "makeit")
    f("sub-01", 6.0)
    f("sub-01", 8.0)
    f("sub-01", 8.0)
    with pytest.raises(ValueError, match="no width"):
        f("sub-01", -1.0)
    assert said(caplog) == [
        ("DEBUG", "run smooth (sub-01): never run"),
        ("INFO", "ran smooth (sub-01) in T: never run"),
        ("DEBUG", "run smooth (sub-01): argument fwhm 6.0 → 8.0"),
        ("INFO", "ran smooth (sub-01) in T: argument fwhm 6.0 → 8.0"),
        ("DEBUG", "reused smooth (sub-01) in T"),
        ("DEBUG", "run smooth (sub-01): argument fwhm 8.0 → -1.0"),
        (
            "INFO",
            "failed smooth (sub-01) in T with ValueError: -1.0 is no width: argument fwhm 8.0 → -1.0",
        ),
    ]
    assert {record.name for record in caplog.records} == {"makeit"}


def test_a_call_inside_another_says_in_which(caplog: pytest.LogCaptureFixture) -> None:
    maker = Maker()
    inner = maker(lambda x: x, output="json:{x}.json", name="inner")
    outer = maker(lambda: inner(1), name="outer")
    caplog.set_level(logging.INFO, "makeit")
    outer()
    inner(2)
    assert said(caplog) == [
        ("INFO", "ran inner (1) in T inside outer: never run"),
        ("INFO", "ran outer in T: never run"),
        ("INFO", "ran inner (2) in T: never run"),
    ]


def test_what_an_exception_says_moves_no_cursor(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ValueError("a\tb\x1b[2J\udc80")

    caplog.set_level(logging.INFO, "makeit")
    with pytest.raises(ValueError, match="a"):
        Maker()(fail, name="f")()
    assert said(caplog) == [("INFO", r"failed f in T with ValueError: a b\x1b[2J\udc80: never run")]


def test_trouble_is_a_warning_and_a_line(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    (project / ".makeit").mkdir()
    (project / ".makeit/results").touch()
    caplog.set_level(logging.INFO, "makeit")
    with pytest.warns(CacheWarning, match="not kept"):
        Maker()(lambda: 1, name="f")()
    (trouble, ran) = said(caplog)
    assert trouble[0] == "WARNING"
    assert trouble[1].startswith("the result of f is right but was not kept: ")
    assert ran == ("INFO", "ran f in T, not kept: never run")


def test_MAKEIT_LOG_shows_lines_with_the_time_and_workers_with_their_number(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """
        import os
        from makeit import make

        @make
        def f(x):
            return x

        f(1)
        f(1)
        child = os.fork()
        if child:
            os.waitpid(child, 0)
        f(2 if child else 3)
        """
    monkeypatch.setenv("MAKEIT_LOG", " Info ")
    assert shown(run, script) == [
        "NOW makeit INFO: ran f in T: never run",
        "NOW makeit[P] INFO: ran f in T: argument x 1 → 3",
        "NOW makeit INFO: ran f in T: argument x 3 → 2",
    ]
    monkeypatch.setenv("MAKEIT_LOG", "DEBUG")
    spawned = """
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context
        from makeit import make

        @make
        def f(x):
            return x

        if __name__ == "__main__":
            f(2)
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                pool.submit(f, 2).result()
        """
    assert shown(run, spawned)[-2:] == ["NOW makeit DEBUG: reused f in T", "NOW makeit[P] DEBUG: reused f in T"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_application_that_listens_itself_sees_each_line_once(
    run: Run, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    script = f"""
        import logging
        from makeit import make

        @make
        def f(x):
            return x

        @make(debug=True)
        def g(x):
            return x

        def listen():
            logging.basicConfig(level=logging.INFO, format="application: %(message)s")

        {"listen(); f(1)" if when == "before" else "f(1); listen()"}
        f(2)
        g(1)
        """
    monkeypatch.setenv("MAKEIT_LOG", "info")
    assert shown(run, script) == [
        f"{'application:' if when == 'before' else 'NOW makeit INFO:'} ran f in T: never run",
        "application: ran f in T: argument x 1 → 2",
        "application: run g: never run",
        "application: ran g in T: never run",
    ]


def test_debug_shows_the_lines_of_its_function_and_no_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
        from makeit import make

        @make(debug=True)
        def f(x):
            return g(x)

        @make
        def g(x):
            return x

        f(1)
        g(2)
        """
    assert run(script, check=False) == "[makeit] run f: never run\n"
    monkeypatch.setenv("MAKEIT_LOG", "warning")
    assert shown(run, script) == ["NOW makeit INFO: reuse f: nothing changed"]


def test_a_level_that_is_none_is_said_once_with_those_that_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEIT_LOG", "verbose")
    script = """
        import warnings
        from makeit import make

        f, g = (make(func=lambda x: x, name=name) for name in "fg")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            print(f(1), f(1), f(2), g(1))
        print([str(warning.message) for warning in caught])
        """
    # On stderr, too, where logging by itself would print what nobody listens to.
    assert run(script, check=False).splitlines() == [
        "1 1 2 1",
        "[\"MAKEIT_LOG is 'verbose', which is no level; it takes debug, info, warning\"]",
    ]
