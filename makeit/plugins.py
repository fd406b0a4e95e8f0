"""The plugins of a maker: found, put in order, kept apart, and called through their hooks."""

from __future__ import annotations

import importlib.metadata
import inspect
import os
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import pluggy

from makeit import decision, hookspecs
from makeit.errors import CacheWarning, PluginError
from makeit.formats import defaults
from makeit.formats.registry import Registry, is_disabled, normalized

_GROUP = "makeit"
_KERNEL = (decision, defaults)
_HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("makeit_"))


class Plugins:
    """One plugin manager: the installed plugins, those of one project, and the kernel's own hooks last.

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

    def __init__(self, extra: Iterable[Any] = ()) -> None:
        disabled = [normalized(name.strip()) for name in os.environ.get("MAKEIT_DISABLE_PLUGINS", "").split(",")]
        self._disabled = frozenset(filter(None, disabled))
        self.registry = Registry(self._disabled)
        self._manager = pluggy.PluginManager(_GROUP)
        self._manager.add_hookspecs(hookspecs)
        self._register(defaults.EntryPointFormats(self.registry), "makeit-core")
        for module in _KERNEL:
            self._register(module, "makeit-core")
        for name, plugin in self._installed():
            self._register(plugin, name)
        for plugin in extra:
            self._register(plugin, None)
        self._check()
        self._bind()

    def _installed(self) -> list[tuple[str, Any]]:
        """Import the hook plugins of installed distributions; a broken one is left out with a warning."""
        points = importlib.metadata.entry_points(group=_GROUP)
        named = sorted((normalized(p.dist.name) if p.dist else "?", p.name, p) for p in points)
        found = []
        # pluggy asks the plugin registered last first.
        for distribution, name, point in reversed(named):
            if is_disabled(distribution, self._disabled):
                continue
            try:
                found.append((f"{distribution}:{name}", point.load()))
            except Exception as error:  # importing somebody else's module can fail in any way
                warnings.warn(
                    f"the plugin {name!r} of {distribution} cannot be loaded and is left out: "
                    f"{type(error).__name__}: {error}; repair it, or set MAKEIT_DISABLE_PLUGINS={distribution}",
                    CacheWarning,
                    stacklevel=2,
                )
        return found

    def _register(self, plugin: Any, name: str | None) -> None:
        for hook in _HOOKS:
            if callable(implementation := getattr(plugin, hook, None)):
                _refuse_defaults(plugin, implementation)
        try:
            self._manager.register(plugin, f"{name}:{len(self._manager.get_plugins())}" if name else None)
        except (ValueError, pluggy.PluginValidationError) as error:
            raise PluginError(f"the plugin {plugin!r} cannot be registered: {error}", name=str(plugin)) from error

    def _check(self) -> None:
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(f"{error}; the hooks of makeit are {', '.join(_HOOKS)}") from error

    def _bind(self) -> None:
        for hook in _HOOKS:
            caller = getattr(self._manager.hook, hook)
            implementations = caller.get_hookimpls()
            bound = caller if implementations else None
            if len(implementations) == 1 and implementations[0].plugin in _KERNEL:
                # Only the kernel's own: called directly, pluggy costs more than the hook.
                bound = implementations[0].function
            setattr(self, hook.removeprefix("makeit_"), bound)
        self.decides = self.decide is not decision.makeit_decide or self.key_parts is not None


def _refuse_defaults(plugin: Any, implementation: Callable[..., Any]) -> None:
    """Refuse default values in hook implementations: pluggy 1.6 never passes such arguments, 1.7 does."""
    parameters = inspect.signature(implementation).parameters.values()
    given = [p.name for p in parameters if p.default is not p.empty]
    if given:
        raise PluginError(
            f"{implementation.__name__} of the plugin {plugin!r} gives {', '.join(given)} a default value; "
            "hooks are called with their arguments by name, so remove the default",
            name=implementation.__name__,
        )


_installed: dict[str, Plugins] = {}


def installed() -> Plugins:
    """Return the plugins of this environment, loaded at the first call of a made function."""
    # Of two threads that come first one wins, without a lock that a forked child would inherit.
    return _installed.get("installed") or _installed.setdefault("installed", Plugins())
