"""The states a call passes through, as frozen classes: Call, Decision, Record, Outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, field

from makeit.attributes import frozen
from makeit.identity.describe import printable
from makeit.identity.digest import checksum
from makeit.identity.unknown import UNKNOWN
from makeit.records import (
    ArgumentRecord,
    Change,
    CodeRecord,
    FileRecord,
    FileStamp,
    Origin,
    OutputRecord,
    Record,
)

if TYPE_CHECKING:
    from makeit.formats.tree import Output

__all__ = [
    "UNKNOWN",
    "ArgumentRecord",
    "Call",
    "Change",
    "CodePart",
    "CodePrint",
    "CodeRecord",
    "Decision",
    "FileRecord",
    "FileStamp",
    "Frozen",
    "Outcome",
    "OutputRecord",
    "Reason",
    "ReasonKind",
    "Record",
    "Returned",
    "Run",
]

_LONGEST_REASON = 500

ReasonKind = Literal[
    "never-run",
    "code",
    "argument",
    "file",
    "output",
    "missing",
    "foreign",
    "record",
    "key-part",
    "unfingerprintable",
    "forced",
    "restored",
    "plugin",
]


@frozen
class Reason:
    """One reason to run a call, or to reuse its result: a kind, its subject, old and new.

    For code, `file` and `line` say where it is defined, and `diff` what changed, where the source
    that the result was computed with is known.
    """

    kind: ReasonKind
    text: str
    subject: str = ""
    old: str | None = None
    new: str | None = None
    file: str | None = None
    line: int | None = None
    diff: str | None = None

    def __str__(self) -> str:
        return str(self.text)


def _reasons(given: Any) -> tuple[Reason, ...]:
    items = (given,) if isinstance(given, str | Reason) else tuple(given)
    return tuple(item if isinstance(item, Reason) else Reason("plugin", str(item)) for item in items)


@frozen
class Decision:
    """Whether to reuse the stored result, with all the reasons; `str()` is one readable line.

    `reasons` takes `Reason` objects or plain strings; a string becomes a reason of kind `plugin`.
    `untracked` lists the references in the code that could not be followed.
    """

    reuse: bool
    reasons: tuple[Reason, ...] = field(default=(), converter=_reasons)
    label: str = ""
    untracked: tuple[str, ...] = ()

    def __str__(self) -> str:
        verb = "reuse" if self.reuse else "run"
        head = f"{verb} {self.label}".rstrip()
        return f"{head}: {because(self)}"

    def explain(self) -> str:
        """Return the decision in full: each reason on a line, with its diff, and what is not tracked."""
        lines = [f"{'reuse' if self.reuse else 'run'} {self.label}".rstrip()]
        lines += [f"  {line}" for reason in self.reasons or ("nothing changed",) for line in _lines(reason)]
        lines += [f"  not tracked: {name}" for name in self.untracked]
        return "\n".join(lines)

    def __rich__(self) -> Any:
        """Render for rich: the verb and the diffs in colour."""
        from makeit.rendering import rendered  # rich is there where somebody prints with it

        return rendered(self)


def because(decision: Decision) -> str:
    """Return the reasons of a decision in one line."""
    return "; ".join(map(str, decision.reasons)) or "nothing changed"


def _lines(reason: Reason | str) -> list[str]:
    diff = reason.diff if isinstance(reason, Reason) else None
    return [str(reason), *(f"  {line}" for line in (diff or "").splitlines())]


@frozen(eq=False)
class Run:
    """One run: when it began, the seconds that it took, and the decision that it was for."""

    started: float
    seconds: float = 0.0
    decision: Decision | None = None

    @property
    def reason(self) -> str:
        """Why it ran, in one line that is not too long for a record."""
        return printable(because(self.decision), _LONGEST_REASON) if self.decision else ""


@frozen
class CodePart:
    """One piece of code or one captured value that a function depends on.

    `name` is `module.qualname`, `text` the normalised source or a short repr, `file` and `line`
    say where it is defined when that is known.
    """

    name: str
    kind: Literal["function", "class", "value", "file", "version"]
    fingerprint: str
    file: str | None = None
    line: int | None = None
    text: str = ""


@frozen
class CodePrint:
    """What the code of a function came to: its parts, and the references that could not be followed."""

    parts: tuple[CodePart, ...] = ()
    untracked: tuple[str, ...] = ()


@frozen(eq=False)
class Call:
    """A made function with its bound arguments.

    `anchor` is the path that its record is found by. `arguments` maps parameter names to values with
    defaults applied, `fingerprints` the same names, less the ignored ones, to their fingerprints, None
    where there is none, `key_parts` the facts that plugins added, `states_after`, once it has run,
    the states of the random streams that it drew from; `origins` are the results that arguments are or hold, as far as
    makeit gave them out itself; `args` and `kwargs` are what the function is called with; `parent` and `inside` are
    the id of the call that it is made in, and that call in words.
    """

    name: str
    label: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    arguments: Mapping[str, Any]
    fingerprints: Mapping[str, str | None]
    code: CodePrint
    outputs: tuple[Output, ...]
    anchor: str
    defined: str = ""
    parent: str | None = None
    inside: str = ""
    key_parts: Mapping[str, Any] = field(factory=dict)
    states_after: Mapping[str, Mapping[str, str]] = field(factory=dict)
    origins: Mapping[str, tuple[Origin, ...]] = field(factory=dict)

    #: What tells this call from others: its function, its arguments and where its result goes.
    id: str = field(kw_only=True)

    @id.default
    def _id(self) -> str:
        return identify(self.name, self.anchor, self.fingerprints)

    def bare(self) -> Call:
        """Return the call without what it was given, which may be large and is not to be kept alive."""
        return evolve(self, args=(), kwargs={}, arguments={})


def identify(name: str, anchor: str, fingerprints: Mapping[str, str | None]) -> str:
    """Return the id of a call."""
    return f"call/1:{checksum(repr((name, anchor, sorted(fingerprints.items()))).encode())}"


@frozen
class Returned:
    """What `makeit_execute` gives back: the value that the function returned."""

    value: Any


@frozen
class Frozen:
    """What `makeit_protect` gives back: an equal value, and a cheap test that it still is as it was."""

    value: Any
    intact: Callable[[Any], bool] = lambda value: True


@frozen(eq=False)
class Outcome:
    """What became of a call: reused or run, the seconds it took, and its record where one was kept."""

    reused: bool
    seconds: float
    decision: Decision
    record: Record | None = None
    error: BaseException | None = None
