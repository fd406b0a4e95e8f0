"""Hook implementations of plugins: checked when they are registered, named when they fail."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import pluggy

from makeit import hookspecs
from makeit.errors import PluginError
from makeit.formats.persister import Persister

_GIVES: dict[str, type] = {
    "makeit_choose_persister": Persister,
    "makeit_fingerprint": str,
    "makeit_key_parts": Mapping,
}
_MARK, _SPEC = f"{hookspecs.PROJECT}_impl", f"{hookspecs.PROJECT}_spec"
_NEEDS = "BEFOREHAND"
HOOK_NAMES = tuple(name for name in vars(hookspecs) if name.startswith("makeit_"))


class Source(NamedTuple):
    """Where a plugin comes from, for messages, and the setting that switches it off."""

    text: str
    disabling: str = ""


class Manager(pluggy.PluginManager):
    """pluggy's plugin manager, which takes a plugin whole or not at all and knows where each is from."""

    def __init__(self) -> None:
        super().__init__(hookspecs.PROJECT)
        self.add_hookspecs(hookspecs)
        self._sources: dict[str, Source] = {}

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """Return the options of a hook implementation, or None; those of functions without pluggy's closer look."""
        if name.startswith("__"):
            return None
        return _marked(plugin, name, _MARK, super().parse_hookimpl_opts)

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> Any:
        """Return the same of a specification."""
        return _marked(module_or_class, name, _SPEC, super().parse_hookspec_opts)

    def add(self, plugin: Any, source: Source) -> None:
        """Register a plugin; PluginError says what is wrong with it, and then none of its hooks is called.

        One that is registered already, as installed and given to a maker as well, stays where it is.
        """
        if self.is_registered(plugin):
            return
        self._sources[str(id(plugin))] = source
        try:
            self._take(plugin, source)
        except PluginError:
            if self.is_registered(plugin):
                self.unregister(plugin)
            raise

    def _take(self, plugin: Any, source: Source) -> None:
        try:
            self.register(plugin, str(id(plugin)))
            self.check_pending()
        except (ValueError, pluggy.PluginValidationError) as error:
            # pluggy's first line of several names the plugin by its id.
            fault = "; ".join(str(error).splitlines()[1:] or [f"{error}; the hooks are {', '.join(HOOK_NAMES)}"])
            raise PluginError(f"{source.text} cannot be registered: {fault}", name=source.text) from error
        callers = self.get_hookcallers(plugin) or ()
        unmarked = {name for name in HOOK_NAMES if hasattr(plugin, name)} - {caller.name for caller in callers}
        if unmarked or not callers:
            what = f"does not mark {min(unmarked)}" if unmarked else "has no hook that is marked"
            raise PluginError(f"{source.text} {what} with makeit.hookimpl", name=source.text)
        for caller in callers:
            for one in caller.get_hookimpls():
                if one.plugin is plugin:
                    _refuse_defaults(one.function, source)

    def checked(self, hook: str) -> Callable[..., Any]:
        """Return a hook's caller that refuses what breaks its contract, and notes on an exception whose it is."""
        caller: Callable[..., Any] = getattr(self.hook, hook)
        if hook == "makeit_execute":  # what the function raises passes through untouched
            return caller
        kind, several = _GIVES.get(hook, object), hook == "makeit_key_parts"
        ask = caller if several else _first_of(getattr(self.hook, hook))

        def call(**facts: Any) -> Any:
            try:
                given = ask(**facts)
            except Exception as error:
                self._sign(error, hook)
                raise
            for one in given if several else (given,):
                if not (one is None or isinstance(one, kind)):
                    raise self._broken(hook, one)
            return given

        return call

    def _broken(self, hook: str, given: object) -> PluginError:
        by = ", ".join(source.text for source in self._implementing(hook).values())
        return PluginError(f"{hook} gave {given!r}, but has to give {_GIVES[hook].__name__} or None ({by})", name=hook)

    def _implementing(self, hook: str) -> dict[Any, Source]:
        """Return the sources of a hook's implementations, less the kernel's, by their code."""
        return {
            getattr(one.function, "__code__", one.function): self._sources[one.plugin_name]
            for one in getattr(self.hook, hook).get_hookimpls()
            if one.plugin_name in self._sources
        }

    def _sign(self, error: Exception, hook: str) -> None:
        """Note the plugin whose implementation is the deepest in the traceback."""
        sources, frames, trace = self._implementing(hook), [], error.__traceback__
        while trace:
            frames.append(trace.tb_frame.f_code)
            trace = trace.tb_next
        source = next((sources[code] for code in reversed(frames) if code in sources), None)
        if source is not None:
            way_on = f"; {source.disabling} does without it" if source.disabling else ""
            error.add_note(f"raised in {hook} of {source.text}{way_on}")


def _marked(holder: Any, name: str, mark: str, otherwise: Callable[[Any, str], Any]) -> Any:
    """Return what a decorator of pluggy left at a function of a module, None at what is none; else ask `otherwise`."""
    if isinstance(holder, ModuleType):
        found = vars(holder).get(name)
        if type(found) is FunctionType or not hasattr(found, mark):
            return getattr(found, mark, None)
    elif isinstance(inspect.getattr_static(holder, name, None), property):
        return None  # before 1.7 pluggy would read it, whatever that runs
    return otherwise(holder, name)


def _first_of(caller: pluggy.HookCaller) -> Callable[..., Any]:
    """Return what asks the implementations of a hook with one answer one after the other, as pluggy does but quicker.

    Nothing is registered any more once somebody asks. Those around others are left to pluggy, and those that give
    arguments a default value, which are refused.
    """
    every = caller.get_hookimpls()
    first = caller.spec is not None and caller.spec.opts.get("firstresult")
    if not first or any(one.wrapper or one.hookwrapper or getattr(one, "kwargnames", ()) for one in every):
        return caller
    asked = [(one.function, one.argnames) for one in reversed(every)]

    def ask(**facts: Any) -> Any:
        for function, names in asked:
            given = function(*[facts[name] for name in names])
            if given is not None:
                return given
        return None

    return ask


def needs(plugin: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a plugin imports for results of a library: the library, and the modules."""
    # A plugin is any object; nothing of it is run to find out.
    named = vars(plugin).get(_NEEDS) if isinstance(plugin, ModuleType) else inspect.getattr_static(plugin, _NEEDS, None)
    if isinstance(named, Mapping):
        for library, modules in named.items():
            listed = (modules,) if isinstance(modules, str) else modules
            if isinstance(listed, tuple | list):
                yield library, tuple(listed)


def noted(error: BaseException) -> str:
    """Return an exception in one line, with the notes that say which plugin raised it."""
    return "; ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])


def _refuse_defaults(implementation: Callable[..., Any], source: Source) -> None:
    """Refuse default values in hook implementations: pluggy 1.6 never passes such arguments, 1.7 does."""
    plain = type(implementation) is FunctionType and vars(implementation).keys() == {_MARK}
    if plain and not (implementation.__defaults__ or implementation.__kwdefaults__):
        return  # as inspect would find, which takes longer than all the rest of a registration
    parameters = inspect.signature(implementation).parameters.values()
    given = [p.name for p in parameters if p.default is not p.empty]
    if given:
        name = implementation.__name__
        raise PluginError(
            f"{name} of {source.text} gives {', '.join(given)} a default value; "
            "hooks are called with their arguments by name, so remove the default",
            name=name,
        )
