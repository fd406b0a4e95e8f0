"""The examples of the 2008 documentation, translated; each behaves as documented, or better where law B says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from makeit import ArgumentError, CacheWarning, Persister, PickleFile, make
from makeit_numpy import NumpyFile

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def cachedir(tmp_path: Path) -> str:
    folder = tmp_path / "cache"
    folder.mkdir()
    return str(folder)


def lines(capsys: Printed) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_A1_the_same_argument_is_loaded_and_A2_another_one_runs(cachedir: str, capsys: Printed) -> None:
    @make(cachedir=cachedir, output=PickleFile(cachedir + "/f_output"))
    def f(x: int) -> int:
        print(f"Running f({x})")
        return x

    assert f(1) == 1
    assert lines(capsys) == ["Running f(1)"]
    assert f(1) == 1
    assert lines(capsys) == []
    assert f(2) == 2
    assert lines(capsys) == ["Running f(2)"]


def test_A6_the_chain_of_trust(cachedir: str, capsys: Printed) -> None:
    @make(cachedir=cachedir, output=NumpyFile(cachedir + "/f.npy"))
    def f(x: int) -> Any:
        print("A long-running calculation, with parameter", x)
        return np.hamming(x)

    @make(cachedir=cachedir, output=NumpyFile(cachedir + "/g.npy"))
    def g(x: Any) -> Any:
        print("A second long-running calculation, using f(x)")
        return np.vander(x)

    a = f(3)
    assert lines(capsys) == ["A long-running calculation, with parameter 3"]
    np.testing.assert_allclose(a, [0.08, 1.0, 0.08])
    np.testing.assert_allclose(f(3), [0.08, 1.0, 0.08])
    assert lines(capsys) == []
    b = g(a)
    assert lines(capsys) == ["A second long-running calculation, using f(x)"]
    b2 = g(a)
    np.testing.assert_array_equal(b, b2)
    a2 = f(3)
    assert a2 is not a
    np.testing.assert_array_equal(a, a2)
    np.testing.assert_array_equal(g(a2), b)
    assert lines(capsys) == []


def test_A3_only_the_last_result_is_kept(cachedir: str, capsys: Printed) -> None:
    @make(cachedir=cachedir, output=None)
    def f(x: int) -> None:
        print(f"Running f({x})")

    for x in (1, 2, 1):
        f(x)
    assert lines(capsys) == ["Running f(1)", "Running f(2)", "Running f(1)"]


def test_A3_the_workaround_of_names_and_the_cures(cachedir: str, capsys: Printed) -> None:
    def f(x: int) -> None:
        print(f"Running f({x})")

    def g(x: int) -> None:
        return make(func=f, name=repr(x), cachedir=cachedir, output=None)(x)

    for x in (1, 2, 1):
        g(x)
    assert lines(capsys) == ["Running f(1)", "Running f(2)"]
    every = make(func=f, cachedir=cachedir, keep=None)
    named = make(func=f, cachedir=cachedir, output=f"pickle:{cachedir}/{{x}}.pkl")
    for made in (every, named):
        for x in (1, 2, 1):
            made(x)
        assert lines(capsys) == ["Running f(1)", "Running f(2)"]


def test_A4_two_functions_of_one_name_re_run_each_other_and_are_named(cachedir: str, capsys: Printed) -> None:
    @make(cachedir=cachedir, output=None)
    def f(x: int) -> None:
        print(f"Running f({x})")

    g = f

    @make(cachedir=cachedir, output=None)  # type: ignore[no-redef]
    def f(x: int) -> None:
        print(f"Running a different f({x})")

    f(1)
    with pytest.warns(CacheWarning, match=r"two functions are named .*f'.*test_reference\.py:\d+.*test_reference"):
        g(1)
    f(1)
    g(1)
    assert lines(capsys) == [
        "Running a different f(1)",
        "Running f(1)",
        "Running a different f(1)",
        "Running f(1)",
    ]


def test_A5_lambdas_share_a_name_and_a_name_tells_them_apart(cachedir: str, capsys: Printed) -> None:
    def my_print(x: int) -> None:
        print(x)

    with pytest.warns(CacheWarning, match="lambda functions of a module share the name"):
        f = make(func=lambda: my_print(1), cachedir=cachedir)
    with pytest.warns(CacheWarning, match="name="):
        g = make(func=lambda: my_print(2), cachedir=cachedir)
    f()
    with pytest.warns(CacheWarning, match="two functions are named"):
        g()
    f()
    assert lines(capsys) == ["1", "2", "1"]

    f = make(func=lambda: my_print(1), cachedir=cachedir, name="f")
    g = make(func=lambda: my_print(2), cachedir=cachedir, name="g")
    f()
    g()
    f()
    assert lines(capsys) == ["1", "2"]


def test_B4_callable_objects_work_where_the_reference_refuses_them(cachedir: str, capsys: Printed) -> None:
    class Scale:
        def __init__(self, factor: int) -> None:
            self.factor = factor

        def __call__(self, x: int) -> int:
            print("Running")
            return x * self.factor

    double = make(func=Scale(2), cachedir=cachedir)
    assert (double(3), double(3)) == (6, 6)
    assert make(func=Scale(3), cachedir=cachedir)(3) == 9
    assert lines(capsys) == ["Running", "Running"]


@pytest.mark.filterwarnings("ignore:.*takes turns on the file")
def test_B1_an_array_changed_by_the_caller_never_gives_a_stale_result(cachedir: str, capsys: Printed) -> None:
    @make(cachedir=cachedir, output=NumpyFile(cachedir + "/g.npy"))
    def g(x: Any) -> Any:
        print(f"Running g({x})")
        return x**2

    def f(x: Any) -> Any:
        return np.array(x)

    # The default: the mistake is stopped where it is made.
    a = make(func=f, cachedir=cachedir, output=NumpyFile(cachedir + "/f.npy"))([1])
    g(a)
    with pytest.raises(ValueError, match="read-only"):
        a *= 2
    assert lines(capsys) == ["Running g([1])"]

    # With verify the array is writable, and the change is noticed.
    a = make(func=f, name="fv", cachedir=cachedir, output=NumpyFile(cachedir + "/fv.npy"), guard="verify")([1])
    g(a)
    a *= 2
    np.testing.assert_array_equal(g(a), [4])
    assert lines(capsys) == ["Running g([2])"]

    # Only trust is as the reference documents it.
    a = make(func=f, name="ft", cachedir=cachedir, output=NumpyFile(cachedir + "/ft.npy"), guard="trust")([1])
    g(a)
    a *= 2
    np.testing.assert_array_equal(g(a), [1])
    assert lines(capsys) == ["Running g([1])"]


def test_B2_persisting_has_no_side_effect(cachedir: str) -> None:
    @make(cachedir=cachedir, output=NumpyFile(cachedir + "/f.npy"))
    def f(x: int) -> int:
        return x

    first, second = f(1), f(1)
    assert (first, second) == (1, 1)
    assert type(first) is type(second) is int


def test_B3_which_object_was_passed_counts_not_its_age(cachedir: str, capsys: Printed) -> None:
    def array(x: list[int]) -> Any:
        return np.array(x)

    f = make(func=array, name="f", cachedir=cachedir, output=NumpyFile(cachedir + "/f.npy"))
    h = make(func=array, name="h", cachedir=cachedir, output=NumpyFile(cachedir + "/h.npy"))

    @make(cachedir=cachedir)
    def g(x: Any) -> int:
        print("g", x)
        return int(x[0])

    @make(cachedir=cachedir)
    def k(x: Any, y: Any) -> int:
        print("k", x, y)
        return int(x[0] - y[0])

    a, c = f([1]), h([2])
    assert (g(a), g(c)) == (1, 2)
    assert (k(a, c), k(c, a)) == (-1, 1)
    assert lines(capsys) == ["g [1]", "g [2]", "k [1] [2]", "k [2] [1]"]


def test_A7_nested_outputs(cachedir: str, capsys: Printed) -> None:
    @make(cachedir=cachedir, output=(PickleFile(cachedir + "/a"), (1, PickleFile(cachedir + "/b"))))
    def f(x: int, y: int) -> Any:
        print("Running")
        return x, (1, y)

    assert f(3, 4) == (3, (1, 4))
    assert f(3, 4) == (3, (1, 4))
    assert lines(capsys) == ["Running"]


def test_A8_the_call_form_equals_the_decorator_form(cachedir: str, capsys: Printed) -> None:
    def f(x: int) -> int:
        print("Running")
        return x

    output = PickleFile(cachedir + "/f")
    assert make(func=f, name="f", output=output, cachedir=cachedir)(5) == 5
    assert make(name="f", output=output, cachedir=cachedir)(f)(5) == 5
    assert lines(capsys) == ["Running"]


def test_A9_debug_says_why(cachedir: str, caplog: pytest.LogCaptureFixture) -> None:
    @make(cachedir=cachedir, debug=True)
    def smooth(fwhm: float) -> float:
        return fwhm

    smooth(6.0)
    smooth(8.0)
    smooth(8.0)
    assert [record.getMessage() for record in caplog.records] == [
        "run smooth: never run",
        "run smooth: argument fwhm 6.0 → 8.0",
        "reuse smooth: nothing changed",
    ]


class Comma(Persister):
    """A custom persister of ten lines."""

    def __init__(self, filename: str, separator: str = ",") -> None:
        self.filename = Path(filename)
        self.separator = separator

    def save(self, data: list[int]) -> None:
        self.filename.write_text(self.separator.join(map(str, data)))

    def load(self) -> list[int]:
        return [int(item) for item in self.filename.read_text().split(self.separator)]


def test_A10_a_custom_persister(cachedir: str, capsys: Printed) -> None:
    @make(cachedir=cachedir, output=Comma(cachedir + "/f.csv", separator=";"))
    def f(n: int) -> list[int]:
        print("Running")
        return list(range(n))

    assert f(3) == [0, 1, 2]
    assert f(3) == [0, 1, 2]
    assert Path(cachedir, "f.csv").read_text() == "0;1;2"
    assert lines(capsys) == ["Running"]


def test_A12_and_B5_output_none_keeps_what_the_function_returns(cachedir: str, capsys: Printed) -> None:
    @make(cachedir=cachedir, output=None)
    def f(x: int) -> dict[str, int]:
        print("Running")
        return {"x": x}

    assert f(1) == {"x": 1}
    assert f(1) == {"x": 1}
    assert lines(capsys) == ["Running"]


def test_a_generator_function_is_refused_at_decoration(cachedir: str) -> None:
    with pytest.raises(ArgumentError, match="return a list"):

        @make(cachedir=cachedir)
        def f(x: int) -> Any:
            yield x
