"""The formats of the kernel: what pickle, json and text hold, and what they refuse."""

from __future__ import annotations

import datetime
import os
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makeit import CacheWarning, JsonFile, Maker, Persister, PersistError, PickleFile, SpecError, TextFile, make
from makeit.formats.json import find_fault
from makeit.formats.options import build
from makeit.formats.spec import Spec
from makeit.identity.copies import copied, is_small

Printed = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("formats") / "value"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ANY = st.recursive(
    JSON | st.binary() | st.complex_numbers() | st.dates(),
    lambda inner: st.tuples(inner) | st.frozensets(st.integers()) | st.dictionaries(st.integers(), inner),
    max_leaves=10,
)


@given(ANY)
def test_json_gives_back_exactly_what_it_got_or_refuses(place: Path, value: Any) -> None:
    persister = JsonFile(place)
    if find_fault(value):
        with pytest.raises(PersistError) as caught:
            persister.save(value)
        assert caught.value.value is value
        return
    persister.save(value)
    found = persister.load()
    assert repr(found) == repr(value)
    assert found == value


@given(ANY, st.sampled_from([JsonFile, PickleFile, TextFile]))
def test_what_is_written_in_one_step_is_what_save_writes_and_load_gives(
    place: Path, value: Any, kind: type[Persister]
) -> None:
    persister = kind(place)
    with suppress(PersistError):
        if is_small(value) and (content := persister._encoded(value)) is not None:
            persister.save(value)
            assert place.read_bytes() == content
            loaded, given = persister.load(), copied(value)
            assert (repr(loaded), type(loaded)) == (repr(given), type(given))
            return
    assert not is_small(value) or kind is not PickleFile


def test_B1_a_small_kept_result_is_no_part_of_what_the_function_returned(tmp_path: Path) -> None:
    own = {"rows": [1, 2], "more": []}
    maker = Maker(cachedir=tmp_path / "cache", root=tmp_path)
    kept = maker(func=lambda: own, name="kept", version=1)
    first = kept()
    own["rows"].append(3)
    assert first == {"rows": [1, 2], "more": []}
    first["more"].append(4)
    assert kept() == {"rows": [1, 2], "more": []}


def test_what_is_large_deep_or_shared_is_not_small() -> None:
    deep: list[Any] = []
    for _ in range(10**5):
        deep = [deep]
    shared: list[Any] = []
    for value in ("x" * 10**5, {"y" * 10**5: 1}, [b"z" * 10**5], 1 << 10**6, deep, [shared, shared], {1}, object()):
        assert not is_small(value)
    assert is_small({"x": [1, (2.0, None, b"yz")]})


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ((1, 2), r"a tuple at \$"),
        ({"a": [1, (2,)]}, r"a tuple at \$\.a\[1\]"),
        ({1: 2}, "the int key 1"),
        ({True: 2}, "the bool key True"),
        ({None: 2}, "the NoneType key None"),
        ([float("nan")], r"nan at \$\[0\]"),
        (float("-inf"), "-inf"),
        (b"x", "a bytes"),
        ({1, 2}, "a set"),
        (1j, "a complex"),
        (datetime.date(2020, 1, 1), "a date"),
        ("\ud800", "lone surrogate"),
        ({"\ud800": 1}, "lone surrogate"),
        ([10**5000], "huge int"),
    ],
)
def test_E9_json_says_what_it_would_change_and_where(place: Path, value: Any, fault: str) -> None:
    with pytest.raises(PersistError, match=fault) as caught:
        JsonFile(place).save(value)
    assert caught.value.value is value
    assert isinstance(caught.value, TypeError)


def test_E9_json_refuses_a_value_in_itself_and_a_deep_one(place: Path) -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for value in (cycle, deep):
        with pytest.raises(PersistError, match="nested too deeply"):
            JsonFile(place).save(value)


def test_json_is_readable_utf8_with_a_newline(place: Path) -> None:
    JsonFile(place).save({"é": [1]})
    assert place.read_bytes() == '{\n  "é": [\n    1\n  ]\n}\n'.encode()


def test_json_refuses_a_file_that_is_no_json(place: Path) -> None:
    place.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="utf-8"):
        JsonFile(place).load()


@given(st.text())
def test_text_gives_back_exactly_what_it_got(place: Path, value: str) -> None:
    TextFile(place).save(value)
    assert TextFile(place).load() == value


@pytest.mark.parametrize("value", ["", "a\r\nb\rc\n", "\ufeffx", "\0", "é" * 1000])
def test_text_leaves_newlines_and_marks_alone(place: Path, value: str) -> None:
    TextFile(place).save(value)
    assert place.read_bytes() == value.encode()
    assert TextFile(place).load() == value


class Sub(str):
    pass


@pytest.mark.parametrize("value", [1, None, b"x", ["x"], Sub("x"), "\ud800"])
def test_E9_text_refuses_all_else(place: Path, value: Any) -> None:
    with pytest.raises(PersistError) as caught:
        TextFile(place).save(value)
    assert caught.value.value is value


@given(st.recursive(JSON | st.binary() | st.complex_numbers() | st.dates(), st.tuples, max_leaves=5))
def test_pickle_gives_back_any_plain_value(place: Path, value: Any) -> None:
    PickleFile(place).save(value)
    assert repr(PickleFile(place).load()) == repr(value)
    assert place.read_bytes()[:2] == b"\x80\x05"


def test_E9_pickle_says_what_it_cannot_hold(place: Path) -> None:
    class Local:
        pass

    for value in (lambda: 1, Local(), open(os.devnull), (x for x in [])):  # noqa: SIM115
        with pytest.raises(PersistError, match="pickle cannot hold") as caught:
            PickleFile(place).save(value)
        assert caught.value.value is value
        getattr(value, "close", lambda: None)()


