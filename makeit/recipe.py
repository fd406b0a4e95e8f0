"""How one function is made: its options, and from each set of arguments a Call and a decision about it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from makeit import notices, turns
from makeit.aftermath import Aftermath
from makeit.amending import Amending
from makeit.binding import Binding, refuse_generator
from makeit.deciding import Deciding, Found
from makeit.errors import ArgumentError
from makeit.formats.tree import Output
from makeit.guarding import Guarding
from makeit.identity import streams
from makeit.identity.code import module_name
from makeit.identity.describe import readable
from makeit.identity.digest import checksum
from makeit.keeping import Keeping
from makeit.model import Call, CodePart, CodePrint, Decision, Outcome
from makeit.options import Force, Options
from makeit.results import Results
from makeit.targets import Targets

if TYPE_CHECKING:
    from makeit.maker import Maker
    from makeit.workbench import Workbench

# How many different calls of one function are remembered, so that a long loop does not fill the memory.
_REMEMBERED = 4096


@frozen(eq=False)
class _Aim:
    """Where the result of a call goes."""

    outputs: tuple[Output, ...]
    anchor: str
    label: str


class Recipe:
    """One decorated function with its options; the workbench is looked up at the first call."""

    def __init__(self, function: Callable[..., Any], options: Options, maker: Maker) -> None:
        self.function = function
        self.options = options
        self._maker = maker
        self.binding = Binding(function)
        refuse_generator(self.binding.function)
        unknown = options.ignore - set(self.binding.names)
        if unknown:
            raise ArgumentError(
                f"ignore names {', '.join(sorted(unknown))}, which {_plain_name(self.binding.function)} does not "
                f"take; its arguments are: {', '.join(self.binding.names) or 'none'}",
                name=sorted(unknown)[0],
            )
        self.name = options.name or f"{module_name(self.binding.function)}.{_plain_name(self.binding.function)}"
        self._short = options.name or _plain_name(self.binding.function).rpartition(".")[2]
        self._aims: dict[tuple[str | None, ...], _Aim] = {}
        self._lock = threading.Lock()
        self._bench: Workbench | None = None
        self._warn_lambda()

    def _warn_lambda(self) -> None:
        if self.options.name is None and getattr(self.binding.function, "__name__", "") == "<lambda>":
            notices.warn(
                f"all lambda functions of a module share the name {self.name!r}, so their results replace "
                'each other; tell them apart with make(func=..., name="...")'
            )

    @property
    def bench(self) -> Workbench:
        """The workbench of the project that the first call found itself in."""
        if self._bench is None:
            with self._lock:
                if self._bench is None:
                    self._open()
        assert self._bench is not None
        return self._bench

    def _open(self) -> None:
        bench = self._maker.bench(self.options.cachedir)
        self.targets = Targets(
            self.options.output,
            bench.plugins,
            bench.project,
            self.name,
            self.binding.names,
            bench.values.fingerprint,
        )
        guarding = Guarding(bench, self.targets.root, self.options.guard)
        self.results = Results(bench, guarding, self.options)
        self.keeping = Keeping(bench, self.targets, self.options, guarding)
        self.aftermath = Aftermath(bench, self._short, self.defined, frozenset(self.binding.files))
        self._code = bench.code.watch(self.binding.function, self.options.depends)
        self.deciding = Deciding(bench, self.results, self.name, self.defined)
        self._amending = Amending(bench, self.results, self.deciding, self.keeping, guarding)
        self._bench = bench

    @property
    def amending(self) -> Amending:
        """What a person may say about the stored results."""
        assert self.bench  # opened now, if it was not before
        return self._amending

    def call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], parent: str | None) -> Call:
        """Bind and fingerprint a call; everything that identifies it, nothing that is stored of it."""
        bench = self.bench
        arguments = self.binding.bind(args, kwargs)
        ignored, files = self.options.ignore, self.binding.files
        fingerprints = {
            name: bench.argument(name, value, is_file=name in files, function=self.name)
            for name, value in arguments.items()
            if name not in ignored
        }
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
            code=self._code_print(),
            outputs=aim.outputs,
            anchor=aim.anchor,
            defined=self.defined,
            parent=parent,
        )
        return call if bench.plugins.key_parts is None else evolve(call, key_parts=bench.key_parts(call))

    def _aim(self, arguments: Mapping[str, Any], fingerprints: dict[str, str | None]) -> _Aim:
        """Find out where a call's result goes; remembered for equal arguments, as far as they decide it."""
        seen = tuple(fingerprints.values())
        aim = self._aims.get(seen)
        if aim is None:
            key = checksum(repr(sorted(fingerprints.items())).encode())[:20] if self.targets.has_kept else ""
            outputs = self.targets.bind(arguments, key)
            aim = _Aim(outputs, self.targets.anchor(outputs, key), self._label(arguments))
            decided = None not in seen and self.options.ignore.isdisjoint(self.targets.fields)
            if decided and len(self._aims) < _REMEMBERED:
                self._aims[seen] = aim
        return aim

    def _label(self, arguments: Mapping[str, Any]) -> str:
        if not self.targets.fields:
            return self._short
        return f"{self._short} ({', '.join(str(arguments[name]) for name in self.targets.fields)})"

    def _code_print(self) -> CodePrint:
        found = self._code.current()
        version = self.options.version
        if version is None:
            return found
        word = CodePart("version", "version", f"version/1:{checksum(repr(version).encode())}", text=repr(version))
        return CodePrint((word, *(part for part in found.parts if part.kind == "file")))

    def look(self, call: Call, force: Force) -> Found:
        """Compare a call with what is stored for it; this is all that `why` does."""
        return self.deciding.look(call, force)

    @property
    def defined(self) -> str:
        """The file and line of the function, as far as known."""
        code = getattr(self.binding.function, "__code__", None)
        return readable(f"{code.co_filename}:{code.co_firstlineno}") if code else self.name

    def started(self, call: Call, decision: Decision) -> None:
        """Log a decision and tell observers."""
        if not decision.reuse:
            turns.note(call)
        notices.log(decision, shown=self.options.debug)
        if self.bench.plugins.call_started is not None:
            self._observe(self.bench.plugins.call_started, call=call, decision=decision)

    def finished(self, call: Call, outcome: Outcome) -> None:
        """Tell observers what became of a call."""
        if self.bench.plugins.call_finished is not None:
            self._observe(self.bench.plugins.call_finished, call=call, outcome=outcome)

    def _observe(self, hook: Callable[..., Any], **facts: Any) -> None:
        try:
            hook(**facts)
        except Exception as error:  # an observer of a plugin may fail in any way; the call does not
            notices.trouble(
                f"an observer of the call {facts['call'].label} failed: {type(error).__name__}: {error}",
                strict=self.options.strict,
                cause=error,
            )

    def reduce(self, made: object) -> Any:
        """Pickle by name where the made function can be found by it, else as function and options."""
        module, qualname = getattr(made, "__module__", None), getattr(made, "__qualname__", None)
        found: Any = sys.modules.get(module) if module else None
        for part in (qualname or "").split("."):
            found = getattr(found, part, None)
        if found is made:
            return qualname
        return _rebuild, (self.function, self.options, self._maker)


def _rebuild(function: Callable[..., Any], options: Options, maker: Maker) -> Any:
    return maker.made(function, options)


def _plain_name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", None) or type(function).__qualname__
