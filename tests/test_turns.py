"""E5: who takes turns on one named file is told so once, with the template that would separate them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from makeit import CacheWarning, make


def same(x: Any) -> Any:
    return x


def test_E5_two_functions_that_claim_one_file_are_both_named(project: Path) -> None:
    f = make(func=same, name="first", output="json:x.json")
    g = make(func=same, name="second", output="json:x.json")
    f(1)
    with pytest.warns(CacheWarning, match=r"x\.json is claimed by two functions, first .* and second"):
        g(1)
    f(1)  # said once


def test_E5_argument_sets_that_alternate_are_shown_the_template(project: Path) -> None:
    f = make(func=same, name="f", output="json:brain.map.json")
    f("sub-01")
    f("sub-02")
    with pytest.warns(CacheWarning, match=r"different values of x.*'brain_\{x\}\.map\.json'"):
        f("sub-01")
    f("sub-02")  # said once


def test_E5_a_new_argument_each_time_and_results_in_the_cachedir_are_not_remarked_on(project: Path) -> None:
    f = make(func=same, name="f", output="json:x.json")
    for x in (1, 2, 3):
        f(x)
    kept = make(func=same, name="kept")
    for x in (1, 2, 1):
        kept(x)
