"""What hooks cost: the reuse of a call with 0, 1 and 10 implementations of each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from benchmarks.findings import Findings, Verdict, shown
from benchmarks.scale import Scale
from benchmarks.timing import interleaved, prepare
from makeit import Maker, hookimpl

_MANY = 10
_LIMIT_S = 2e-6
_NONE, _ALL = "none of them", "all of them"
# Every hook, implemented so that it leaves everything as it is; of facts it gives one.
_SILENT: dict[str, Callable[..., Any]] = {
    "makeit_resolve_persister": lambda spec: None,
    "makeit_choose_persister": lambda value: None,
    "makeit_fingerprint": lambda value: None,
    "makeit_protect": lambda value: None,
    "makeit_key_parts": lambda call: {"constant": 1},
    "makeit_decide": lambda call, record: None,
    "makeit_execute": lambda call: None,
    "makeit_call_started": lambda call, decision: None,
    "makeit_call_finished": lambda call, outcome: None,
}
# When the hooks are asked that a reuse does not ask.
_ELSEWHEN = {
    "makeit_resolve_persister": "at the first call",
    "makeit_choose_persister": "after a run",
    "makeit_execute": "when it runs",
}


class Subject:
    """An argument and a result of a type of one's own, so that the hooks for values are asked."""

    def __init__(self, number: int) -> None:
        self.number = number


def follow(subject: Subject) -> Subject:
    """Return something small that can be changed."""
    return Subject(subject.number + 1)


def measure(folder: Path, scale: Scale) -> Findings:
    """Time the same reuse in makers that differ in their plugins alone; installed plugins are switched off."""
    subject = Subject(7)
    groups = {**{hook: (hook,) for hook in _SILENT}, _ALL: tuple(_SILENT)}
    contenders: dict[str, Callable[[], object]] = {}
    with mock.patch.dict(os.environ, MAKEIT_DISABLE_PLUGINS="*"):
        for name, hooks, count in [(_NONE, (), 1), *((n, h, c) for n, h in groups.items() for c in (1, _MANY))]:
            maker = Maker(root=folder, plugins=[_plugin(hooks) for _ in range(count)])
            made = maker(follow, name=f"follow {name} {count}")
            contenders[f"{name} {count}"] = lambda made=made: made(subject)  # type: ignore[misc]
        prepare(contenders.values())
    # Many short rounds: the fastest of them is what the call itself takes.
    found = interleaved(contenders, 30 * scale.rounds, 0.0005)
    base = found[f"{_NONE} 1"].minimum
    costs = {name: [found[f"{name} {n}"].minimum - base for n in (1, _MANY)] for name in groups}
    title = f"### Reuse with plugins, beyond the {shown(base)} that it takes without any; minima"
    head = "| hook | 1 implementation | 10 implementations | each further one |\n|---|---:|---:|---:|"
    lines = [_line(name, *pair) for name, pair in costs.items()]
    return Findings(verdicts=tuple(_verdicts(costs, base)), texts=("\n".join([title, "", head, *lines, ""]),))


def _verdicts(costs: dict[str, list[float]], base: float) -> Iterator[Verdict]:
    yield Verdict(0, "reuse with one implementation of every hook", base + costs[_ALL][0], 2 * base, "≤ 2 × without")
    worst = max(_further(*costs[hook]) for hook in _SILENT)
    yield Verdict(0, "each further implementation of any hook", worst, _LIMIT_S, "≤ 2 µs")
    unasked = max(abs(cost) for hook in _ELSEWHEN for cost in costs[hook])
    yield Verdict(0, "a hook that a reuse does not ask", unasked, 0.05 * base, "≤ 5 % of a reuse")


def _further(one: float, many: float) -> float:
    return (many - one) / (_MANY - 1)


def _plugin(hooks: tuple[str, ...]) -> SimpleNamespace:
    # An optional hook, so that the plugin without any other is one, too.
    found = SimpleNamespace(makeit_nothing=hookimpl(lambda: None, optionalhook=True))
    for hook in hooks:
        setattr(found, hook, hookimpl(_SILENT[hook]))
    return found


def _line(name: str, one: float, many: float) -> str:
    asked = f", asked {_ELSEWHEN[name]}" if name in _ELSEWHEN else ""
    return f"| {name}{asked} | {shown(one)} | {shown(many)} | {shown(_further(one, many))} |"
