"""PersisterSuite: all rules for a persister in one class of tests."""

from __future__ import annotations

from makeit.testing.calls import CallRules
from makeit.testing.damage import DamageRules
from makeit.testing.determinism import DeterminismRules
from makeit.testing.disasters import DisasterRules
from makeit.testing.files import FileRules
from makeit.testing.objects import ObjectRules
from makeit.testing.refusals import RefusalRules
from makeit.testing.ties import TieRules
from makeit.testing.values import ValueRules


class PersisterSuite(
    ValueRules,
    FileRules,
    TieRules,
    DamageRules,
    DeterminismRules,
    ObjectRules,
    RefusalRules,
    CallRules,
    DisasterRules,
):
    """The rules that a persister keeps, each a test whose name is the rule; subclass it and give examples.

    Say `suffix`, `examples` and `persister(filename)`; `rejects`, `deterministic`, `options`, `exceptions`, `equal`,
    `expected` and `mutate` may be given, too (see `makeit.testing.declaration.Declaration`).
    """
