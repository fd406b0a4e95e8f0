"""The kernel's own hook implementations, which come after all plugins.

What they are made of is imported when one is called: they are registered for reuses, too, that need none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from makeit.hookspecs import hookimpl

if TYPE_CHECKING:
    from makeit.formats.persister import Persister
    from makeit.formats.registry import Registry
    from makeit.formats.spec import Spec
    from makeit.model import Call, Decision, Record, Returned


class EntryPointFormats:
    """Resolve specs through the entry points of installed distributions."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @hookimpl(trylast=True)
    def makeit_resolve_persister(self, spec: Spec) -> Persister:
        """Build the persister that the format's name or the longest matching suffix stands for."""
        from makeit.formats.options import build

        return build(self._registry.kind(spec), spec)


@hookimpl(trylast=True)
def makeit_choose_persister(value: Any) -> Persister:
    """Choose JSON for a scalar that it gives back exactly, pickle for everything else."""
    from makeit.formats.defaults import fitting

    return fitting(value)


@hookimpl(trylast=True)
def makeit_decide(call: Call, record: Record | None) -> Decision:
    """Reuse if the function, its code, its arguments and its outputs are those of the record."""
    from makeit.decision import decide

    return decide(call, record)


@hookimpl(trylast=True)
def makeit_execute(call: Call) -> Returned:
    """Call the function."""
    from makeit.model import Returned

    return Returned(call.function(*call.args, **call.kwargs))
