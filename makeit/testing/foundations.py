"""Which rules others build on: where one of these fails, the others are skipped, so that one mistake is told once."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from makeit.testing.declaration import Declaration

#: What a call through `make` takes for granted.
SOUND = (
    "test_the_persister_knows_its_file",
    "test_save_writes_its_files_and_no_others",
    "test_a_value_comes_back_as_it_was",
    "test_faithful_is_true",
    "test_a_second_load_equals_the_first",
    "test_save_leaves_the_value_alone",
    "test_notes_are_json",
    "test_the_notes_alone_are_enough",
    "test_load_leaves_the_file_alone",
    "test_check_accepts_its_own_suffix",
    "test_at_keeps_the_options",
    "test_at_shares_no_state",
)
_kept: WeakKeyDictionary[type[Declaration], dict[str, bool]] = WeakKeyDictionary()


def require(suite: Declaration, tmp_path: Path, *rules: str) -> None:
    """Skip a rule where one of those that it builds on does not hold for some example."""
    kept = _kept.setdefault(type(suite), {})
    for rule in rules:
        if rule not in kept:
            kept[rule] = rule in suite.exceptions or _holds(suite, rule, tmp_path / "foundations" / rule)
        if not kept[rule]:
            pytest.skip(f"builds on {rule}, which fails")


def _holds(suite: Declaration, rule: str, folder: Path) -> bool:
    test = getattr(suite, rule)
    wanted = inspect.signature(test).parameters
    for number in range(len(suite.examples)):
        place = folder / str(number)
        place.mkdir(parents=True)
        given: dict[str, Any] = {"example": number, "value": suite.given(number), "tmp_path": place}
        try:
            test(**{name: given[name] for name in wanted})
        except pytest.skip.Exception:
            continue
        except (Exception, pytest.fail.Exception):
            return False
    return True
