"""What must happen to one call: the file contents, what the ledger may say of them, and what follows from both."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Literal

from attrs import Factory, define, evolve, frozen

from tests.faults.shelves import Code

Outcome = Literal["reuse", "run", "refuse"]
#: What lies in the place of a pointer, or of a record that nobody can read.
Note = Literal["right", "damaged", "missing"]


@frozen
class Run:
    """A record: the code and argument of a run, and what it wrote; `before` is the record that a person amended.

    For a result that has no named file `contents` is what its file would hold.
    """

    code: Code
    x: int
    contents: tuple[bytes, ...]
    adopted: bool = False
    amended: bool = False
    before: Run | None = None
    #: Whether its file inside the cachedir was changed.
    spoilt: bool = False


@define
class Expectation:
    """The files of one call and what is known of them.

    After a kill several records are possible; one of them is the true one. `written` are the contents that a note
    of intent may know as makeit's own, file by file.
    """

    names: tuple[str, ...]
    contents: list[bytes | None]
    records: set[Run | Note] = Factory(lambda: {"missing"})
    pointers: set[Note] = Factory(lambda: {"missing"})
    written: list[set[bytes]] = Factory(list)

    @classmethod
    def of(cls, names: tuple[str, ...]) -> Expectation:
        """Expect nothing at these files yet."""
        return cls(names, [None for _ in names], written=[set() for _ in names])

    @property
    def certain(self) -> bool:
        """Whether there is no doubt about what the ledger says."""
        return len(self.records) == 1 and len(self.pointers) == 1

    @property
    def record(self) -> Run | None:
        """The one record there is, or None."""
        (found,) = self.records
        return found if isinstance(found, Run) else None

    def outcomes(self, code: Code, x: int) -> set[Outcome]:
        """Return what a call may come to."""
        matching = self.matching(code, x)
        return {
            "reuse" if record in matching else "refuse" if any(self._foreign(record, pointer)) else "run"
            for record, pointer in product(self.records, self.pointers)
        }

    def refusals(self) -> set[bool]:
        """Return whether somebody's file is in the way: True, False, or both where that is in doubt."""
        return {any(self._foreign(record, pointer)) for record, pointer in product(self.records, self.pointers)}

    def matching(self, code: Code, x: int) -> set[Run | Note]:
        """Return the records that a call may be reused by."""
        return {
            record
            for record in self.records
            if isinstance(record, Run) and (record.code, record.x) == (code, x) and self._intact(record)
        }

    def _intact(self, record: Run) -> bool:
        return tuple(self.contents) == record.contents if self.names else not record.spoilt

    def _foreign(self, record: Run | Note, pointer: Note) -> Iterator[bool]:
        for place, content in enumerate(self.contents):
            if content is None:
                continue
            said = record if place == 0 or pointer == "right" else pointer
            if said == "damaged":
                yield True
            elif isinstance(said, Run) and content == said.contents[place]:
                yield said.adopted
            else:
                yield content not in self.written[place]

    # What changes it

    def has_run(self, code: Code, x: int, contents: tuple[bytes, ...]) -> None:
        """Note that a call ran and was kept."""
        self.contents = list(contents[: len(self.names)])
        self.records = {Run(code, x, contents)}
        self.pointers = {"right"}
        self.written = [set() for _ in self.names]

    def was_reused(self, code: Code, x: int) -> None:
        """Note that a call was reused; renewed stamps bring a lost pointer back."""
        self.records = self.matching(code, x)
        self.pointers = self.pointers | {"right"}

    def was_cut_off(self, code: Code, x: int, contents: tuple[bytes, ...]) -> None:
        """Note that a run was killed, which leaves these contents, wholly old or wholly new."""
        for place, content in enumerate(contents[: len(self.names)]):
            self.written[place] |= {content}
        self.records = self.records | {Run(code, x, contents)}
        self.pointers = self.pointers | {"right"}

    def was_spoilt(self) -> None:
        """Note that somebody changed the file inside the cachedir."""
        self.records = {evolve(run, spoilt=True) if isinstance(run, Run) else run for run in self.records}

    def may_be_pruned(self, done: bool) -> None:
        """Note that a newer result took the place of this one, or may have."""
        self.records = {"missing"} | (set() if done else self.records)

    def was_forgotten(self) -> None:
        """Note that the record was forgotten; the files stay known as makeit's own."""
        run = self.record
        if run and not run.adopted:
            self.written = [{content} for content in run.contents]
        if run and self.pointers == {"right"}:
            self.pointers = {"missing"}
        self.records = {"missing"}

    def was_adopted(self, code: Code, x: int) -> None:
        """Note that a person's files were taken for the result."""
        contents = tuple(content for content in self.contents if content is not None)
        self.records = {Run(code, x, contents, adopted=True, amended=True, before=self.record)}
        self.pointers = {"right"}

    def was_accepted(self, code: Code) -> None:
        """Note that the present code was blessed."""
        assert self.record
        self.records = {evolve(self.record, code=code, amended=True, before=self.record)}
        self.pointers = {"right"}

    def was_undone(self) -> None:
        """Note that the last amendment was taken back."""
        assert self.record
        if self.record.before is None:
            self.records = {"missing"}
            self.pointers = {"missing"}
        else:
            self.records = {evolve(self.record.before, spoilt=self.record.spoilt)}
            self.pointers = {"right"}
