"""Progress of a long loop with rich: `Maker(plugins=[Progress(total=100)])`, or `bars = "progress:bars"`."""

import atexit

from rich import progress
from rich.console import Console

from makeit import hookimpl
from makeit.model import Call, Outcome

_COLUMNS = ("{task.description}", progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeElapsedColumn())


class Progress:
    """A bar for each made function: its calls, of `total` if that is known, and how many of them ran."""

    def __init__(self, total: int | None = None, console: Console | None = None) -> None:
        self.total = total
        self.bars = progress.Progress(*_COLUMNS, "{task.fields[ran]} ran", console=console or Console(stderr=True))
        self._tasks: dict[str, progress.TaskID] = {}

    @hookimpl
    def makeit_call_started(self, call: Call) -> None:
        """Show a bar from a function's first call on."""
        if not self._tasks:
            self.bars.start()
            atexit.register(self.bars.stop)
        if call.name not in self._tasks:
            self._tasks[call.name] = self.bars.add_task(call.name, total=self.total, ran=0)

    @hookimpl
    def makeit_call_finished(self, call: Call, outcome: Outcome) -> None:
        """Move it on."""
        ran = self.bars.tasks[self._tasks[call.name]].fields["ran"] + (not outcome.reused)
        self.bars.update(self._tasks[call.name], advance=1, ran=ran)


bars = Progress()
