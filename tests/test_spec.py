"""The grammar of specs."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from makeit import SpecError
from makeit.formats.spec import Spec


@pytest.mark.parametrize(
    ("text", "path", "format", "options"),
    [
        ("x.npy", "x.npy", None, ()),
        ("npy:x", "x", "npy", ()),
        ("nifti:out/brain.nii?dtype=int16", "out/brain.nii", "nifti", (("dtype", "int16"),)),
        ("nifti-mmap:x.nii?a=1&b=2", "x.nii", "nifti-mmap", (("a", "1"), ("b", "2"))),
        ("b2.x_y+z:p", "p", "b2.x_y+z", ()),
        (r"C:\data\x.npy", r"C:\data\x.npy", None, ()),
        (r"npy:C:\data\x.npy", r"C:\data\x.npy", "npy", ()),
        ("c:x", "c:x", None, ()),
        ("Npy:x", "Npy:x", None, ()),
        ("1ab:x", "1ab:x", None, ()),
        ("a b:x", "a b:x", None, ()),
        ("./npy:x", "./npy:x", None, ()),
        ("npy:a:b:c", "a:b:c", "npy", ()),
        ("npy::x", ":x", "npy", ()),
        ("pickle:what?.pkl", "what?.pkl", "pickle", ()),
        ("pickle:what?x", "what?x", "pickle", ()),
        ("pickle:what?a=1&b", "what?a=1&b", "pickle", ()),
        ("pickle:what?a=1&", "what?a=1&", "pickle", ()),
        ("pickle:what?", "what?", "pickle", ()),
        ("pickle:what?1=2", "what?1=2", "pickle", ()),
        ("pickle:why?x?a=1", "why?x", "pickle", (("a", "1"),)),
        ("pickle:x?a=1?b=2", "x", "pickle", (("a", "1?b=2"),)),
        ("pickle:x?a=", "x", "pickle", (("a", ""),)),
        ("pickle:x?a=b=c", "x", "pickle", (("a", "b=c"),)),
        ("pickle:100%25.pkl?a=%20", "100%25.pkl", "pickle", (("a", "%20"),)),
        ("pickle: x ", " x ", "pickle", ()),
        ("npy:{subject}/x.npy", "{subject}/x.npy", "npy", ()),
        ("npy:a\nb", "a\nb", "npy", ()),
    ],
)
def test_a_spec_is_format_path_and_options(
    text: str, path: str, format: str | None, options: tuple[tuple[str, str], ...]
) -> None:
    spec = Spec.parse(text)
    assert (spec.path, spec.format, spec.options) == (path, format, options)
    assert str(spec) == text
    assert Spec.parse(str(spec)) == spec


@pytest.mark.parametrize("text", ["", "npy:", "?a=1", "npy:?a=1", "npy:a\0b", "\0"])
def test_a_spec_without_a_usable_path_is_an_error(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        Spec.parse(text)
    assert caught.value.spec == text
    assert isinstance(caught.value, ValueError)


def test_an_option_given_twice_is_an_error() -> None:
    with pytest.raises(SpecError, match="gives a twice"):
        Spec.parse("npy:x?a=1&b=2&a=1")


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("s3://bucket/x.npy", "s3"),
        ("npy:s3://bucket/x.npy", "s3"),
        ("https://x/y.json", "https"),
        ("npy://x", "npy"),
        ("x://y", "x"),
        ("x.npy", None),
        ("dir//x.npy", None),
        ("npy:/abs//x", None),
        (r"C:\x", None),
    ],
)
def test_a_location_is_what_has_a_scheme(text: str, location: str | None) -> None:
    assert Spec.parse(text).location == location


PARTS = st.text(st.sampled_from("ab:?&=/.1-{} \\é\n"), max_size=12)


@example("a:b:c?d=e")
@example("ab:?a?b=c")
@example("ab:??b=c")
@given(st.text() | PARTS | st.builds("{}:{}?{}={}".format, PARTS, PARTS, PARTS, PARTS))
def test_the_text_of_a_spec_is_the_same_spec(text: str) -> None:
    try:
        spec = Spec.parse(text)
    except SpecError:
        return
    assert str(spec) == text
    assert Spec.parse(str(spec)) == spec
