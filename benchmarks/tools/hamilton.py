"""Hamilton: a graph of one node, whose driver has a cache; arguments are its inputs and need type hints."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from hamilton import ad_hoc_utils, driver

from benchmarks.tools import Function


def decorate(function: Function, folder: Path, file: str | None = None) -> Function:
    """Build the driver once, and execute it at each call."""
    module = ad_hoc_utils.create_temporary_module(function, module_name=f"hamilton_{function.__name__}")
    graph = driver.Builder().with_modules(module).with_cache(path=str(folder)).build()
    signature = inspect.signature(function)

    def call(*arguments: Any, **named: Any) -> Any:
        inputs = dict(signature.bind(*arguments, **named).arguments)
        return graph.execute([function.__name__], inputs=inputs)[function.__name__]

    return call
