"""The plugins of a maker: found, put in order, kept apart, and called through their hooks."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeAlias

from makeit import kernel, notices
from makeit.distributions import HOOKS, Announced, announcing, normalized, stamps
from makeit.errors import PluginError
from makeit.formats.registry import Registry
from makeit.hooks import HOOK_NAMES, Manager, Source, needs
from makeit.scan import Scan

_LEFT_OUT = object()
_Key: TypeAlias = tuple[str, str, str]


class Plugins:
    """One set of plugins: those of one project first, then the installed ones, the kernel's own hooks last.

    Each hook is an attribute named without the prefix: a callable that takes keywords, or None where
    nobody implements it, so that such a hook costs a call nothing.
    """

    resolve_persister: Callable[..., Any]
    choose_persister: Callable[..., Any]
    fingerprint: Callable[..., Any] | None
    protect: Callable[..., Any] | None
    key_parts: Callable[..., Any] | None
    decide: Callable[..., Any]
    execute: Callable[..., Any]
    call_started: Callable[..., Any] | None
    call_finished: Callable[..., Any] | None
    #: Whether a plugin has a say in decisions, so that no earlier one may stand in for the next.
    decides: bool
    #: Whether it takes the plugins to know whether a call is reused.
    rule: bool

    def __init__(self, extra: Iterable[Any] = (), scan: Scan | None = None) -> None:
        disabled = [normalized(name.strip()) for name in os.environ.get("MAKEIT_DISABLE_PLUGINS", "").split(",")]
        self._disabled = frozenset(filter(None, disabled))
        self._extra = tuple(extra)
        self._installed: dict[_Key, Any] | None = None
        self._beforehand: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self.registry = Registry(self._disabled, self._look)
        self.scan = scan or Scan()
        self._fill()

    def renewed(self) -> bool:
        """Look again if something was installed since the last look; tell whether plugins are others now."""
        if self._stamps == stamps():
            return False
        before = self._installed
        self._look()
        return self._installed is not before

    def _look(self) -> None:
        """Look at what is installed now, whatever was known of it."""
        self.scan.forget()
        self._fill()

    def prepare(self) -> None:
        """Import what plugins need for results of the libraries that are loaded now: no import may lose a result.

        One that fails is left to the moment in which a result needs it, and says why.
        """
        loaded = [need for need in self._beforehand if need[0] in sys.modules]
        if loaded:
            self._beforehand = tuple(need for need in self._beforehand if need not in loaded)
        for _, modules in loaded:
            for module in modules:
                with suppress(Exception):
                    importlib.import_module(module)

    def _fill(self) -> None:
        """Take what is installed; if that is not what it was, register the plugins anew."""
        self._stamps = stamps()
        found = announcing(self.scan.announced(), self._disabled)
        self.registry.fill(found)
        points = [point for distribution in found for point in distribution.announced if point.group == HOOKS]
        if self._installed is None or {_key(point) for point in points} != self._installed.keys():
            self._register(sorted(points, key=_key))

    def _register(self, points: list[Announced]) -> None:
        known = self._installed or {}
        manager = Manager()
        own = (kernel.EntryPointFormats(self.registry), kernel)
        for plugin in own:
            manager.register(plugin)
        installed = {}
        # pluggy asks the plugin registered last first.
        for point in reversed(points):
            key = _key(point)
            installed[key] = known[key] if key in known else _load(point)
            if installed[key] is not _LEFT_OUT and not _add(manager, installed[key], point):
                installed[key] = _LEFT_OUT
        for plugin in reversed(self._extra):
            manager.add(plugin, Source(f"the plugin {plugin!r}"))
        self._bind(manager, own)
        self._installed = installed
        self._beforehand = tuple(need for plugin in (*installed.values(), *self._extra) for need in needs(plugin))

    def _bind(self, manager: Manager, own: tuple[Any, ...]) -> None:
        for hook in HOOK_NAMES:
            implementations = getattr(manager.hook, hook).get_hookimpls()
            bound = manager.checked(hook) if implementations else None
            if len(implementations) == 1 and implementations[0].plugin in own:
                # Only the kernel's own: called directly, pluggy costs more than the hook.
                bound = implementations[0].function
            setattr(self, hook.removeprefix("makeit_"), bound)
        self.decides = self.decide is not kernel.makeit_decide
        self.rule = self.decides or self.key_parts is not None


def _key(point: Announced) -> _Key:
    return point.distribution.name, point.name, point.distribution.version


def _load(point: Announced) -> Any:
    """Import an installed plugin; one that cannot be imported is left out, with a warning."""
    try:
        return point.load()
    except PluginError as error:
        return _leave_out(point, error)


def _add(manager: Manager, plugin: Any, point: Announced) -> bool:
    """Register an installed plugin; one whose hooks are wrong is left out, with a warning."""
    disabling = f"MAKEIT_DISABLE_PLUGINS={point.distribution.name}"
    try:
        manager.add(plugin, Source(f"the plugin {point.name!r} of {point.distribution.origin}", disabling))
    except PluginError as error:
        _leave_out(point, error)
        return False
    return True


def _leave_out(point: Announced, error: PluginError) -> object:
    advice = f"it is left out; repair it, or set MAKEIT_DISABLE_PLUGINS={point.distribution.name}"
    notices.trouble(f"{error}; {advice}", strict=False, cause=error)
    return _LEFT_OUT


_installed: dict[str, Plugins] = {}


def installed(scan: Scan | None = None) -> Plugins:
    """Return the plugins of this environment, loaded at the first call of a made function."""
    # Of two threads that come first one wins, without a lock that a forked child would inherit.
    return _installed.get("installed") or _installed.setdefault("installed", Plugins((), scan))
