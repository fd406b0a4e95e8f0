"""What is installed for makeit, distribution by distribution, and what is wrong with any: for `makeit plugins`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import Literal, TypeAlias

from makeit.attributes import frozen
from makeit.distributions import FORMATS, HOOKS, SUFFIXES, Announced, Distribution, announcing, is_disabled, normalized
from makeit.errors import PluginError
from makeit.formats.registry import Candidate
from makeit.hooks import HOOK_NAMES, Manager, Source
from makeit.scan import Scan

State: TypeAlias = Literal["ok", "broken", "disabled", "conflicting"]


@frozen
class Surveyed:
    """One distribution: what it offers, and whether that can be used; `cause` says why not."""

    distribution: str
    version: str
    formats: tuple[str, ...]
    suffixes: tuple[str, ...]
    hooks: tuple[str, ...]
    state: State
    cause: str = ""


def survey() -> list[Surveyed]:
    """Import all that is installed, one by one, and say of each what it offers and in which state it is."""
    given = os.environ.get("MAKEIT_DISABLE_PLUGINS", "").split(",")
    disabled = frozenset(filter(None, (normalized(name.strip()) for name in given)))
    found = announcing(Scan().announced())
    claims: Counter[tuple[str, str]] = Counter()
    for distribution in found:
        if not is_disabled(distribution.name, disabled):
            claims.update({(point.group, point.name) for point in distribution.announced if point.group != HOOKS})
    shared = {claim for claim, count in claims.items() if count > 1}
    return sorted(
        (_surveyed(distribution, disabled, shared, found) for distribution in found),
        key=lambda one: (one.distribution, one.version),
    )


def _surveyed(
    distribution: Distribution,
    disabled: frozenset[str],
    shared: set[tuple[str, str]],
    others: Iterable[Distribution],
) -> Surveyed:
    formats, suffixes = _names(distribution, FORMATS), _names(distribution, SUFFIXES)
    if is_disabled(distribution.name, disabled):
        cause = "switched off by MAKEIT_DISABLE_PLUGINS"
        return Surveyed(distribution.name, distribution.version, formats, suffixes, (), "disabled", cause)
    hooks, faults = _tried(distribution)
    conflicts = [
        f"{point.name} is claimed by {other.origin}, too"
        for point in distribution.announced
        if (point.group, point.name) in shared
        for other in others
        if other is not distribution and any((p.group, p.name) == (point.group, point.name) for p in other.announced)
    ]
    state: State = "broken" if faults else "conflicting" if conflicts else "ok"
    cause = "; ".join(dict.fromkeys([*faults, *conflicts]))
    return Surveyed(distribution.name, distribution.version, formats, suffixes, hooks, state, cause)


def _names(distribution: Distribution, group: str) -> tuple[str, ...]:
    return tuple(sorted(point.name for point in distribution.announced if point.group == group))


def _tried(distribution: Distribution) -> tuple[tuple[str, ...], list[str]]:
    """Import what a distribution announces; return the hooks it implements, and what went wrong."""
    hooks: set[str] = set()
    faults = []
    for point in distribution.announced:
        try:
            if point.group == HOOKS:
                hooks.update(_hooks(point))
            elif point.group == FORMATS:
                Candidate(point).load()
        except PluginError as error:
            faults.append(str(error))
    return tuple(name.removeprefix("makeit_") for name in HOOK_NAMES if name in hooks), faults


def _hooks(point: Announced) -> set[str]:
    plugin = point.load()
    manager = Manager()
    manager.add(plugin, Source(f"the plugin {point.name!r} of {point.distribution.origin}"))
    return {caller.name for caller in manager.get_hookcallers(plugin) or ()}
