"""Plugins for another version of the kernel, and plugins that are installed while the process runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from makeit import CacheWarning, PluginError, make
from tests.lab import FORMAT, HEADER, Opaque, double, unwrap
from tests.printed import lines

Printed = pytest.CaptureFixture[str]
Install = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("fresh")


# --- A version of the kernel that is another ----------------------------------------------------

FITTING = [
    "makeit-core",
    "makeit-core<0.2,>=0.1",
    "Makeit_Core (>=0.1)",
    "makeit-core~=0.1",
    "makeit-core[extra]!=0.0.9",
    'makeit-core>=7; extra == "future"',
    'makeit-core>=7; python_version < "3"',
    "makeit-core-extras>=7",
]
TOO_NEW = ["makeit-core>=0.2", "makeit-core >=0.2,<0.3", "makeit_core==7.*", "makeit-core<0.1"]


@pytest.mark.parametrize("requires", FITTING)
def test_a_plugin_that_fits_the_installed_version_is_used(
    requires: str, lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("@hookimpl\ndef makeit_call_started(call): print('started')", requires=requires)
    make(func=double)(1)
    assert lines(capsys) == ["started", "Running"]


@pytest.mark.parametrize("requires", TOO_NEW)
def test_a_plugin_for_another_version_is_left_out_unimported_and_says_what_it_needs(
    requires: str, lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("raise SystemExit('imported')", requires=requires)
    with pytest.warns(CacheWarning) as warned:
        make(func=double)(1)
    [warning] = warned
    text = str(warning.message)
    needed = requires.replace(" ", "")
    assert f"the plugin 'hooks' of makeit-lab 1.0 needs {needed}, but makeit-core 0.1.0 is installed" in text
    assert "install versions of the two that fit each other" in text


def test_a_requirement_that_cannot_be_read_is_a_fault_of_its_plugin_alone(
    lab: Callable[..., Path], capsys: Printed
) -> None:
    lab("", requires="makeit-core >= lots")
    lab("@hookimpl\ndef makeit_call_started(call): print('sound')", "sound")
    with pytest.warns(CacheWarning, match=r"makeit-lab 1.0 cannot be loaded: InvalidRequirement"):
        make(func=double)(1)
    assert lines(capsys) == ["sound", "Running"]


def test_a_format_for_another_version_is_an_error_when_it_is_used_before_the_run(
    install: Install, capsys: Printed
) -> None:
    for name, api, requires in (("ahead", 1, "makeit-core>=0.2"), ("newapi", 2, "makeit-core"), ("fits", 1, "")):
        points = {"makeit.persisters": {name: f"{name}:File"}, "makeit.suffixes": {f".{name}": name}}
        site = install(name, "3.1", points, **{name: FORMAT.format(api=api)})
        with (site / f"{name}-3.1.dist-info" / "METADATA").open("a") as metadata:
            metadata.write(f"Requires-Dist: {requires}\n" * bool(requires))
    for output in ("ahead:x", "x.ahead"):
        with pytest.raises(PluginError, match=r"'ahead' of ahead 3\.1 needs makeit-core>=0\.2, but makeit-core 0\.1"):
            make(func=double, output=output)(1)
    assert "ahead" not in sys.modules
    with pytest.raises(PluginError, match=r"'newapi' of newapi 3\.1 is written for persister API 2; this makeit has 1"):
        make(func=double, output="x.newapi")(1)
    assert lines(capsys) == []
    assert make(func=double, output="x.fits")(1) == 2


def test_a_format_whose_module_ends_the_process_is_an_error_that_names_it(install: Install, capsys: Printed) -> None:
    install("rude", "1", {"makeit.persisters": {"rude": "rude:File"}}, rude="raise SystemExit('no licence')")
    with pytest.raises(PluginError, match="'rude' of rude 1 cannot be loaded: SystemExit: no licence"):
        make(func=double, output="rude:x")(1)
    assert make(func=double, output="json:x")(1) == 2


def test_two_that_claim_one_format_break_only_that_format(install: Install, lab: Callable[..., Path]) -> None:
    source = FORMAT.format(api=1)
    for name in ("one", "two"):
        points = {
            "makeit.persisters": {"shared": f"{name}:File", name: f"{name}:File"},
            "makeit.suffixes": {".shared": "shared", f".{name}": name},
        }
        install(name, "1", points, **{name: source})
    for output in ("shared:x", "x.shared"):
        with pytest.raises(PluginError, match=r"is claimed by one 1 and two 1; .*MAKEIT_DISABLE_PLUGINS"):
            make(func=double, output=output)(1)
    for output in ("a.one", "b.two", "one:c", "c.json"):
        assert make(func=double, output=output)(1) == 2


# --- Installed while the process runs ----------------------------------------------------------


def test_hooks_that_come_with_a_format_installed_meanwhile_count_from_its_first_use(
    install: Install, capsys: Printed
) -> None:
    first = make(func=double, name="first")
    first(1)
    late = make(func=double, name="late", output="late:x.late")
    with pytest.raises(PluginError, match="no format 'late' is installed"):
        late(1)
    hooks = HEADER + "\n@hookimpl\ndef makeit_call_started(call): print('started', call.name)\n"
    points = {"makeit": {"hooks": "latehooks"}, "makeit.persisters": {"late": "lateformat:File"}}
    install("late", "1", points, latehooks=hooks, lateformat=FORMAT.format(api=1))
    assert late(1) == 2
    first(1)
    assert lines(capsys) == ["Running", "started late", "Running", "started first"]


def test_a_type_that_a_plugin_installed_meanwhile_knows_is_reused(lab: Callable[..., Path], capsys: Printed) -> None:
    made = make(func=unwrap, name="late")  # not warned of yet
    with pytest.warns(CacheWarning, match="a plugin's hook makeit_fingerprint"):
        made(Opaque(1))
    lab("@hookimpl\ndef makeit_fingerprint(value): return 'opaque/1:1' if hasattr(value, 'hidden') else None")
    assert (made(Opaque(1)), made(Opaque(1))) == (1, 1)
    assert lines(capsys) == ["Running"] * 2


def test_a_plugin_that_was_left_out_is_named_once_and_tried_again_in_another_version(
    install: Install, lab: Callable[..., Path], capsys: Printed
) -> None:
    site = lab("raise RuntimeError('out of order')")
    made = make(func=double)
    with pytest.warns(CacheWarning, match="out of order"):
        made(1)
    install("other", "1", {"makeit.persisters": {"other": "other:File"}}, other=FORMAT.format(api=1))
    make(func=double, output="other:x", name="b")(1)  # looks again at all that is installed: said once, all the same
    (site / "makeit_lab-1.0.dist-info").rename(site / "makeit_lab-1.1.dist-info")
    metadata = site / "makeit_lab-1.1.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.0", "1.1"))
    source = HEADER + "\n# repaired\n@hookimpl\ndef makeit_call_started(call): print('repaired')\n"
    (site / "makeitlab.py").write_text(source)
    install("third", "1", {"makeit.persisters": {"third": "third:File"}}, third=FORMAT.format(api=1))
    make(func=double, output="third:y", name="c")(1)
    made(1)
    assert lines(capsys) == ["Running", "Running", "repaired", "Running", "repaired"]
