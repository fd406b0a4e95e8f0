"""The conformance kit: subclass `PersisterSuite`, give examples, and pytest holds a persister to every rule.

    from makeit.testing import PersisterSuite

    class TestCsv(PersisterSuite):
        suffix = ".csv"
        examples = [[1, 2], [3]]

        def persister(self, filename):
            return CsvFile(filename)

Needs pytest, which is imported here and nowhere else in makeit.
"""

from __future__ import annotations

try:
    import pytest  # noqa: F401
except ImportError as error:
    raise ImportError("makeit.testing needs pytest, which is not installed: pip install pytest") from error

from makeit.testing.equality import same
from makeit.testing.suite import PersisterSuite

__all__ = ["PersisterSuite", "same"]
