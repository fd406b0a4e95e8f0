"""Warnings and log lines: what goes wrong around a call, said once and at the caller's line, and what was decided."""

from __future__ import annotations

import functools
import itertools
import os
import sys
import warnings
from typing import TYPE_CHECKING

from makeit.errors import CacheWarning, MakeitError

if TYPE_CHECKING:
    import logging

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
# The levels of logging, which is not imported to know them.
DEBUG, INFO, WARNING = 10, 20, 30
_LEVELS = {"debug": DEBUG, "info": INFO, "warning": WARNING}
_said: set[object] = set()
# What MAKEIT_LOG asked for, and how often somebody came to look.
_asked: list[int] = []
_looks = itertools.count()
# The handlers that are makeit's, and the process that it was imported in.
_own: set[logging.Handler] = set()
_first = os.getpid()


def is_strict(strict: bool) -> bool:
    """Tell whether environmental trouble is to be raised: by option or by MAKEIT_STRICT."""
    return strict or os.environ.get("MAKEIT_STRICT", "") not in ("", "0")


def warn(message: str, *, once: object = None) -> None:
    """Emit a CacheWarning at the line that called makeit; with `once`, only the first time for that key."""
    if once is not None:
        if once in _said:
            return
        _said.add(once)
    # Without a handler logging itself would print it, beside the warning.
    if is_heard(WARNING) and _logger().hasHandlers():
        log(WARNING, message)
    warnings.warn(message, CacheWarning, stacklevel=_caller_level())


def trouble(message: str, *, strict: bool, cause: BaseException | None = None) -> None:
    """Warn of trouble in the environment of a call, or raise it under `strict`."""
    if is_strict(strict):
        raise MakeitError(message) from cause
    warn(message)


def is_heard(level: int) -> bool:
    """Tell whether a line of this level reaches anybody."""
    return "logging" in sys.modules and _logger().isEnabledFor(level)


def log(level: int, message: str) -> None:
    """Log one line under `makeit`."""
    if is_heard(level):
        _logger().log(level, "%s", message)


def show(message: object) -> None:
    """Log one line so that it is seen where logging is not set up, too."""
    logger = _logger().getChild("debug")
    import logging

    # A level of its own: the lines of other functions are not to be seen because those of this one are.
    if logger.level == logging.NOTSET and (_asked or _logger().level == logging.NOTSET):
        logger.setLevel(INFO)
    if not logger.hasHandlers():
        _hear(logger, "[makeit] %(message)s")
    logger.info("%s", message)


def listen() -> None:
    """Show on stderr what MAKEIT_LOG asks for, where nobody else listens; looked at once in a process."""
    given = os.environ.get("MAKEIT_LOG", "").strip()
    # Of two threads that come first one gets the zero.
    if next(_looks) or not given:
        return
    level = _LEVELS.get(given.lower())
    if level is None:
        warn(f"MAKEIT_LOG is {given!r}, which is no level; it takes {', '.join(_LEVELS)}")
        return
    _asked.append(level)
    logger = _logger()
    if not logger.level:
        logger.setLevel(level)
    _hear(logger, "%(asctime)s makeit%(worker)s %(levelname)s: %(message)s")


def _hear(logger: logging.Logger, text: str) -> None:
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(text))
    handler.addFilter(_is_alone)
    handler.addFilter(_names_worker)
    _own.add(handler)
    logger.addHandler(handler)


def _is_alone(record: logging.LogRecord) -> bool:
    """Tell whether no handler of the application, set up meanwhile perhaps, shows the line already."""
    import logging

    return _own.issuperset([*logging.getLogger().handlers, *_logger().handlers])


def _names_worker(record: logging.LogRecord) -> bool:
    record.worker = f"[{record.process}]" if record.processName != "MainProcess" or record.process != _first else ""
    return True


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
