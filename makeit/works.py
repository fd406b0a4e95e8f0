"""The working parts of a made function in one project: from arguments to a Call, and who is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import evolve

from makeit import notices, turns
from makeit.aftermath import Aftermath
from makeit.claiming import Claiming
from makeit.deciding import Deciding, Found
from makeit.errors import MakeitError
from makeit.formats.tree import Output
from makeit.guarding import Guarding
from makeit.hooks import noted
from makeit.identity import streams
from makeit.identity.digest import checksum
from makeit.identity.given import GIVEN
from makeit.model import Call, CodePrint, Decision, Outcome, Record, identify
from makeit.options import Force
from makeit.records import Origin
from makeit.results import Results
from makeit.telling import Telling
from makeit.waiting import Turn
from makeit.workbench import met

if TYPE_CHECKING:
    from makeit.amending import Amending
    from makeit.ground import Ground
    from makeit.handle import Running
    from makeit.keeping import Keeping
    from makeit.recipe import Recipe

# How many different calls of one function are remembered, so that a long loop does not fill the memory.
_REMEMBERED = 4096


class _Aim(NamedTuple):
    """Where the result of a call goes."""

    outputs: tuple[Output, ...]
    anchor: str
    label: str
    id: str


class Works:
    """What a recipe needs to make calls of: where results go, how they are found, kept and amended."""

    def __init__(self, recipe: Recipe, ground: Ground) -> None:
        self._ground = ground
        bench = self.bench = ground.bench
        self.function = recipe.function
        self.options = recipe.options
        self.binding = recipe.binding
        self.name, self._short, self.defined = recipe.name, recipe.short, recipe.defined
        self._aims: dict[tuple[str | None, ...], _Aim] = {}
        self.targets, self._files = ground.targets, ground.files
        self._guarding = Guarding(bench, self.targets.root, self.options.guard)
        self.results = Results(bench, self._guarding, self.options, self.targets.folder)
        self._keeping: Keeping | None = None
        self.aftermath = Aftermath(bench, self._short, self.defined, self._files)
        self.claiming = Claiming(bench, self.options.foreign)
        self.deciding = Deciding(ground, self.results, self.claiming)
        self.telling = Telling(bench, self.options)
        self._lineage = bench.lineage if self.targets.publishes else None

    # What saves, publishes and records, and what a person may say about a result, is imported for calls that are no
    # reuses. Of two threads that come first either has one that will do: it remembers nothing but what it can find out.

    @property
    def keeping(self) -> Keeping:
        """What keeps the results of runs."""
        if self._keeping is None:
            # With all else that comes after a run: no result is to be lost because an import fails then.
            import json  # noqa: F401
            import pickle  # noqa: F401

            from makeit.formats import defaults  # noqa: F401
            from makeit.identity import objects  # noqa: F401
            from makeit.keeping import Keeping
            from makeit.process import present
            from makeit.store import runs  # noqa: F401

            present()
            if self.targets.persisters:
                import filelock  # noqa: F401

            self._keeping = Keeping(self.bench, self.targets, self.options, self._guarding, self.binding)
        if self.targets.has_kept:
            self.bench.plugins.prepare()
        return self._keeping

    @property
    def amending(self) -> Amending:
        """What changes records for people."""
        from makeit.amending import Amending

        return Amending(self.bench, self.claiming, self.deciding, self.keeping, self._guarding)

    def call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], parent: Running) -> Call:
        """Bind and fingerprint a call; everything that identifies it, nothing that is stored of it."""
        bench = self.bench
        arguments = self.binding.bind(args, kwargs)
        fingerprints, origins = self._fingerprints(arguments)
        if len(set(fingerprints.values())) < len(fingerprints):
            fingerprints = streams.told_apart(arguments, fingerprints)
        aim = self._aim(arguments, fingerprints)
        call = Call(
            name=self.name,
            label=aim.label,
            function=self.function,
            args=args,
            kwargs=kwargs,
            arguments=arguments,
            fingerprints=fingerprints,
            code=self.code_print(),
            outputs=aim.outputs,
            anchor=aim.anchor,
            defined=self.defined,
            parent=parent.id,
            inside=parent.label,
            origins=origins,
            id=aim.id,
        )
        if bench.plugins.key_parts is None and not self.targets.inputs:
            return call
        return evolve(call, key_parts={**bench.key_parts(call), **bench.contents(self.targets.inputs)})

    def _fingerprints(
        self, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, str | None], dict[str, tuple[Origin, ...]]]:
        """Fingerprint the arguments that count; also return which of makeit's own results each is or holds."""
        ignored, files = self.options.ignore, self._files
        fingerprints: dict[str, str | None] = {}
        origins: dict[str, tuple[Origin, ...]] = {}
        noted: list[Origin] = []
        before = met.set(noted)
        try:
            for name, value in arguments.items():
                if name not in ignored:
                    fingerprints[name] = self.bench.argument(name, value, is_file=name in files, function=self.name)
                if noted:
                    origins[name] = tuple(dict.fromkeys(noted))
                    noted.clear()
                elif (given := GIVEN.find(value, fingerprints.get(name))) is not None:
                    origins[name] = (given.origin,)
        finally:
            met.reset(before)
        return fingerprints, origins

    def _aim(self, arguments: Mapping[str, Any], fingerprints: dict[str, str | None]) -> _Aim:
        """Find out where a call's result goes; remembered for equal arguments, as far as they decide it."""
        seen = tuple(fingerprints.values())
        aim = self._aims.get(seen)
        if aim is None:
            key = checksum(repr(sorted(fingerprints.items())).encode())[:20] if self.targets.has_kept else ""
            outputs = self.targets.bind(arguments, key)
            anchor = self.targets.anchor(outputs, key)
            aim = _Aim(
                outputs,
                anchor,
                self._label(arguments),
                identify(self.name, self.bench.project.relative(anchor), fingerprints),
            )
            decided = None not in seen and self.options.ignore.isdisjoint(self.targets.fields)
            if decided and len(self._aims) < _REMEMBERED:
                self._aims[seen] = aim
        return aim

    def _label(self, arguments: Mapping[str, Any]) -> str:
        if not self.targets.fields:
            return self._short
        return f"{self._short} ({', '.join(str(arguments[name]) for name in self.targets.fields)})"

    def code_print(self) -> CodePrint:
        """Return what the code comes to as it is now, or the version that stands for it; the same while it is."""
        return self._ground.code().print

    def noted(self, found: Found, began: float) -> None:
        """Remember a reuse of a call that began at this time."""
        self._ground.recollection.note(found, began, self.results)

    def noted_run(self, call: Call, record: Record | None, value: Any) -> None:
        """Remember what a run returned."""
        self._ground.recollection.note_run(call, record, value)

    def look(self, call: Call, force: Force) -> Found:
        """Compare a call with what is stored for it; this is all that `why` does."""
        return self.deciding.look(call, force)

    def informed(self, call: Call) -> Call:
        """Return a call whose persisters know it, as far as they want to."""
        if not self.targets.persisters:
            return call
        known = [output.persister and self.bench.informed(output.persister, call) for output in call.outputs]
        if all(persister is output.persister for persister, output in zip(known, call.outputs, strict=True)):
            return call
        pairs = zip(call.outputs, known, strict=True)
        return evolve(call, outputs=tuple(output._replace(persister=persister) for output, persister in pairs))

    def turn(self, call: Call) -> Turn:
        """Return the turn of this caller to run a call, as the option `once` says."""
        return Turn(self.bench.project, call, self.options.once)

    def started(self, call: Call, decision: Decision) -> None:
        """Tell what was decided about a call."""
        if not decision.reuse:
            turns.note(call)
        self.telling.started(call, decision)

    def published(self, call: Call, record: Record | None, value: Any = None) -> None:
        """Let the formats of a call's outputs write what belongs beside their files; trouble is a warning.

        Where that raises, under `strict`, the exception has the value.
        """
        if self._lineage is None or record is None:
            return
        for output in call.outputs:
            if output.persister is None:
                continue
            try:
                output.persister.published(call, record, self._lineage)
            except Exception as error:  # a format may fail in any way; the result is right and recorded
                self._trouble(
                    f"the result of {call.label} is right and kept, but what belongs beside {output.path} "
                    f"was not written: {_said(error)}",
                    error,
                    value,
                )

    def amended(self, call: Call) -> None:
        """Let formats write what belongs beside the files of a call after a person amended its record."""
        if self._lineage is not None:
            self.published(call, self.results.record(call))

    def _trouble(self, message: str, cause: Exception, value: Any) -> None:
        try:
            notices.trouble(message, strict=self.options.strict, cause=cause)
        except MakeitError as error:
            error.value = value
            raise

    def finished(self, call: Call, outcome: Outcome) -> None:
        """Tell what became of a call, and keep what was read for it."""
        if outcome.error is None:
            self.bench.keep_readings()
        self.telling.finished(call, outcome)


def _said(error: Exception) -> str:
    """Return what an exception says; of one that was meant for people its text alone."""
    return str(error) if isinstance(error, MakeitError | OSError) else noted(error)
