"""File name templates: a value fills one component and never leaves its folder."""

from __future__ import annotations

import datetime
import enum
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makeit import TemplateError
from makeit.formats.template import parse


class Session(enum.Enum):
    ONE = "one"


class Word(str, enum.Enum):  # noqa: UP042 - the older spelling is what people have
    ONE = "one"


class Sly(str):
    """A str that says another thing when it is formatted."""

    def __str__(self) -> str:
        return "../../evil"

    def __format__(self, form: str) -> str:
        return "../../evil"


class SlyInt(int):
    """An int that says another thing when it is formatted."""

    def __format__(self, form: str) -> str:
        return "../../evil"


@pytest.mark.parametrize(
    ("template", "arguments", "expected"),
    [
        ("x.npy", {}, "x.npy"),
        ("{a}/x.npy", {"a": "sub-01"}, "sub-01/x.npy"),
        ("{a}_{a}_{b}", {"a": 1, "b": "c"}, "1_1_c"),
        ("{{{a}}}", {"a": 1}, "{1}"),
        ("{{a}}", {"a": 1}, "{a}"),
        ("{run:02d}", {"run": 3}, "03"),
        ("{x:.2f}", {"x": 1.239}, "1.24"),
        ("{x:>4}", {"x": "a"}, "   a"),
        ("{x}", {"x": 1.5}, "1.5"),
        ("{x}", {"x": True}, "True"),
        ("{x}", {"x": np.int16(7)}, "7"),
        ("{x}", {"x": np.float64(0.5)}, "0.5"),
        ("{x}", {"x": np.str_("a")}, "a"),
        ("{x}", {"x": Word.ONE}, "one"),
        ("{x}", {"x": datetime.date(2020, 1, 2)}, "2020-01-02"),
        ("{x}", {"x": datetime.datetime(2020, 1, 2, 3, 4)}, "2020-01-02T03-04-00"),
        ("{größe}", {"größe": "é"}, "é"),
        ("../{a}", {"a": "b"}, "../b"),
        ("~/{a}", {"a": "b"}, "~/b"),
        ("{x}", {"x": Sly("plain")}, "plain"),
        ("{x}", {"x": SlyInt(3)}, "3"),
        ("{x}", {"x": "a b;$(c)*?"}, "a b;$(c)*?"),
        ("{x}", {"x": "{y}"}, "{y}"),
        ("{x}", {"x": "%2e%2e%2f"}, "%2e%2e%2f"),
        ("{x}", {"x": -1}, "-1"),
    ],
)
def test_fields_are_filled_in(template: str, arguments: dict[str, Any], expected: str) -> None:
    assert parse(template).expand(arguments) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "..",
        "../../x",
        "a/b",
        "/abs",
        "a\\b",
        ".hidden",
        "~",
        "~root",
        "a\0b",
        "a\nb",
        "a\x7fb",
        "\x1b[2J",
        "\udc80",
        "x" * 256,
        "é" * 128,
        None,
        b"x",
        [1],
        (1,),
        {"a": 1},
        Path("x"),
        Session.ONE,
        1j,
        object(),
        np.array([1, 2]),
    ],
)
def test_E6_a_value_that_is_no_single_safe_component_is_refused(value: Any) -> None:
    with pytest.raises(TemplateError) as caught:
        parse("out/{subject}/x.npy").expand({"subject": value})
    assert (caught.value.template, caught.value.field) == ("out/{subject}/x.npy", "subject")
    assert isinstance(caught.value, ValueError)


def test_E6_the_name_of_the_cachedir_cannot_be_put_together() -> None:
    for template, value in [("{x}/y.pkl", "@cachedir"), ("@{x}/y.pkl", "cachedir")]:
        with pytest.raises(TemplateError, match="@cachedir"):
            parse(template).expand({"x": value})
    assert parse("a/{x}/y.pkl").expand({"x": "@cachedir"}) == "a/@cachedir/y.pkl"


@pytest.mark.parametrize("form", ["c", "/>4d", ".>4d", "=+d"])
def test_E6_a_format_cannot_smuggle_either(form: str) -> None:
    try:
        text = parse(f"{{x:{form}}}").expand({"x": 47})
    except TemplateError:
        return
    assert "/" not in text
    assert not text.startswith(".")


@pytest.mark.parametrize(
    "template",
    ["{", "}", "{}", "{a", "a}", "{a}}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{ a}", "{a-b}", "{a:{b}}", "{1a}"],
)
def test_E6_a_template_that_is_no_template_is_an_error(template: str) -> None:
    with pytest.raises(TemplateError):
        parse(template)


def test_a_format_that_does_not_fit_is_an_error() -> None:
    for value, form in [("a", "02d"), (1, "%Y"), (True, "d")]:
        with pytest.raises(TemplateError, match="does not take the format"):
            parse(f"{{x:{form}}}").expand({"x": value})


def test_fields_are_named_once_in_order() -> None:
    assert parse("{b}/{a}/{b:02d}/{{c}}").fields == ("b", "a")


@given(st.text(), st.sampled_from(["{x}", "out/{x}/y", "out/a{x}b", "out/{x}.json"]))
def test_E6_whatever_the_value_the_file_stays_in_its_folder(value: str, template: str) -> None:
    try:
        name = parse(template).expand({"x": value})
    except TemplateError:
        return
    root = "/root/of/project"
    path = os.path.normpath(os.path.join(root, os.path.expanduser(name)))
    assert path.startswith(root + "/")
    assert path.count("/") == f"{root}/{template}".count("/")
    assert all(len(part) <= 300 for part in os.fsencode(path).split(b"/"))


@given(st.text(), st.text())
def test_two_values_never_share_a_name_unless_they_are_equal(one: str, other: str) -> None:
    names = []
    for value in (one, other):
        try:
            names.append(parse("{x}").expand({"x": value}))
        except TemplateError:
            return
    assert (names[0] == names[1]) is (one == other)
