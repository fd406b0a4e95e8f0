"""The registry: formats of really installed distributions, found by name and suffix, imported when used."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from makeit import PluginError, SpecError
from makeit.distributions import Announced, Distribution, normalized
from makeit.formats.registry import Registry
from makeit.formats.spec import Spec

Run = Callable[..., str]
Install = Callable[..., Path]

CSV = """
    from makeit import Persister

    class CsvFile(Persister):
        suffixes = (".commas",)

        def __init__(self, filename, separator=","):
            super().__init__(filename)
            self.separator = separator

        def save(self, data):
            self.filename.write_text(self.separator.join(data))

        def load(self):
            return self.filename.read_text().split(self.separator)
"""
CSV_POINTS = {
    "makeit.persisters": {"commas": "csvformat:CsvFile"},
    "makeit.suffixes": {".commas": "csvformat:CsvFile", ".table.commas": "commas"},
}


def find(text: str, **options: frozenset[str]) -> type:
    return Registry(**options).find(Spec.parse(text)).load()


def test_a_format_is_found_by_name_and_by_suffix_and_imported_on_use(install: Install) -> None:
    install("makeit-csv", "1.2", CSV_POINTS, csvformat=CSV)
    registry = Registry()
    assert "commas" in registry.names()
    assert {".commas", ".table.commas"} <= set(registry.suffixes())
    candidate = registry.find(Spec.parse("commas:x.dat"))
    assert (candidate.format, candidate.distribution, candidate.origin) == ("commas", "makeit-csv", "makeit-csv 1.2")
    assert "csvformat" not in sys.modules
    for text in ("commas:x.dat", "x.commas", "dir.d/X.COMMAS", "a.table.commas", ".commas"):
        assert registry.find(Spec.parse(text)).load().__name__ == "CsvFile"
    assert registry.name_of(sys.modules["csvformat"].CsvFile, "x.commas") == "commas"


def test_the_longest_suffix_decides(install: Install) -> None:
    points = {
        "makeit.persisters": {"one": "both:One", "two": "both:Two"},
        "makeit.suffixes": {".gz": "one", ".nix.gz": "two"},
    }
    source = "from makeit import Persister\nclass One(Persister): ...\nclass Two(Persister): ...\n"
    install("makeit-both", "1", points, both=source)
    assert find("a.gz").__name__ == find("a.x.gz").__name__ == "One"
    assert find("a.nix.gz").__name__ == find("a.b.nix.gz").__name__ == "Two"
    assert find("a.nix.gz/b.gz").__name__ == "One"


def test_a_distribution_installed_meanwhile_is_found(install: Install) -> None:
    registry = Registry()
    with pytest.raises(PluginError):
        registry.find(Spec.parse("x.commas"))
    install("makeit-csv", "1.2", CSV_POINTS, csvformat=CSV)
    assert registry.find(Spec.parse("x.commas")).format == "commas"


def test_a_broken_plugin_is_quiet_until_it_is_used_and_then_named(install: Install) -> None:
    points = {"makeit.persisters": {"sad": "sadformat:SadFile"}, "makeit.suffixes": {".sad": "sad"}}
    install("makeit-sad", "0.3", points, sadformat="import nosuchlibrary\n")
    registry = Registry()
    assert registry.find(Spec.parse("json:x")).load().__name__ == "JsonFile"
    for text in ("sad:x", "x.sad"):
        with pytest.raises(PluginError, match=r"'sad' of makeit-sad 0\.3 cannot be loaded: .*nosuchlibrary") as caught:
            registry.find(Spec.parse(text)).load()
        assert caught.value.name == "sad"
        assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_broken_format_does_not_break_its_sound_sister(install: Install, run: Run) -> None:
    points = {"makeit.persisters": {"good": "mixed.good:Good", "sad": "mixed.sad:Sad"}}
    site = install("makeit-mixed", "1", points)
    (site / "mixed").mkdir()
    (site / "mixed" / "__init__.py").touch()
    (site / "mixed" / "sad.py").write_text("raise RuntimeError('out of order')\n")
    (site / "mixed" / "good.py").write_text(
        "from makeit import Persister\n\nclass Good(Persister):\n    def save(self, data):\n"
        "        self.filename.write_text(data)\n    def load(self):\n        return self.filename.read_text()\n"
    )
    script = """
        from makeit import make

        @make(output="good:x")
        def f():
            return "value"

        print(f(), f.record().outputs[0].format)
    """
    assert run(script) == "value good\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("class Odd: ...", "no subclass of makeit.Persister"),
        ("Odd = 3", "no subclass of makeit.Persister"),
        ("", "cannot be loaded: AttributeError"),
        ("import makeit\nclass Odd(makeit.Persister):\n    api_version = 2", "persister API 2; this makeit has 1"),
        ("def broken(:", "cannot be loaded: SyntaxError"),
        ("raise SystemError('x')", "cannot be loaded: SystemError: x"),
    ],
)
def test_what_is_no_persister_is_an_error_that_names_the_distribution(
    install: Install, source: str, message: str
) -> None:
    install("makeit-odd", "2.0", {"makeit.persisters": {"odd": "oddformat:Odd"}}, oddformat=source)
    with pytest.raises(PluginError, match=message) as caught:
        find("odd:x")
    assert "makeit-odd 2.0" in str(caught.value)


def test_two_claims_to_one_name_or_suffix_are_an_error_at_use_that_names_both(install: Install) -> None:
    install("makeit-csv", "1.2", CSV_POINTS, csvformat=CSV)
    install("other-csv", "3.4", CSV_POINTS)
    other = {"makeit.persisters": {"third": "csvformat:CsvFile"}, "makeit.suffixes": {".json": "third"}}
    install("greedy", "5", other)
    for text in ("commas:x", "x.commas"):
        with pytest.raises(PluginError, match=r"makeit-csv 1\.2 and other-csv 3\.4.*MAKEIT_DISABLE_PLUGINS"):
            find(text)
        assert find(text, disabled=frozenset({"other-csv"})).__name__ == "CsvFile"
    with pytest.raises(PluginError, match=r"greedy 5 and makeit-core"):
        find("x.json")
    assert find("json:x.json").__name__ == "JsonFile"


def test_one_distribution_seen_twice_is_no_conflict(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    site = install("makeit-csv", "1.2", CSV_POINTS, csvformat=CSV)
    (site / "copy").symlink_to(site, target_is_directory=True)
    monkeypatch.syspath_prepend(str(site / "copy"))
    assert find("commas:x").__name__ == "CsvFile"


def test_switched_off_distributions_are_not_seen_and_the_kernel_always_is(install: Install) -> None:
    install("Makeit_CSV", "1.2", CSV_POINTS, csvformat=CSV)
    for disabled in (frozenset({"makeit-csv"}), frozenset({"*"})):
        with pytest.raises(PluginError):
            find("commas:x", disabled=disabled)
    assert find("json:x", disabled=frozenset({"*", "makeit-core"})).__name__ == "JsonFile"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pikle:x", "did you mean 'pickle'"),
        ("jsn:x", "did you mean 'json'"),
        ("zzzzzz:x", r"installed formats: .*json.*pickle.*text"),
        ("zzzzzz:x", r"'\./zzzzzz:x'"),
        ("x.zzz", r"no installed format has the suffix of 'x\.zzz'.*'pickle:x\.zzz'"),
        ("x", "no installed format has the suffix"),
    ],
)
def test_an_unknown_format_says_what_there_is(text: str, message: str) -> None:
    with pytest.raises(PluginError, match=message) as caught:
        find(text)
    assert "pip install" not in str(caught.value)  # never invent a package


@pytest.mark.parametrize(
    ("text", "package"),
    [
        ("npy:x", "makeit-numpy"),
        ("npz:x", "makeit-numpy"),
        ("nifti:x", "makeit-nifti"),
        ("nifti-mmap:x", "makeit-nifti"),
        ("x.npy", "makeit-numpy"),
        ("x.nii", "makeit-nifti"),
        ("x.nii.gz", "makeit-nifti"),
    ],
)
def test_the_projects_own_formats_name_what_to_install(text: str, package: str) -> None:
    with pytest.raises(PluginError, match=f"pip install {package}"):
        find(text, disabled=frozenset({"*"}))


def test_a_close_miss_of_an_own_format_says_both() -> None:
    with pytest.raises(PluginError, match="did you mean 'nifti'"):
        find("nifty:x", disabled=frozenset({"*"}))


def test_a_location_without_a_plugin_is_an_error_that_says_so() -> None:
    for text in ("s3://bucket/x.json", "json:s3://bucket/x.json"):
        with pytest.raises(SpecError, match="location of kind 's3'"):
            find(text)


def test_a_class_that_is_not_installed_is_named_in_full() -> None:
    from makeit import Persister

    class Mine(Persister):
        pass

    assert (
        Registry()
        .name_of(Mine, "x")
        .endswith("test_registry.test_a_class_that_is_not_installed_is_named_in_full.<locals>.Mine")
    )


@pytest.mark.parametrize("name", ["makeit-core", "Makeit_Core", "makeit.core", "makeit-_.core", "-a", "a..b_", "Ä_b"])
def test_names_of_distributions_are_compared_as_the_index_does(name: str) -> None:
    assert normalized(name) == re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("value", ["os.path:join", "os : path.join", "os:path.join [extra]", "os.path : join"])
def test_an_entry_point_may_be_written_in_all_ways_that_there_are(value: str) -> None:
    distribution = Distribution("some", "1", (), ())
    assert Announced("makeit", "name", value, distribution).load() is os.path.join
    assert Announced("makeit", "name", value.partition(":")[0].strip(), distribution).load() in (os, os.path)


@pytest.mark.parametrize("value", ["", ":", "os:", ":join", "os path:join", "os:path:join", "os-path:join"])
def test_an_entry_point_that_names_nothing_says_so(value: str) -> None:
    with pytest.raises(PluginError, match="the plugin 'name' of some 1 cannot be loaded"):
        Announced("makeit", "name", value, Distribution("some", "1", (), ())).load()