class Touching:
    """Touches a file when it is unpickled."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path("touched"),)


def test_a_pickle_that_somebody_exchanged_is_not_loaded(project: Path, capsys: Printed) -> None:
    @make
    def f(x: int) -> list[int]:
        print("Running")
        return [x]

    f(1)
    (kept,) = (project / ".makeit" / "results").rglob("*.pkl")
    before = kept.stat()
    kept.write_bytes(pickle.dumps(Touching()).ljust(before.st_size, b"\0")[: max(before.st_size, 200)])
    os.utime(kept, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert f(1) == [1]
    assert not (project / "touched").exists()
    assert capsys.readouterr().out == "Running\n" * 2


@pytest.mark.parametrize("target", ["file", "folder"])
def test_a_pickle_that_everybody_can_write_is_not_loaded_and_the_warning_names_the_fix(
    target: str, project: Path, capsys: Printed
) -> None:
    @make
    def f(x: int) -> list[int]:
        print("Running")
        return [x]

    f(1)
    (kept,) = (project / ".makeit" / "results").rglob("*.pkl")
    place = kept if target == "file" else kept.parent
    mode = place.stat().st_mode
    place.chmod(mode | 0o002)
    with pytest.warns(CacheWarning, match="can be written by everybody; run chmod o-w"):
        assert f(1) == [1]
    assert capsys.readouterr().out == "Running\n" * 2
    place.chmod(mode) if place.exists() else None


class Typed(Persister):
    """A persister with options of several types."""

    def __init__(
        self,
        filename: str | Path,
        level: int = 1,
        scale: float | None = None,
        fast: bool = False,
        name: str = "",
        like: Path | None = None,
        anything: Any = None,
    ) -> None:
        self.filename = Path(filename)
        self.level, self.scale, self.fast, self.name, self.like = level, scale, fast, name, like
        self.anything = anything


def test_options_of_a_spec_become_fields_of_their_type() -> None:
    found = build(Typed, Spec.parse("x:a?level=3&scale=1e-3&fast=yes&name=1&like=b/c&anything=2"))
    assert isinstance(found, Typed)
    assert (found.level, found.scale, found.fast, found.name, found.like) == (3, 0.001, True, "1", Path("b/c"))
    assert found.anything == "2"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("x:a?levle=3", "did you mean 'level'"),
        ("x:a?zzz=3", "options are: level, scale, fast, name, like, anything"),
        ("x:a?level=high", "level='high', which is no int"),
        ("x:a?fast=perhaps", "which is no bool"),
        ("x:a?scale=x", "which is no float"),
        ("x:a?filename=b", "'filename'"),
        ("x:a?self=b", "'self'"),
    ],
)
def test_E8_a_wrong_option_is_an_error_that_names_the_right_ones(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        build(Typed, Spec.parse(spec))


def test_other_options_run_again_and_say_why(capsys: Printed) -> None:
    class Levelled(Typed):
        def save(self, data: Any) -> None:
            self.filename.write_text(f"{data}@{self.level}")

        def load(self) -> str:
            return self.filename.read_text()

    def f() -> int:
        print("Running")
        return 1

    assert make(func=f, output=Levelled("a", level=1))() == "1@1"
    other = make(func=f, output=Levelled("a", level=2))
    assert "level=1" in str(other.why())
    assert "level=2" in str(other.why())
    assert other() == other() == "1@2"
    assert capsys.readouterr().out == "Running\n" * 2


class Bare(Persister):
    """Three lines are enough."""

    def save(self, data: Any) -> None:
        self.filename.write_text(data)

    def load(self) -> str:
        return self.filename.read_text()


def test_A10_three_lines_make_a_working_format() -> None:
    @make(output=Bare("out/{x}.txt"))
    def f(x: str) -> str:
        return x

    assert f("a") == f("a") == "a"
    assert Bare("x").at("y").filename == Path("y")
    assert Bare("x").files() == (Path("x"),)
    assert repr(Bare("x")) == "Bare('x')"


def test_A10_a_persister_without_save_or_load_says_so() -> None:
    class Nothing(Persister):
        pass

    with pytest.raises(PersistError, match=r"Nothing defines no save\(data\)"):
        make(func=lambda: 1, name="f", output=Nothing("x"))()


class Companions(Persister):
    """Two files for one value."""

    def files(self) -> tuple[Path, ...]:
        return self.filename, self.filename.with_suffix(".img")

    def save(self, data: Any) -> None:
        for path in self.files():
            path.write_text(str(data))

    def load(self) -> str:
        return "".join(path.read_text() for path in self.files())


def test_companions_are_published_checked_and_protected_together(capsys: Printed) -> None:
    @make(output=Companions("a.hdr"))
    def f(x: int) -> int:
        print("Running")
        return x

    assert f(1) == f(1) == "11"
    os.unlink("a.img")
    assert f(1) == "11"
    assert capsys.readouterr().out == "Running\n" * 2
    Path("a.img").write_text("mine")
    from makeit import ForeignFileError

    with pytest.raises(ForeignFileError, match=r"a\.img"):
        f(2)
    assert (Path("a.hdr").read_text(), Path("a.img").read_text()) == ("1", "mine")


def test_the_format_for_output_none_fits_the_value(project: Path) -> None:
    for value, suffix in [(1, ".json"), ("x", ".json"), (None, ".json"), ([1], ".pkl"), (float("nan"), ".pkl")]:

        def f() -> Any:
            return value  # noqa: B023

        made = make(func=f, name=f"f{suffix}{value}")
        made()
        record = made.record()
        assert record is not None
        assert record.outputs[0].path.endswith(suffix)
