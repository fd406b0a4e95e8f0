"""Warnings and log lines: what goes wrong around a call, said once and at the caller's line."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from typing import TYPE_CHECKING

from makeit.errors import CacheWarning, MakeitError

if TYPE_CHECKING:
    import logging

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_said: set[object] = set()


def is_strict(strict: bool) -> bool:
    """Tell whether environmental trouble is to be raised: by option or by MAKEIT_STRICT."""
    return strict or os.environ.get("MAKEIT_STRICT", "") not in ("", "0")


def warn(message: str, *, once: object = None) -> None:
    """Emit a CacheWarning at the line that called makeit; with `once`, only the first time for that key."""
    if once is not None:
        if once in _said:
            return
        _said.add(once)
    warnings.warn(message, CacheWarning, stacklevel=_caller_level())


def trouble(message: str, *, strict: bool, cause: BaseException | None = None) -> None:
    """Warn of trouble in the environment of a call, or raise it under `strict`."""
    if is_strict(strict):
        raise MakeitError(message) from cause
    warn(message)


def log(message: object, *, shown: bool) -> None:
    """Log one line under `makeit`; `shown` makes sure that it is seen where logging is not set up."""
    if not shown:
        if "logging" in sys.modules and _logger().isEnabledFor(10):
            _logger().debug("%s", message)
        return
    logger = _logger()
    import logging

    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("[makeit] %(message)s"))
        logger.addHandler(handler)
    logger.info("%s", message)


@functools.cache
def _logger() -> logging.Logger:
    import logging  # not at import: a program that never logs need not pay for it

    return logging.getLogger("makeit")


def _caller_level() -> int:
    """Count the frames from `warn` up to the first one outside the package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level
