"""The laws C, and B3: which arguments are the same call, and which are none at all, end to end."""

from __future__ import annotations

import io
import json
import os
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit import ArgumentError, CacheWarning, File, make
from tests.printed import Point, lines

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]


def test_B3_which_object_was_passed_counts_and_not_its_age(capsys: Printed) -> None:
    @make
    def k(x: Point, y: Point) -> int:
        print("Running")
        return x.x - y.x

    a, c = Point(1), Point(2)
    assert (k(a, c), k(c, a), k(c, a), k(a, c)) == (-1, 1, 1, -1)
    assert lines(capsys) == ["Running"] * 3


def test_C1_equal_calls_are_one_call(capsys: Printed) -> None:
    @make(keep=None)
    def f(x: int, y: int = 2) -> tuple[int, int]:
        print("Running")
        return x, y

    @make(keep=None)
    def g(*args: int, z: int = 3, **kwargs: int) -> tuple[Any, ...]:
        print("Running g")
        return args, z, kwargs

    @make(keep=None)
    def h(x: int, /, y: int = 2, *, z: int = 3) -> int:
        print("Running h")
        return x + y + z

    assert len({f(1), f(1, 2), f(x=1), f(y=2, x=1), f(*(1,), y=2)}) == 1
    assert g(1, a=1, b=2) == g(1, b=2, a=1, z=3) == ((1,), 3, {"a": 1, "b": 2})
    assert h(1) == h(1, 2) == h(1, z=3) == 6
    assert lines(capsys) == ["Running", "Running g", "Running h"]


def test_C1_arguments_by_name_in_another_order_are_not_swapped(capsys: Printed) -> None:
    @make(output="json:{a}-{b}.json")
    def f(a: int, b: int) -> list[int]:
        print("Running")
        return [a, b]

    assert (f(1, 2), f(b=1, a=2), f(b=2, a=1), f(2, b=1)) == ([1, 2], [2, 1], [1, 2], [2, 1])
    assert json.loads(Path("1-2.json").read_text()) == [1, 2]
    assert json.loads(Path("2-1.json").read_text()) == [2, 1]
    assert lines(capsys) == ["Running"] * 2


def test_C1_wrong_arguments_raise_what_the_function_would_raise() -> None:
    @make
    def f(x: int, y: int = 2) -> int:
        return x

    for args, kwargs in [((), {}), ((1, 2, 3), {}), ((1,), {"x": 1}), ((1,), {"z": 1})]:
        with pytest.raises(TypeError, match=r"f\(\)") as caught:
            f(*args, **kwargs)
        assert not isinstance(caught.value, ArgumentError)


def test_C2_types_count(capsys: Printed) -> None:
    @make(keep=None)
    def f(x: Any) -> str:
        print("Running")
        return type(x).__name__

    values = [1, 1.0, True, "1", b"1", 1 + 0j, [1], (1,), {1}, frozenset({1}), {1: 1}, None, bytearray(b"1")]
    assert [f(value) for value in values] == [type(value).__name__ for value in values]
    assert [f(value) for value in values] == [type(value).__name__ for value in values]
    assert lines(capsys) == ["Running"] * len(values)


def test_C5_the_order_of_dicts_and_sets_does_not_count_in_any_process(run: Run, project: Path) -> None:
    script = project / "script.py"
    script.write_text(
        "import sys\nfrom makeit import make\n\n@make\ndef f(d, s):\n    print('Running')\n    return sorted(s)\n\n"
        "names = ['a', 'b', 'c', 'd', 'e'][:: int(sys.argv[1])]\n"
        "print(f({n: {n} for n in names}, set(names)))\n"
    )
    expected = "['a', 'b', 'c', 'd', 'e']\n"
    assert run(script, "1") == "Running\n" + expected
    for direction in ("1", "-1", "-1"):  # each process has another hash seed
        assert run(script, direction) == expected


def test_C7_an_argument_without_a_fingerprint_runs_with_one_warning(capsys: Printed) -> None:
    @make
    def f(lock: Any) -> int:
        print("Running")
        return 1

    with pytest.warns(CacheWarning, match=r"argument lock is or holds a _thread\.lock.*makeit_fingerprint.*ignore"):
        assert f(threading.Lock()) == 1
    assert f(threading.Lock()) == 1  # the warning comes once
    reason = f.why(threading.Lock()).reasons[0]
    assert reason.kind in ("unfingerprintable", "never-run")
    assert lines(capsys) == ["Running", "Running"]


def test_C7_the_warning_comes_for_each_function() -> None:
    @make
    def first(thing: Any) -> int:
        return 1

    @make
    def second(thing: Any) -> int:
        return 1

    for function in (first, second):
        with pytest.warns(CacheWarning, match="argument thing is or holds a bare object"):
            function(object())


def test_C7_ignore_is_the_way_out(capsys: Printed) -> None:
    @make(ignore="lock")
    def f(x: int, lock: Any) -> int:
        print("Running")
        return x

    assert f(1, threading.Lock()) == f(1, threading.Lock()) == 1
    assert lines(capsys) == ["Running"]


