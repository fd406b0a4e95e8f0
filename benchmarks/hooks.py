"""(e) What hooks cost: the reuse of a call with 0, 1 and 10 implementations of each."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from benchmarks.timing import Findings, Verdict, interleaved, shown
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


def measure(folder: Path, quick: bool) -> Findings:
    """Time the same reuse in makers that differ in their plugins alone; installed plugins are switched off."""
    subject = Subject(7)
    groups = {**{hook: (hook,) for hook in _SILENT}, _ALL: tuple(_SILENT)}
    contenders: dict[str, Callable[[], object]] = {}
    with mock.patch.dict(os.environ, MAKEIT_DISABLE_PLUGINS="*"):
        for name, hooks, count in [(_NONE, (), 1), *((n, h, c) for n, h in groups.items() for c in (1, _MANY))]:
            maker = Maker(root=folder, plugins=[_plugin(hooks) for _ in range(count)])
            made = maker(follow, name=f"follow {name} {count}")
            made(subject)
            contenders[f"{name} {count}"] = lambda made=made: made(subject)  # type: ignore[misc]
    time.sleep(0.1)  # files have settled: their stamps vouch for them from now on
    # Many short rounds: the fastest of them is what the call itself takes.
    found = interleaved(contenders, 100 if quick else 1500, 10)
    base = found[f"{_NONE} 1"]
    costs = {name: [found[f"{name} {n}"].minimum - base.minimum for n in (1, _MANY)] for name in groups}
    title = f"### (e) Reuse with plugins, beyond the {shown(base.minimum)} that it takes without any; minima"
    head = "| hook | 1 implementation | 10 implementations | each further one |\n|---|---:|---:|---:|"
    lines = [_line(name, *pair) for name, pair in costs.items()]
    return Findings(("\n".join([title, "", head, *lines, ""]),), tuple(_verdicts(costs, base.minimum)))


def _verdicts(costs: dict[str, list[float]], base: float) -> Iterator[Verdict]:
    ratio = 1 + costs[_ALL][0] / base
    yield Verdict(
        "(e) one implementation of every hook: at most twice the time without any", f"{ratio:.2f} ×", ratio <= 2
    )
    worst = max(_further(*costs[hook]) for hook in _SILENT)
    yield Verdict("(e) each further implementation of any hook: at most 2 µs", shown(worst), worst <= _LIMIT_S)
    unasked = max(abs(cost) for hook in _ELSEWHEN for cost in costs[hook]) / base
    yield Verdict("(e) a hook that a reuse does not ask: within 5 % of the time", f"{unasked:.1%}", unasked <= 0.05)


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


if __name__ == "__main__":
    from benchmarks.__main__ import main

    main(["e", *sys.argv[1:]])
