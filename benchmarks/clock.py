"""The clock of all measurements: time that passes, or, for a check beside other work, time of the processor."""

from __future__ import annotations

import os
import time

#: Where it is said, so that children hear it.
CLOCK = "MAKEIT_BENCHMARK_CLOCK"


def now() -> float:
    """Return seconds: of the wall, or of the processor that this process and its ended children have had."""
    if CLOCK not in os.environ:
        return time.perf_counter()
    import resource  # not in a child that measures what others import

    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def counted() -> str:
    """Return which time is counted, in words."""
    return "time of the processor" if CLOCK in os.environ else "time that passes"


def count_processor_time() -> None:
    """Count the processor's time from now on, in children, too: what else the machine does is not in it."""
    os.environ[CLOCK] = "processor"
