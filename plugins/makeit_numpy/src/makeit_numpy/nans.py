"""Numbers with every nan as the same nan, looked for in one thread while another reads them, where that pays."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

#: Bytes of an array from which on a second thread looks for nans, and of what it tells of in one word.
LARGE = 1 << 24
CHUNK = 1 << 23
#: Bytes of an x87 number; the rest of a longdouble is padding with no meaning.
X87_BYTES = 10


def without(numbers: Array, block: int) -> Iterator[Array]:
    """Yield a contiguous array of real numbers in pieces of `block` numbers or more, with each nan as the one nan."""
    if numbers.nbytes < LARGE or numbers.dtype.char == "g" or _processors() == 1:
        yield from _blocks(numbers, block)
        return
    step = max(1, CHUNK // numbers.itemsize)
    told: SimpleQueue[bool | None] = SimpleQueue()
    stop = threading.Event()
    try:
        threading.Thread(target=_look_ahead, args=(numbers, step, told, stop), daemon=True).start()
        for start in range(0, numbers.size, step):
            part = numbers[start : start + step]
            if told.get() is False:
                yield part
            else:
                yield from _blocks(part, block)
    finally:
        stop.set()


def _look_ahead(numbers: Array, step: int, told: SimpleQueue[bool | None], stop: threading.Event) -> None:
    for start in range(0, numbers.size, step):
        if stop.is_set():
            return
        try:
            told.put(_holds_nan(numbers[start : start + step]))
        except MemoryError:  # who reads looks for himself
            told.put(None)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _blocks(numbers: Array, block: int) -> Iterator[Array]:
    return (_canonical(numbers[start : start + block]) for start in range(0, numbers.size, block))


def _canonical(block: Array) -> Array:
    """Return `block` with each nan as the one nan of its dtype; `block` itself where there is none."""
    if block.dtype.char == "g":
        return _without_padding(block)
    if not _holds_nan(block):
        return block
    canonical = block.copy()
    np.putmask(canonical, np.isnan(block), np.nan)
    return canonical


def _holds_nan(block: Array) -> bool:
    # As fast as hashing; np.isnan(block).any() takes twice the time, ten times for halves. No product: BLAS has
    # threads of its own, which wait for each other where processors are busy.
    if block.dtype.itemsize == 2:
        bits = block.view(block.dtype.str.replace("f", "u"))
        return bool((bits & 0x7FFF).max() > 0x7C00)
    with np.errstate(all="ignore"):
        return bool(np.isnan(block.min()))


def _without_padding(block: Array) -> Array:
    block = block.astype(block.dtype.newbyteorder("="))
    clean = np.where(np.isnan(block), np.array(np.nan, block.dtype), block)
    if np.finfo(np.longdouble).nmant == 63:
        clean.view(np.uint8).reshape(-1, clean.itemsize)[:, X87_BYTES:] = 0
    return clean
