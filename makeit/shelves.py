"""What a workbench keeps of the calls of a project: records, and the files that they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from makeit.lineage import Lineage
from makeit.store.ledger import Ledger
from makeit.store.outputs import Outputs

if TYPE_CHECKING:
    from makeit.store.project import Project


class Shelves:
    """The records of one project, and who reads and writes them."""

    def __init__(self, project: Project) -> None:
        self.ledger = Ledger(project)
        self.outputs = Outputs(project, self.ledger)
        self.lineage = Lineage(project, self.ledger)
