"""What the caller is given: values that nobody can change unnoticed, and that are recognised later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from makeit.formats import tree
from makeit.identity.given import GIVEN, Source
from makeit.identity.tracker import TRACKER
from makeit.identity.values import is_plain
from makeit.model import Call, Frozen

if TYPE_CHECKING:
    from makeit.options import Guard
    from makeit.workbench import Workbench


class Guarding:
    """Guard the results of one made function as its `guard` option says."""

    def __init__(self, bench: Workbench, root: tree.Node, guard: Guard) -> None:
        self._bench = bench
        self._root = root
        self._guard = guard

    def protect(self, value: Any) -> Frozen | None:
        """Return a read-only form of a fresh result under `freeze`; None where there is none."""
        return self._bench.protect(value) if self._guard == "freeze" else None

    def hand_out(self, call: Call, parts: Sequence[Any], fingerprints: Sequence[str | None]) -> Any:
        """Put the parts of a result together, each guarded and tracked."""
        guarded = [
            self._guarded(call, part, fingerprint) for part, fingerprint in zip(parts, fingerprints, strict=True)
        ]
        return tree.join(self._root, guarded)

    def _guarded(self, call: Call, value: Any, fingerprint: str | None) -> Any:
        frozen = None
        if not (is_plain(value) or self._guard == "verify"):
            frozen = Frozen(value) if self._guard == "trust" else self._bench.protect(value)
        if fingerprint is None:
            return value if frozen is None else frozen.value
        origin = self._bench.project.relative(call.anchor)
        if frozen is None:
            GIVEN.note(value, Source(origin, fingerprint, call.id))
            return value
        TRACKER.remember(frozen.value, fingerprint, origin, frozen.intact, call.id)
        return frozen.value
