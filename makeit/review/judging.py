"""What a record tells of a stored call by itself: whether its files, its code and its inputs are what they were.

The function is loaded, not called, and nobody gives it arguments: those that are files or defaults are looked at as
they are now, the others are taken to be what they were.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from attrs import field

from makeit.attributes import frozen
from makeit.deciding import with_diff
from makeit.decision import compare_code
from makeit.errors import MakeitError
from makeit.model import CodePrint, Reason, Record
from makeit.plugins import installed
from makeit.review.declaration import compare_declaration
from makeit.review.loading import Found, Functions, Gone, Present, Unreadable
from makeit.store.catalogue import Filed
from makeit.store.history import History
from makeit.store.project import Project
from makeit.workbench import Workbench, workbench

if TYPE_CHECKING:
    from makeit.works import Works

State = Literal[
    "current", "code changed", "inputs changed", "upstream changed", "missing", "foreign", "orphan", "unknown"
]
STATES: tuple[State, ...] = State.__args__  # type: ignore[attr-defined]
#: Results in these states are not what a run would give now, or are not there.
OUT_OF_DATE: frozenset[State] = frozenset(STATES) - {"current", "unknown"}

_KINDS: dict[str, State] = {"foreign": "foreign", "missing": "missing", "code": "code changed"}


@frozen(eq=False)
class Standing:
    """A stored call, its state, why it would run, and what cannot be told without making the call.

    `code` is what its function comes to now, where that is known.
    """

    filed: Filed
    state: State
    reasons: tuple[Reason, ...] = ()
    doubts: tuple[str, ...] = ()
    code: CodePrint | None = None

    @property
    def runs(self) -> bool:
        """Whether the function would run now, or the call be refused because a file is somebody's own."""
        return bool(self.reasons)

    @property
    def label(self) -> str:
        """The call in words."""
        return self.filed.record.named

    def __str__(self) -> str:
        verb = "run" if self.runs else "reuse"
        because = "; ".join(map(str, self.reasons)) or "nothing changed"
        return f"{verb} {self.label}: {because}"


@frozen(eq=False)
class _Now:
    """A function as it is now: its code, the parts that make calls of it, and what was left out of its module."""

    code: CodePrint
    works: Works | None
    missing: frozenset[str]


@frozen(eq=False)
class Judge:
    """Judges stored calls of one project one by one; `code=False` leaves out what needs modules to be loaded."""

    project: Project
    code: bool = True
    bench: Workbench = field(init=False)
    _functions: Functions = field(init=False)
    _now: dict[int, _Now | Unreadable] = field(factory=dict, init=False)

    @bench.default
    def _with_bench(self) -> Workbench:
        return workbench(self.project, installed())

    @_functions.default
    def _with_functions(self) -> Functions:
        return Functions(self.project)

    def judge(self, filed: Filed) -> Standing:
        """Judge a call by itself: its files, its code, its inputs."""
        record = filed.record
        reasons = [*self._files(filed), *self._inputs(record)]
        if not self.code:
            return Standing(filed, _state("current", reasons), tuple(reasons))
        found = self._functions.find(record)
        if isinstance(found, Gone):
            return Standing(filed, "orphan", (*reasons, Reason("code", found.cause, record.function)))
        now = self._present(found)
        if isinstance(now, Unreadable):
            return Standing(filed, _state("unknown", reasons), tuple(reasons), (now.cause,))
        differ, doubts = self._code(record, now)
        works = now.works
        if works is not None:
            differ += compare_declaration(filed, works, self.project)
            doubts += _said_by_plugins(works)
            doubts += self._said_by_options(filed, works) if reasons or differ else []
        reasons += [reason for reason in differ if reason not in reasons]
        return Standing(filed, _state("current", reasons), tuple(reasons), tuple(doubts), now.code)

    def works(self, record: Record) -> Works | None:
        """Return the parts that make calls of the function of a record, where they are reached without running it."""
        now = self._present(self._functions.find(record))
        return now.works if isinstance(now, _Now) else None

    def _files(self, filed: Filed) -> Iterator[Reason]:
        for output in filed.record.outputs:
            for file in output.files:
                found = self.bench.outputs.found(filed.entry, file, executes=False)
                if isinstance(found, Reason):
                    yield found

    def _inputs(self, record: Record) -> Iterator[Reason]:
        for name, argument in record.arguments.items():
            if argument.fingerprint is None:
                yield Reason("unfingerprintable", f"argument {name} has no fingerprint", name)
            for file, before in zip(argument.files, argument.digests, strict=False):
                path = self.project.absolute(file)
                if not os.path.exists(path):
                    yield Reason("file", f"file {name} is missing: {file}", name, before)
                elif before and self.bench.digest(path) != before:
                    yield Reason("file", f"file {name} changed: {file}", name, before)

    def _present(self, found: Found) -> _Now | Unreadable:
        if isinstance(found, Gone | Unreadable):
            return Unreadable(found.cause)
        known = self._now.get(id(found))
        if known is None:
            known = self._now[id(found)] = self._read(found)
        return known

    def _read(self, found: Present) -> _Now | Unreadable:
        try:
            works = found.recipe.open() if found.recipe else None
            code = works.code_print() if works else self.bench.code.watch(found.function).current()
        except (MakeitError, OSError) as error:
            return Unreadable(f"its code or its outputs cannot be looked at: {error}")
        return _Now(code, works, found.missing)

    def _code(self, record: Record, now: _Now) -> tuple[list[Reason], list[str]]:
        reasons, doubts = [], []
        for reason in compare_code(now.code, record):
            name = reason.subject.rpartition(".")[2].split("#")[0]
            if name in now.missing:
                doubts.append(f"{name} has its value only where its module is run as a program")
            elif now.works is None and reason.subject not in {part.name for part in now.code.parts}:
                doubts.append(f"whether it depends on {reason.subject} is known only where it is made")
            else:
                reasons.append(with_diff(self.bench.ledger, now.code, reason))
        return reasons, doubts

    def _said_by_options(self, filed: Filed, works: Works) -> Iterator[str]:
        if works.options.force == "reload":
            yield "what is stored is loaded all the same, because of force"
        if works.options.keep != 1 and any(History(self.bench.outputs).versions(filed.anchor)):
            yield "an earlier result that is right now would be brought back instead of a run"


def _said_by_plugins(works: Works) -> Iterator[str]:
    if works.bench.plugins.decides:
        yield "a plugin has a say in whether it runs"
    if works.bench.plugins.key_parts is not None:
        yield "facts that plugins add are not looked at"


def _state(before: State, reasons: Iterable[Reason]) -> State:
    """Return the state that the gravest reason makes."""
    kinds = {reason.kind for reason in reasons}
    if before == "orphan":
        return before
    for kind, state in _KINDS.items():
        if kind in kinds:
            return state
    return "inputs changed" if kinds else before
