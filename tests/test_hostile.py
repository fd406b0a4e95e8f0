"""Names that mean harm or only look like it: arguments in templates, and what an author writes literally."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from makeit import ForeignFileError, MakeitError, SpecError, TemplateError, UnwritableError, make

Printed = pytest.CaptureFixture[str]

NFC = unicodedata.normalize("NFC", "é")
NFD = unicodedata.normalize("NFD", "é")


def function(x: Any) -> str:
    print("Running")
    return f"value of {x!a}"


def files(folder: Path) -> list[str]:
    """List every file below a folder, but not what the cachedir holds."""
    found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    return sorted(str(path) for path in found if path.parts[0] != ".makeit")


def records(project: Path) -> list[str]:
    folder = project / ".makeit" / "records"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.json"))


@pytest.mark.parametrize(
    "value",
    [
        "../../x",
        "..",
        ".",
        "",
        "a/b",
        "/etc/passwd",
        "a\\b",
        ".hidden",
        ".makeit",
        "~root",
        "~",
        "a\0b",
        "a\nb",
        "a\rb",
        "\x1b[2J",
        "\x7f",
        "\udc80",
        "a\ud800",
        "n" * 256,
        "n" * 300,
        "é" * 128,
    ],
)
@pytest.mark.parametrize("output", ["text:{x}/x.txt", "text:@cachedir/a_{x}.txt"])
def test_E6_a_value_that_could_leave_its_folder_is_refused_before_the_run(
    value: str, output: str, project: Path, capsys: Printed
) -> None:
    made = make(func=function, output=output)
    with pytest.raises(TemplateError) as caught:
        made(value)
    assert caught.value.field == "x"
    for ask in (made.why, made.record, made.forget, made.accept, made.adopt):
        with pytest.raises(TemplateError):
            ask(value)
    assert capsys.readouterr().out == ""
    assert os.listdir(project) == ["pyproject.toml"]


@pytest.mark.parametrize(
    ("output", "value"),
    [("text:{x}/y.txt", "@cachedir"), ("text:@{x}/y.txt", "cachedir"), ("text:{x}dir/y.txt", "@cache")],
)
def test_E6_a_value_cannot_name_the_cachedir(output: str, value: str, project: Path) -> None:
    with pytest.raises(TemplateError, match="@cachedir"):
        make(func=function, output=output)(value)
    assert os.listdir(project) == ["pyproject.toml"]


@pytest.mark.parametrize(
    "values",
    [
        (NFC, NFD),
        ("K", "\N{KELVIN SIGN}"),
        ("a", "A"),
        ("a", "a "),
        ("a", "a."),
        ("x", "x\N{ZERO WIDTH SPACE}"),
        ("CON", "con"),
        ("nul", "aux.txt", "COM1", "LPT9.json"),
        ("1", 1.0, True, "True1"),
        (
            "a%2fb",
            "a b",
            "a+b",
            "a'b",
            'a"b',
            "a#b",
            "a?b",
            "a*b",
            "$(touch pwned)",
            "`id`",
            "; rm -rf x",
            "-rf",
            "{y}",
        ),
        ("\N{RIGHT-TO-LEFT OVERRIDE}txt.exe", "\N{FULLWIDTH SOLIDUS}", "\N{DIVISION SLASH}", "\N{TWO DOT LEADER}"),
    ],
)
def test_E6_each_name_has_a_file_and_a_record_of_its_own(values: tuple[Any, ...], project: Path) -> None:
    if (project / "PYPROJECT.TOML").exists():
        pytest.skip("this file system takes names of different case for one")
    made = make(func=function, output="text:out/{x}.txt")
    for _ in range(2):
        for value in values:
            assert made(value) == f"value of {value!a}"
    assert all(made.why(value).reuse for value in values)
    assert files(project / "out") == sorted(f"{value}.txt" for value in values)
    assert records(project) == sorted(f"out/{value}.txt.json" for value in values)


@pytest.mark.parametrize(
    "name",
    [
        "with space.txt",
        " .txt",
        'it\'s "quoted".txt',
        "{{braces}}.txt",
        "{{x}}.txt",
        "100%.txt",
        "%s%d%n.txt",
        "#hash.txt",
        "new\nline.txt",
        "tab\t.txt",
        "carriage\r.txt",
        "\x1b[31mred.txt",
        "-rf.txt",
        "*.txt",
        "a?b.txt",
        "a?b&c=.txt",
        "back\\slash.txt",
        "C:\\data\\x.txt",
        "json:x.txt",
        "$HOME.txt",
        "$(touch pwned).txt",
        ".hidden.txt",
        "..two.txt",
        "x.txt~",
        ".makeit-mine.txt",
        f"{NFC}.txt",
        f"{NFD}.txt",
        "日本語.txt",
        "\N{RIGHT-TO-LEFT OVERRIDE}.txt",
        "x.json",
        "x.json.json",
        "x.txt@",
        "l" * 251 + ".txt",
        "fol der/{{f}}/#/%/a\nb/x.txt",
        "trailing./x.txt",
        "x.json/y.txt",
    ],
)
def test_what_an_author_writes_literally_is_the_name(name: str, project: Path, capsys: Printed) -> None:
    made = make(func=function, output=f"text:{name}")
    assert made(1) == made(1) == "value of 1"
    literal = name.replace("{{", "{").replace("}}", "}")
    assert files(project) == sorted([literal, "pyproject.toml"])
    assert (project / literal).read_text() == "value of 1"
    assert made.record(1).outputs[0].path == literal
    twin = make(func=function, output=f"text:{name}", name=made.record(1).function)
    assert twin.why(1).reuse
    (project / literal).write_text("by hand")
    with pytest.raises(ForeignFileError) as caught:
        made(1)
    assert caught.value.path == project / literal
    assert (project / literal).read_text() == "by hand"
    assert capsys.readouterr().out == "Running\n"


def test_one_name_in_two_normal_forms_is_two_outputs(project: Path) -> None:
    (project / NFC).touch()
    if (project / NFD).exists():
        pytest.skip("this file system takes the two forms for one name")
    one = make(func=lambda: "composed", name="one", output=f"text:{NFC}.txt")
    two = make(func=lambda: "decomposed", name="two", output=f"text:{NFD}.txt")
    for _ in range(2):
        assert (one(), two()) == ("composed", "decomposed")
    assert one.why().reuse
    assert two.why().reuse
    assert len(records(project)) == 2


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("text:", SpecError),
        ("text:a\0b.txt", SpecError),
        ("text:caf\udce9.txt", SpecError),
        ("text:\ud800.txt", SpecError),
        ("text:.", ForeignFileError),
        ("text:..", ForeignFileError),
        ("text:pyproject.toml/x.txt", UnwritableError),
        ("text:pyproject.toml", ForeignFileError),
        ("text:/proc/self/x.txt", UnwritableError),
        ("nosuch:x.txt", MakeitError),
        ("text:{x.__class__}.txt", TemplateError),
        ("text:{x[0]}.txt", TemplateError),
        ("text:{0}.txt", TemplateError),
        ("text:{x!r}.txt", TemplateError),
        ("text:{x:{x}}.txt", TemplateError),
    ],
)
def test_E8_what_can_never_be_an_output_is_refused_before_the_run(
    output: str, error: type[Exception], project: Path, capsys: Printed
) -> None:
    with pytest.raises(error):
        make(func=function, output=output)(1)
    assert capsys.readouterr().out == ""
    assert files(project) == ["pyproject.toml"]


TOO_LONG = {
    "a value and its suffix": ("text:{x}.txt", "n" * 255),
    "two values": ("text:{x}{x}.txt", "n" * 200),
    "a literal": (f"text:{'n' * 300}.txt", "x"),
    "a literal folder": (f"text:{'n' * 300}/x.txt", "x"),
    "bytes, not characters": ("text:{x}.txt", "é" * 127),
    "the whole path": ("text:" + f"{'n' * 250}/" * 20 + "x.txt", "x"),
}


@pytest.mark.parametrize("case", TOO_LONG)
def test_E8_a_name_that_is_too_long_is_refused_before_the_run(case: str, project: Path, capsys: Printed) -> None:
    output, value = TOO_LONG[case]
    with pytest.raises(MakeitError, match="long"):
        make(func=function, output=output)(value)
    assert capsys.readouterr().out == ""
    assert files(project) == ["pyproject.toml"]


def test_E8_a_path_without_a_name_is_refused_before_the_run(project: Path, capsys: Printed) -> None:
    with pytest.raises(MakeitError):
        make(func=function, output="text:/")(1)
    assert capsys.readouterr().out == ""
