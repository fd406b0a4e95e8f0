"""What was written of a large file begins its way to the disk while the rest is written, so that a sync waits less."""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable

#: Bytes that are worth it.
WORTH = 1 << 23
# Of <fcntl.h>, where Linux has it; Python does not name it.
_WRITE = 2


def begin(descriptor: int, start: int, size: int) -> None:
    """Let the system begin to write bytes of a file to the disk, where it can be told to; nothing depends on it."""
    call = _call()
    if call is not None:
        # Trouble on the way is told by the sync, which still is to come.
        call(descriptor, start, size, _WRITE)


@functools.cache
def _call() -> Callable[..., int] | None:
    if sys.platform != "linux" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    call = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if call is not None:
        call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
        call.restype = ctypes.c_int
    return call
