"""A bar on standard error for what takes long, where a person watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_EVERY_S = 0.1


def watched(items: Iterable[T], total: int, label: str, said: Callable[[], str] = str) -> Iterator[T]:
    """Yield items and show in a terminal how many of them are done; `said` is what stands behind the bar."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, TextColumn("{task.fields[said]}"), console=Console(stderr=True), transient=True
    ) as progress:
        task = progress.add_task(label, total=total, said="")
        shown = done = 0.0
        for done, item in enumerate(items, 1):
            yield item
            if time.monotonic() - shown > _EVERY_S:
                shown = time.monotonic()
                progress.update(task, completed=done, said=said())
        progress.update(task, completed=done, said=said())
