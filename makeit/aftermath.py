"""What a run did to its arguments: streams that moved on, values changed in place, files changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve

from makeit import notices
from makeit.identity import streams
from makeit.identity.files import StartingHere
from makeit.identity.values import holds_path, is_plain
from makeit.model import Call, Record

if TYPE_CHECKING:
    from makeit.workbench import Workbench

#: The random streams in the arguments of a call, by the names of those that have any.
Streams: TypeAlias = Mapping[str, streams.Held]


def streams_before(call: Call) -> Streams:
    """Note the states of the random streams in the arguments of a call that is about to run."""
    held = {
        name: streams.hold(call.arguments[name])
        for name, fingerprint in call.fingerprints.items()
        if fingerprint is not None and not is_plain(call.arguments[name])
    }
    return {name: found for name, found in held.items() if found is not None}


def resume_streams(call: Call, record: Record) -> bool:
    """Set the random streams in the arguments of a reused call to where its run left them; False if unknown."""
    return all(
        streams.resume(call.arguments[name], argument.states_after)
        for name, argument in record.arguments.items()
        if argument.states_after is not None and call.fingerprints.get(name) == argument.fingerprint
    )


class Aftermath:
    """Look again at the arguments of one made function, defined at `defined`, after its runs.

    `label` names it in messages, `files` are its arguments that name files.
    """

    def __init__(self, bench: Workbench, label: str, defined: str, files: frozenset[str]) -> None:
        self.bench = bench
        self.label = label
        self.defined = defined
        self.files = files

    before = staticmethod(streams_before)
    resume = staticmethod(resume_streams)

    def of(self, call: Call, before: Streams) -> Call:
        """Return the call as it may be recorded.

        An argument that the function changed in place is warned of: a reuse would not change it; random
        streams are an exception, they are set on a reuse. A file that changed meanwhile may have been
        read before or after, so the result is right for neither.
        """
        fingerprints = dict(call.fingerprints)
        for name, fingerprint in call.fingerprints.items():
            if fingerprint is None or self._is_unchanged(call, name, fingerprint, before):
                continue
            is_file = name in self.files or holds_path(call.arguments[name])
            if is_file:
                fingerprints[name] = None
            self._warn_changed(name, is_file)
        states = {name: held.advanced() for name, held in before.items()}
        if not states and fingerprints == call.fingerprints:
            return call
        return evolve(call, fingerprints=fingerprints, states_after={k: v for k, v in states.items() if v})

    def warn_left(self, here: StartingHere) -> None:
        """Warn where another folder is the working one after a run: after a reuse it would not be."""
        if here.has_changed():
            notices.warn(
                f"the working folder changed while {self.label} ran, which a reuse does not do: relative paths mean "
                "something else then; let the function change it back",
                once=("left", self.defined),
            )

    def _is_unchanged(self, call: Call, name: str, fingerprint: str, before: Streams) -> bool:
        value = call.arguments[name]
        if is_plain(value) and name not in self.files:
            return True
        states = before[name].states if name in before else {}
        now = self.bench.refingerprint(value, is_file=name in self.files, states=states)
        return now == streams.unmarked(fingerprint)

    def _warn_changed(self, name: str, is_file: bool) -> None:
        text = (
            f"a file of the argument {name} changed while {self.label} ran, so the result is not reused"
            if is_file
            else f"{self.label} changed its argument {name} in place; a reuse gives back the result but does not "
            f"change the argument, so let the function copy {name} and return what it changed"
        )
        notices.warn(text, once=("changed", self.defined, name))
