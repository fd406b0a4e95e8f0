"""Who is told what became of a call: whoever reads the log lines, the summary, the run log, and observers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from makeit import notices, summary
from makeit.durations import duration
from makeit.hooks import noted
from makeit.identity.describe import printable
from makeit.model import Call, Decision, Outcome, because

if TYPE_CHECKING:
    from makeit.options import Options
    from makeit.store.runs import Event
    from makeit.workbench import Workbench

_LINE = 1000


class Telling:
    """Tell of the calls of one made function."""

    def __init__(self, bench: Workbench, options: Options) -> None:
        self._bench = bench
        self._options = options

    def started(self, call: Call, decision: Decision) -> None:
        """Tell what was decided about a call; a run is logged before it has an end, which may be far off."""
        if self._options.debug:
            notices.show(decision)
        elif not decision.reuse and notices.is_heard(notices.DEBUG):
            notices.log(notices.DEBUG, printable(str(decision), _LINE))
        if self._bench.plugins.call_started is not None:
            self._observe(self._bench.plugins.call_started, call=call, decision=decision)

    def finished(self, call: Call, outcome: Outcome) -> None:
        """Tell what became of a call."""
        if not outcome.reused:
            self._bench.runs.append(_event(self._bench.project.relative(call.anchor), call, outcome))
        if summary.ASKED:
            summary.count(call, outcome)
        level = notices.DEBUG if outcome.reused else notices.INFO
        if notices.is_heard(level):
            notices.log(level, _line(call, outcome))
        if self._bench.plugins.call_finished is not None:
            self._observe(self._bench.plugins.call_finished, call=call, outcome=outcome)

    def _observe(self, hook: Callable[..., Any], **facts: Any) -> None:
        try:
            hook(**facts)
        except Exception as error:  # an observer of a plugin may fail in any way; the call does not
            notices.trouble(
                f"an observer of the call {facts['call'].label} failed: {noted(error)}",
                strict=self._options.strict,
                cause=error,
            )


def _event(record: str, call: Call, outcome: Outcome) -> Event:
    from makeit.store.runs import Event, told  # of runs alone

    kept = outcome.record
    return Event(
        "failed" if outcome.error is not None else "ran" if kept else "not kept",
        kept.started if kept else time.time() - outcome.seconds,
        outcome.seconds,
        call.name,
        printable(call.label),
        call.id,
        printable(record),
        told(outcome.decision.reasons),
        _said(outcome.error),
        call.parent,
        _thread(),
    )


def _said(error: BaseException | None) -> str:
    """Return the type and the first line of an exception, whose text may be of any kind."""
    if error is None:
        return ""
    try:
        text = str(error).strip().partition("\n")[0]
    except Exception:  # the exception is the user's, and so is its __str__
        text = ""
    return printable(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _thread() -> str:
    here = threading.current_thread()
    return "" if here is threading.main_thread() else printable(here.name)


def _line(call: Call, outcome: Outcome) -> str:
    inside = f" inside {call.inside}" if call.inside else ""
    head = f"{call.label} in {duration(outcome.seconds)}{inside}"
    why = because(outcome.decision)
    if outcome.reused:
        text = f"reused {head}" + (f": {why}" if outcome.decision.reasons else "")
    elif outcome.error is not None:
        text = f"failed {head} with {_said(outcome.error)}: {why}"
    else:
        text = f"ran {head}{'' if outcome.record else ', not kept'}: {why}"
    return printable(text, _LINE)