def test_C8_an_argument_changed_in_place_is_noticed_and_not_reused_for_the_changed_value(capsys: Printed) -> None:
    @make
    def f(items: list[int]) -> int:
        print("Running")
        items.append(1)
        return len(items)

    items: list[int] = []
    with pytest.warns(CacheWarning, match="f changed its argument items in place"):
        assert f(items) == 1
    assert items == [1]
    assert f(items) == 2  # another value now; the warning comes once
    assert lines(capsys) == ["Running", "Running"]
    assert f([]) == 1  # kept only the last


def test_C9_an_iterator_is_refused_before_the_run(capsys: Printed, project: Path) -> None:
    @make
    def f(stream: Any) -> list[int]:
        print("Running")
        return list(stream)

    (project / "x").write_text("text")
    with open("x") as file:
        for stream in (iter([1]), (x for x in [1]), map(int, ["1"]), zip([1], [2], strict=True), file, io.StringIO()):
            with pytest.raises(ArgumentError, match=r"argument stream is a .*list\(stream\)") as caught:
                f(stream)
            assert caught.value.name == "stream"
    stream = iter([1, 2])
    with pytest.raises(ArgumentError):
        f(stream)
    assert list(stream) == [1, 2]  # not used up
    assert lines(capsys) == []


def test_C10_a_path_counts_by_content_and_a_string_does_not(project: Path, capsys: Printed) -> None:
    @make
    def f(path: Any) -> str:
        print("Running")
        return Path(path).read_text()

    raw = project / "raw.txt"
    raw.write_text("one")
    assert f(raw) == f(raw) == "one"
    os.utime(raw, (1, 1))  # touched but equal
    assert f(raw) == "one"
    before = raw.stat()
    raw.write_text("two")
    os.utime(raw, ns=(before.st_atime_ns, before.st_mtime_ns))  # the same size and time
    assert f(raw) == "two"
    assert lines(capsys) == ["Running", "Running"]
    assert f(str(raw)) == "two"
    raw.write_text("six")
    assert f(str(raw)) == "two"
    assert lines(capsys) == ["Running"]


def test_C10_a_large_file_rewritten_at_once_with_its_old_time_stamp_is_seen(project: Path) -> None:
    @make
    def f(path: Path) -> bytes:
        return path.read_bytes()[:4]

    raw = project / "raw.bin"
    for number in range(40):
        content = b"%04d" % number + bytes(100_000)
        with open(raw, "r+b" if number else "wb") as file:
            file.write(content)
        os.utime(raw, (1_000_000, 1_000_000))
        assert f(raw) == content[:4]


def test_C10_an_argument_annotated_file_counts_by_content_and_must_exist(project: Path, capsys: Printed) -> None:
    @make
    def f(name: File, more: list[File] = []) -> str:  # noqa: B006
        print("Running")
        return Path(name).read_text() + "".join(Path(item).read_text() for item in more)

    Path("a").write_text("1")
    Path("b").write_text("2")
    assert f("a") == "1"
    Path("a").write_text("3")
    assert (f("a"), f("a", ["b"])) == ("3", "32")
    Path("b").write_text("4")
    assert f("a", ["b"]) == "34"
    assert f("a", ["b"]) == "34"
    assert lines(capsys) == ["Running"] * 4
    with pytest.raises(ArgumentError, match="argument name names the file 'missing', which does not exist") as caught:
        f("missing")
    assert caught.value.name == "name"
    with pytest.raises(ArgumentError, match="argument more names the file"):
        f("a", ["missing"])
    assert lines(capsys) == []


def test_C10_a_path_to_nothing_is_a_plain_value(project: Path, capsys: Printed) -> None:
    @make
    def f(path: Path) -> bool:
        print("Running")
        return path.exists()

    assert f(project / "x") is f(project / "x") is False
    (project / "x").write_text("")
    assert f(project / "x") is True
    (project / "x").unlink()
    assert f(project / "x") is False
    assert lines(capsys) == ["Running"] * 3


def test_C13_a_new_object_at_the_id_of_a_dead_one_is_a_new_object() -> None:
    @make
    def f(p: Point) -> int:
        return p.x

    ids = set()
    for x in range(50):
        point = Point(x)
        ids.add(id(point))
        assert f(point) == x
        del point
    assert len(ids) < 50  # or the test tests nothing


def test_C14_deep_and_recursive_and_long_arguments_never_crash(capsys: Printed) -> None:
    @make(keep=None)
    def f(deep: Any) -> int:
        print("Running")
        return 1

    nested: list[Any] = []
    for _ in range(10_000):
        nested = [nested]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CacheWarning)  # "nested too deeply" is a clear answer, too
        assert f(nested) == 1
    assert lines(capsys) == ["Running"]
    for make_cycle in (_list_in_itself, _dict_in_itself, _object_in_itself):
        assert f(make_cycle()) == f(make_cycle()) == 1
        assert lines(capsys) == ["Running"]
    many = list(range(1_000_000))
    assert f(many) == f(list(many)) == 1
    assert lines(capsys) == ["Running"]
    many[500_000] = -1
    assert f(many) == 1
    assert lines(capsys) == ["Running"]


def _list_in_itself() -> Any:
    items: list[Any] = [1]
    items.append(items)
    return items


def _dict_in_itself() -> Any:
    items: dict[str, Any] = {"x": 1}
    items["me"] = [items]
    return items


def _object_in_itself() -> Any:
    point = Point(1)
    point.me = point  # type: ignore[attr-defined]
    return point
