"""How one function is made: its options, and from each set of arguments a Call and a decision about it."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from makeit import notices
from makeit.binding import Binding, refuse_generator
from makeit.decision import compare_key_parts, makeit_decide
from makeit.errors import ArgumentError, PluginError
from makeit.identity.digest import checksum
from makeit.identity.origin import module_name
from makeit.identity.values import is_plain
from makeit.model import Call, CodePart, CodePrint, Decision, Outcome, Reason
from makeit.options import Force, Options
from makeit.results import Results, Stored
from makeit.store.ledger import Damaged
from makeit.targets import Targets

if TYPE_CHECKING:
    from makeit.made import MadeFunction
    from makeit.maker import Maker
    from makeit.workbench import Workbench

# Live functions by cachedir and name: two under one name re-run each other.
_live: dict[tuple[str, str], weakref.WeakSet[Recipe]] = {}


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
        self.results = Results(bench, self.targets, self.options)
        self._code = bench.code.watch(self.binding.function, self.options.depends)
        self._place = bench.project.cachedir, self.name
        _live.setdefault(self._place, weakref.WeakSet()).add(self)
        self._bench = bench

    def call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], parent: str | None) -> Call:
        """Bind and fingerprint a call; everything that identifies it, nothing that is stored of it."""
        bench = self.bench
        arguments = self.binding.bind(args, kwargs)
        ignored, files = self.options.ignore, self.binding.files
        fingerprints = {
            name: bench.argument(name, value, is_file=name in files)
            for name, value in arguments.items()
            if name not in ignored
        }
        key = checksum(repr(sorted(fingerprints.items())).encode())[:20] if self.targets.has_kept else ""
        outputs = self.targets.bind(arguments, key)
        anchor = self.targets.anchor(outputs, key)
        return Call(
            name=self.name,
            label=self._label(arguments),
            function=self.function,
            args=args,
            kwargs=kwargs,
            arguments=arguments,
            fingerprints=fingerprints,
            code=self._code_print(),
            outputs=outputs,
            anchor=anchor,
            defined=self.defined,
            parent=parent,
        )

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

    def decide(self, call: Call, stored: Stored | Damaged | None, force: Force) -> Decision:
        """Decide about a call: forced, by plugins, by the kernel, and never against what the files say."""
        if force in (True, "rerun"):
            return Decision(False, (Reason("forced", "forced"),), call.label, call.code.untracked)
        if isinstance(stored, Damaged):
            reason = Reason("record", f"its record is damaged: {stored.cause} ({stored.path})", stored.path)
            return Decision(False, (reason,), call.label, call.code.untracked)
        bench = self.bench
        decision = bench.plugins.decide(call=call, record=stored.record if stored else None)
        if not isinstance(decision, Decision):
            raise PluginError(
                f"makeit_decide gave {decision!r} for {call.label}; a plugin returns a makeit.Decision or None",
                name="makeit_decide",
            )
        if stored is None:
            return self._explained(call, decision)
        differ = tuple(compare_key_parts(stored.record.key_parts, bench.key_parts(call)))
        self._warn_namesake(decision, stored)
        if force == "reload" and not stored.faults:
            return Decision(True, (Reason("forced", "reload was asked for"),), call.label)
        reasons = (*decision.reasons, *differ, *stored.faults)
        reuse = decision.reuse and not differ and not stored.faults
        return Decision(reuse, reasons, decision.label or call.label, call.code.untracked)

    def _explained(self, call: Call, decision: Decision) -> Decision:
        """Say what is new about a call that has no record: what differs from the last one, if there was one."""
        if decision.reuse:
            return Decision(False, (Reason("never-run", "nothing is stored"),), call.label)
        before = self.results.neighbour(call)
        return makeit_decide(call, before) if before else decision

    def _warn_namesake(self, decision: Decision, stored: Stored) -> None:
        """Warn once if another live function has this name and takes turns with this one."""
        if decision.reuse or not any(reason.kind == "code" for reason in decision.reasons):
            return
        others = [other for other in _live[self._place] if other is not self]
        other = next((other for other in others if other.defined == stored.record.defined), None)
        if other is not None and other.defined != self.defined:
            notices.warn(
                f"two functions are named {self.name!r}: the one at {self.defined} and the one at "
                f"{other.defined}; each makes the other run again. Rename one, or tell them apart with name=",
                once=("namesake", self._place, frozenset((self.defined, other.defined))),
            )

    @property
    def defined(self) -> str:
        """The file and line of the function, as far as known."""
        code = getattr(self.binding.function, "__code__", None)
        return f"{code.co_filename}:{code.co_firstlineno}" if code else self.name

    def check_arguments(self, call: Call) -> None:
        """Warn of arguments that the function changed in place: a reuse would not change them."""
        for name, before in call.fingerprints.items():
            value = call.arguments[name]
            if before is None or is_plain(value) or isinstance(value, os.PathLike):
                continue
            if self.bench.fingerprint(value) != before and name not in self.binding.files:
                notices.warn(
                    f"{self._short} changed its argument {name} in place; a reuse gives back the result but "
                    f"does not change the argument, so let the function copy {name} and return what it changed",
                    once=("changed", self._place, name),
                )

    def started(self, call: Call, decision: Decision) -> None:
        """Log a decision and tell observers."""
        if self.options.debug or "logging" in sys.modules:
            notices.log(str(decision), shown=self.options.debug)
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

    def reduce(self, made: MadeFunction[..., Any]) -> Any:
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
