"""Whatever is written as a spec, a template or a record: it is refused, or it means what it says, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from makeit import Maker, TemplateError
from makeit.store.ledger import Damaged, decode
from tests.faults import fuzzing, properties, writing
from tests.faults.mutation import damaged, forged

RANDOMS = st.randoms(use_true_random=False)
VALUES = st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(), st.none())
RECORD = properties.a_record()
modest = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@modest
@given(st.one_of(st.text(), RANDOMS.map(writing.a_spec)))
@example("pickle:a?b=1&c=2")
@example("C:\\data\\x.npy")
def test_what_a_spec_writes_of_itself_is_read_as_the_same(text: str) -> None:
    assert properties.spec_fault(text) is None


@modest
@given(RANDOMS.map(writing.a_template), st.dictionaries(st.sampled_from("abä"), VALUES))
@example("{a:c}", {"a": 2**40})
@example("{a:c}/x", {"a": 47})
@example("~{a}/x", {"a": "root"})
@example("{a}/{b}", {"a": "@cachedir", "b": ".."})
def test_E6_no_value_leaves_its_component(text: str, values: dict[str, Any]) -> None:
    assert properties.template_fault(text, values) is None


@modest
@given(RANDOMS.map(writing.a_template), RANDOMS.map(writing.some_values))
def test_E6_no_hostile_value_leaves_its_component(text: str, values: dict[str, Any]) -> None:
    assert properties.template_fault(text, values) is None


@modest
@given(st.one_of(st.binary(), RANDOMS.map(lambda chance: damaged(RECORD, chance))))
@example(RECORD)
@example(b"")
@example(b"\n" + b'"a":' + b"[" * 100_000)
def test_only_what_makeit_wrote_is_read_as_a_record(content: bytes) -> None:
    assert properties.record_fault(content) is None


@modest
@given(RANDOMS)
def test_a_record_that_somebody_wrote_is_read_or_damaged(chance: random.Random) -> None:
    decode("record.json", forged(RECORD, chance, seal=True))
    changed = forged(RECORD, chance, seal=False)
    assert changed == RECORD or isinstance(decode("record.json", changed), Damaged)


@pytest.mark.parametrize("value", ["../../x", "..", "/etc/x", "~root", "a/../../x", "a\\..\\x", "\0", ""])
def test_E6_a_value_that_would_leave_its_folder_is_refused_before_the_run(value: str, project: Path) -> None:
    maker = Maker(cachedir=project / ".makeit", root=project)

    def named(subject: str) -> str:
        raise AssertionError("it ran")

    with pytest.raises(TemplateError, match="subject"):
        maker(named, output="text:derivatives/{subject}/x.txt")(value)
    assert [path.name for path in project.iterdir()] == ["pyproject.toml"]


def test_the_fuzzing_command_says_loudly_where_it_cannot_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert fuzzing.main([]) == 2
    assert "DID NOT RUN" in capsys.readouterr().err
