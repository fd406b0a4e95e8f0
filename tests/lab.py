"""The sources of plugins that tests install, and functions for them to act on."""

from __future__ import annotations

from typing import Any

HEADER = "from makeit import Decision, Persister, hookimpl\nfrom makeit.model import Frozen, Returned\n"
FORMAT = """
    from makeit import Persister

    class File(Persister):
        api_version = {api}
        def save(self, data): self.filename.write_text(repr(data))
        def load(self): return eval(self.filename.read_text())
"""


class Opaque:
    """A type whose content the kernel cannot see; pickled by its argument."""

    def __init__(self, x: Any) -> None:
        self.x = x
        self.hidden = object()

    def __reduce__(self) -> Any:
        return Opaque, (self.x,)


def double(x: Any) -> Any:
    print("Running")
    return 2 * x


def opaque(x: int) -> Opaque:
    return Opaque(x)


def unwrap(value: Opaque) -> Any:
    print("Running")
    return value.x
