"""What is stored of a call as it was found, and a value that was brought back from it."""

from __future__ import annotations

from typing import Any

from makeit.attributes import frozen
from makeit.formats.persister import Persister
from makeit.model import Reason, Record
from makeit.store.ledger import Entry
from makeit.store.outputs import Examined


@frozen(eq=False)
class Stored:
    """A record with the state of its files, and the persisters that load them."""

    entry: Entry
    persisters: tuple[Persister, ...]
    examined: Examined
    faults: tuple[Reason, ...]
    #: What a run would take over from the arguments otherwise now.
    outdated: tuple[Reason, ...] = ()

    @property
    def record(self) -> Record:
        """The record of the last run."""
        return self.entry.record


@frozen(eq=False)
class Loaded:
    """A value that was brought back; a box, because the value may be None."""

    value: Any
