"""Every fault suite at reduced counts, and the gate: without each protection its suite has to fail."""

from __future__ import annotations

import pytest

from tests.faults.catalogue import protections, suites


@pytest.mark.parametrize("name", suites())
def test_nothing_is_torn_wrong_or_lost(name: str) -> None:
    suite = suites()[name]
    tally = suite.run(suite.reduced, "")
    if tally.skipped:
        pytest.skip(f"FAULT SUITE {name} DID NOT RUN: {tally.skipped}")
    assert tally.tried > 0
    assert not tally.total, tally.examples


@pytest.mark.parametrize("name", protections())
def test_a_missing_protection_is_noticed(name: str) -> None:
    protection = protections()[name]
    tally = protection.suite.run(protection.count, name)
    if tally.skipped:
        pytest.skip(f"GATE {name} DID NOT RUN: {tally.skipped}")
    assert tally.total, f"{protection.suite.name} does not notice that {name} is gone"
