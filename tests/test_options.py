"""The options of `make`: each checked at decoration, each with its effect on real calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import ArgumentError, ForeignFileError, Maker, Persister, SpecError, TextFile, make
from makeit.options import Options

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]


def lines(capsys: Printed) -> list[str]:
    return capsys.readouterr().out.splitlines()


def double(x: int, verbose: bool = False) -> int:
    print(f"Running {x}")
    return 2 * x


def text(x: int) -> str:
    print(f"Running {x}")
    return str(x)


def kept(project: Path) -> int:
    return len([path for path in (project / ".makeit" / "results").rglob("*") if path.is_file()])


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"force": "always"}, "force"),
        ({"force": 1}, "force"),
        ({"guard": "none"}, "guard"),
        ({"guard": None}, "guard"),
        ({"foreign": "overwrite"}, "foreign"),
        ({"keep": 0}, "keep"),
        ({"keep": -1}, "keep"),
        ({"keep": True}, "keep"),
        ({"keep": "all"}, "keep"),
        ({"ignore": "z"}, "z"),
        ({"ignore": ["verbose", "z"]}, "z"),
    ],
)
def test_a_wrong_value_is_an_error_at_decoration_that_names_it(options: dict[str, Any], name: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make(func=double, **options)
    assert caught.value.name == name
    assert name in str(caught.value)


def test_an_unknown_option_is_an_error_at_decoration_that_lists_the_options() -> None:
    with pytest.raises(TypeError, match=r"no option 'outputs'; its options are: output, cachedir, .*keep"):
        make(outputs="x")  # type: ignore[call-overload]
    with pytest.raises(ArgumentError, match="decorates functions"):
        make("json:x.json")  # type: ignore[call-overload]


def test_a_persister_class_or_lookalike_is_an_error_at_decoration() -> None:
    class Lookalike:
        def save(self, data: Any) -> None: ...
        def load(self) -> Any: ...

    with pytest.raises(SpecError, match=r"TextFile is a class.*TextFile\('x'\)"):
        make(func=double, output=TextFile)
    with pytest.raises(SpecError, match="Lookalike inherit"):
        make(func=double, output=Lookalike())
    with pytest.raises(SpecError, match="names no file"):
        make(func=double, output="text:")


def test_options_have_the_documented_defaults() -> None:
    options = Options(output=None)
    assert (options.keep, options.guard, options.foreign, options.force) == (1, "freeze", "refuse", False)
    assert (options.debug, options.strict, options.version, options.cachedir) == (False, False, None, None)


# --- keep --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keep", "calls", "runs", "left"),
    [
        (1, [1, 2, 1, 1], [1, 2, 1], 1),
        (2, [1, 2, 1, 2, 3, 2, 1], [1, 2, 3, 1], 2),
        (None, [1, 2, 3, 1, 2, 3], [1, 2, 3], 3),
    ],
)
def test_keep_says_how_many_results_stay(
    keep: int | None, calls: list[int], runs: list[int], left: int, capsys: Printed, project: Path
) -> None:
    made = make(func=double, keep=keep)
    for x in calls:
        assert made(x) == 2 * x
    assert lines(capsys) == [f"Running {x}" for x in runs]
    assert kept(project) == left


def test_keep_prunes_to_a_smaller_number(capsys: Printed, project: Path) -> None:
    many = make(func=double, keep=None)
    for x in range(5):
        many(x)
    assert kept(project) == 5
    make(func=double, keep=2)(5)
    assert kept(project) == 2
    lines(capsys)
    assert many(4) == 8  # the newest of the others
    assert lines(capsys) == []


def test_keep_does_not_make_a_named_file_somebody_elses(capsys: Printed) -> None:
    def pair(x: int) -> tuple[int, str]:
        print(f"Running {x}")
        return x, str(x)

    made = make(func=pair, output=(None, "text:{x}.txt"))
    for x in (1, 2, 1, 2):
        assert made(x) == (x, str(x))
    assert (Path("1.txt").read_text(), Path("2.txt").read_text()) == ("1", "2")


def test_keep_counts_for_each_function_on_its_own(capsys: Printed) -> None:
    one, other = make(func=double, name="one"), make(func=double, name="other")
    for function in (one, other, one, other):
        function(1)
    assert lines(capsys) == ["Running 1"] * 2


def test_keep_brings_an_earlier_result_of_a_named_file_back(capsys: Printed) -> None:
    made = make(func=text, output="text:out.txt", keep=3)
    for x in (1, 2):
        made(x)
    assert lines(capsys) == ["Running 1", "Running 2"]
    assert made(1) == "1"
    assert Path("out.txt").read_text() == "1"
    assert lines(capsys) == []


# --- guard -------------------------------------------------------------------------------------


def test_guard_freeze_gives_arrays_that_refuse_to_change_and_verify_ones_that_may() -> None:
    import numpy as np

    def array(n: int) -> Any:
        return np.arange(n)

    for output in (None, "npy:frozen.npy"):
        frozen = make(func=array, output=output, name=f"frozen{output}")
        for _ in range(2):
            with pytest.raises(ValueError, match="read-only"):
                frozen(3)[0] = 1
    for guard in ("verify", "trust"):
        free = make(func=array, output=f"npy:{guard}.npy", name=guard, guard=guard)  # type: ignore[call-overload]
        for _ in range(2):
            value = free(3)
            value[0] = 7
            assert free(3).tolist() == [0, 1, 2]


class Box:
    """An object that can be changed and remembered."""

    def __init__(self, x: int) -> None:
        self.x = x


def test_guard_trust_never_looks_and_the_others_do(capsys: Printed) -> None:
    def box(x: int) -> Box:
        return Box(x)

    @make
    def g(b: Box) -> int:
        print("Running g")
        return b.x

    for guard, answer in (("freeze", 2), ("verify", 2), ("trust", 1)):
        value = make(func=box, name=guard, guard=guard)(1)  # type: ignore[call-overload]
        g(value)
        value.x = 2
        assert g(value) == answer


# --- foreign -----------------------------------------------------------------------------------


def test_foreign_refuse_is_the_default_and_keeps_the_file(capsys: Printed) -> None:
    Path("out.txt").write_text("mine")
    with pytest.raises(ForeignFileError):
        make(func=text, output="text:out.txt")(1)
    assert (Path("out.txt").read_text(), lines(capsys)) == ("mine", [])


def test_foreign_adopt_takes_the_file_for_the_result(capsys: Printed) -> None:
    Path("out.txt").write_text("mine")
    made = make(func=text, output="text:out.txt", foreign="adopt")
    assert made.why(1).reuse
    assert Path("out.txt").read_text() == "mine"
    assert (made(1), made(1)) == ("mine", "mine")
    assert make(func=text, output="text:out.txt")(1) == "mine"  # adopted once is adopted for all
    assert lines(capsys) == []
    record = made.record(1)
    assert record is not None
    assert record.outputs[0].adopted
    Path("out.txt").write_text("mine again")
    with pytest.raises(ForeignFileError, match="changed"):
        make(func=text, output="text:out.txt")(1)
    assert made(1) == "mine again"
    assert lines(capsys) == []


def test_foreign_adopt_needs_all_the_files(capsys: Printed) -> None:
    def pair(x: int) -> tuple[str, str]:
        print("Running")
        return str(x), str(x)

    Path("a.txt").write_text("mine")
    with pytest.raises(ForeignFileError):
        make(func=pair, output=("text:a.txt", "text:b.txt"), foreign="adopt")(1)
    assert Path("a.txt").read_text() == "mine"
    assert lines(capsys) == []


def test_an_adopted_file_is_never_overwritten_silently(capsys: Printed) -> None:
    Path("out.txt").write_text("mine")
    make(func=text, output="text:out.txt", foreign="adopt")(1)
    refusing = make(func=text, output="text:out.txt")
    for call in (lambda: refusing(2), lambda: refusing.rerun(1)):
        with pytest.raises(ForeignFileError, match="adopted"):
            call()
    assert Path("out.txt").read_text() == "mine"
    assert lines(capsys) == []


def test_foreign_replace_overwrites_once_it_has_run(capsys: Printed) -> None:
    Path("out.txt").write_text("mine")
    made = make(func=text, output="text:out.txt", foreign="replace")
    assert (made(1), made(1)) == ("1", "1")
    assert Path("out.txt").read_text() == "1"
    assert lines(capsys) == ["Running 1"]

    def fail(x: int) -> str:
        raise KeyError(x)

    Path("other.txt").write_text("mine")
    with pytest.raises(KeyError):
        make(func=fail, output="text:other.txt", foreign="replace")(1)
    assert Path("other.txt").read_text() == "mine"


# --- force, ignore, version, depends -----------------------------------------------------------


@pytest.mark.parametrize("force", [True, "rerun"])
def test_force_runs_always(force: Any, capsys: Printed) -> None:
    made = make(func=double, force=force)
    assert (made(1), made(1)) == (2, 2)
    assert not made.why(1).reuse
    assert str(made.why(1)) == "run double: forced"
    assert lines(capsys) == ["Running 1"] * 2


def test_force_reload_loads_what_is_stored_although_something_changed(capsys: Printed) -> None:
    make(func=text, output="text:out.txt")(1)
    made = make(func=text, output="text:out.txt", force="reload")
    assert made(2) == "1"
    assert made.why(2).reuse
    assert lines(capsys) == ["Running 1"]
    assert made.rerun(2) == "2"
    os.unlink("out.txt")
    assert made(3) == "3"  # nothing to load
    assert lines(capsys) == ["Running 2", "Running 3"]


def test_force_reload_with_other_outputs_runs(capsys: Printed) -> None:
    def pair(x: int) -> tuple[str, str]:
        print("Running")
        return str(x), str(x)

    make(func=pair, output=("text:a.txt", "text:b.txt"), name="pair")(1)
    assert make(func=pair, output=("text:a.txt", "text:c.txt"), name="pair", force="reload")(1) == ("1", "1")
    assert lines(capsys) == ["Running"] * 2


def test_force_reload_does_not_load_a_file_changed_by_hand() -> None:
    make(func=text, output="text:out.txt")(1)
    Path("out.txt").write_text("mine")
    with pytest.raises(ForeignFileError):
        make(func=text, output="text:out.txt", force="reload")(1)


def test_ignore_leaves_arguments_out(capsys: Printed) -> None:
    for ignore in ("verbose", ["verbose"], {"verbose"}):
        made = make(func=double, ignore=ignore, name=f"ignoring {type(ignore).__name__}")
        assert (made(1), made(1, True), made(1, verbose="loud")) == (2, 2, 2)  # type: ignore[arg-type]
        assert made(2, True) == 4
        assert lines(capsys) == ["Running 1", "Running 2"]


def test_a_change_of_ignore_runs_once(capsys: Printed) -> None:
    make(func=double, output="json:x.json")(1)
    ignoring = make(func=double, output="json:x.json", ignore="verbose")
    assert "verbose" in str(ignoring.why(1))
    ignoring(1)
    ignoring(1, True)
    assert lines(capsys) == ["Running 1"] * 2


def test_an_ignored_argument_may_name_the_file(capsys: Printed) -> None:
    made = make(func=double, output="json:{verbose}.json", ignore="verbose")
    made(1, True)
    made(1, False)
    assert (Path("True.json").exists(), Path("False.json").exists()) == (True, True)
    assert lines(capsys) == ["Running 1"] * 2


def test_version_stands_for_the_code(run: Run, project: Path) -> None:
    script = project / "script.py"

    def edited(body: str, version: str) -> str:
        script.write_text(
            f"from makeit import make\n\n@make(output='json:x.json', version={version})\ndef f(x):\n"
            f"    print('Running')\n    return {body}\n\nprint(f(1), f.why(1))\n"
        )
        return run(script).splitlines()[0]

    assert edited("x", "1") == "Running"
    assert edited("x + 1", "1") == "1 reuse f: nothing changed"
    assert edited("x + 1", "2") == "Running"
    assert edited("x + 1", "'2'") == "Running"
    assert edited("x + 1", "None") == "Running"
    assert edited("x + 1", "None") == "2 reuse f: nothing changed"


def test_version_is_named_by_why(capsys: Printed) -> None:
    make(func=double, version=1)(1)
    assert str(make(func=double, version=2).why(1)) == "run double: version 1 → 2"


@pytest.mark.parametrize("version", [None, 1])
def test_depends_counts_a_file_by_content(version: int | None, capsys: Printed, project: Path) -> None:
    table = project / "table.csv"
    table.write_text("1")

    def call() -> int:
        return make(func=double, depends=table, version=version)(1)

    call()
    os.utime(table, (1, 1))
    call()
    assert lines(capsys) == ["Running 1"]
    table.write_text("2")
    assert "table.csv" in str(make(func=double, depends=table, version=version).why(1))
    call()
    assert lines(capsys) == ["Running 1"]


def test_depends_counts_functions_and_modules(run: Run, project: Path) -> None:
    (project / "helper.py").write_text("def used():\n    return 1\n")
    (project / "other.py").write_text("CONSTANT = 1\n")
    script = """
        import helper, other
        from makeit import make

        @make(depends=[helper.used, other])
        def f(x):
            print("Running")
            return getattr(helper, "us" + "ed")()

        f(1)
        f(1)
    """
    assert run(script) == "Running\n"
    assert run(script) == ""
    (project / "helper.py").write_text("def used():\n    return 2\n")
    assert run(script) == "Running\n"
    (project / "other.py").write_text("CONSTANT = 2\n")
    assert run(script) == "Running\n"


def test_depends_on_a_missing_file_is_an_error_before_the_run(capsys: Printed, project: Path) -> None:
    with pytest.raises(ArgumentError, match=r"missing\.csv"):
        make(func=double, depends=project / "missing.csv")(1)
    assert lines(capsys) == []


# --- cachedir, Maker ---------------------------------------------------------------------------


def test_cachedir_of_the_option_the_maker_and_the_environment(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def records(folder: Path) -> int:
        return len(list((folder / "records").rglob("*.json"))) if folder.exists() else 0

    monkeypatch.setenv("MAKEIT_CACHEDIR", str(tmp_path / "env"))
    make(func=double)(1)
    Maker(cachedir=tmp_path / "maker")(func=double)(1)
    Maker(cachedir=tmp_path / "maker")(func=double, cachedir=tmp_path / "option")(1)
    assert [records(tmp_path / name) for name in ("env", "maker", "option")] == [1, 1, 1]
    assert not (project / ".makeit").exists()


def test_root_is_where_relative_outputs_start(tmp_path: Path, project: Path) -> None:
    maker = Maker(root=tmp_path / "there")
    assert maker(func=text, output="text:out/x.txt")(1) == "1"
    assert (tmp_path / "there" / "out" / "x.txt").read_text() == "1"
    assert (tmp_path / "there" / ".makeit" / "CACHEDIR.TAG").exists()
    assert os.listdir(project) == ["pyproject.toml"]


def test_maker_cache_keeps_all_results(capsys: Printed) -> None:
    memory = Maker(cachedir="memory")
    cached = memory.cache(double, ignore=["verbose"])
    for x in (1, 2, 1, 2):
        assert cached(x, verbose=bool(x)) == 2 * x
    assert cached.__wrapped__ is double
    assert memory.cache(double)(1) == 2
    assert lines(capsys) == ["Running 1", "Running 2", "Running 1"]


def test_bare_and_called_decorators_are_the_same(capsys: Printed) -> None:
    def f(x: int) -> int:
        print("Running")
        return x

    for made in (make(f), make()(f), make(func=f), make(name=None)(f)):
        assert made(1) == 1
    assert lines(capsys) == ["Running"]


def test_two_decorators_that_share_one_persister_object_keep_apart() -> None:
    class Note(Persister):
        def save(self, data: Any) -> dict[str, Any]:
            self.filename.write_text("")
            return {"value": data}

        def load(self) -> Any:
            return self.notes["value"]

    shared = Note("{x}.note")
    made = make(func=double, output=shared, name="one")
    assert [made(x) for x in (1, 2, 1, 2)] == [2, 4, 2, 4]
    assert shared.filename == Path("{x}.note")
    assert dict(shared.notes) == {}
