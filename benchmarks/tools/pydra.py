"""pydra: a task for each call, with the folder as its cache."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pydra

from benchmarks.tools import Function


def decorate(function: Function, folder: Path, file: str | None = None) -> Function:
    """Make a task of the function; each call is a task with its inputs."""
    task = pydra.mark.task(function)
    signature = inspect.signature(function)

    def call(*arguments: Any, **named: Any) -> Any:
        inputs = dict(signature.bind(*arguments, **named).arguments)
        return task(**inputs, cache_dir=folder)().output.out

    return call
