"""The contract of every hook: who calls it, when, and what `None` means.

A plugin is a module or object with functions of these names, marked with `makeit.hookimpl`, that
a distribution lists under the entry-point group `makeit` or a project hands to
`Maker(plugins=[...])`. An implementation may leave out parameters that it does not need, and may
not give any a default value: pluggy 1.6 never passes such arguments and 1.7 does.

A project's own plugins are asked first, in the order given, then the installed ones in the order of
their distribution and name, the kernel last; `@hookimpl(tryfirst=True)` and `trylast=True` move an
implementation, `wrapper=True` puts it around all that are none, and it gets what they gave, `None`
included. Of hooks with one answer, the first that is not `None` counts.

An installed plugin that cannot be imported, that was made for another version of makeit (its
`Requires-Dist` says), or whose hooks are not as here, is left out with one `CacheWarning`, and nothing
else with it; a project's own raises `PluginError`. An exception in a hook goes to the caller, with a note
that names the plugin; an answer of another type than here is a `PluginError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from makeit.formats.persister import Persister
    from makeit.formats.spec import Spec
    from makeit.model import Call, Decision, Outcome, Record, Returned

PROJECT = "makeit"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


# --- Formats ---------------------------------------------------------------------------------


@hookspec(firstresult=True)
def makeit_resolve_persister(spec: Spec) -> Persister | None:
    """Give the persister that a spec asks for.

    Called once per output, at the first call of a made function and before the function runs.
    `None` leaves the spec to the next plugin and at last to the entry points of the groups
    `makeit.persisters` and `makeit.suffixes`. Raise `SpecError` for a spec that is yours and wrong.
    """


@hookspec(firstresult=True)
def makeit_choose_persister(value: Any) -> Persister | None:
    """Give a persister that fits `value`, for an output that was left to makeit (`output=None`).

    Called after a run, before saving. The persister's filename is `value` with the format's
    suffix; the kernel moves it into the cachedir. `None` leaves the choice to the next plugin;
    the kernel takes JSON for small plain values and pickle for everything else.
    """


# --- Identity --------------------------------------------------------------------------------


@hookspec(firstresult=True)
def makeit_fingerprint(value: Any) -> str | None:
    """Give the fingerprint `scheme/version:digest` of a value whose type the kernel does not know.

    It has to be a pure function of type and content: equal in every process, for every value that
    is the same to a function that gets it, and for no other. `None` means "not my type"; a value
    that nobody knows makes the call run, with a warning.
    """


@hookspec(firstresult=True)
def makeit_protect(value: Any) -> Any:
    """Give an equal value that cannot be changed, for `guard="freeze"`.

    Called with a result before it is handed out, and perhaps again with what it gave itself. Return
    `makeit.model.Frozen(value, intact)`, whose `intact(value)` says in constant time that nobody has
    found a way to change it, or just the value where that is impossible. `None` means "cannot be
    frozen": its content is then fingerprinted at each use.
    """


@hookspec
def makeit_key_parts(call: Call) -> Mapping[str, Any] | None:
    """Give named facts that must be equal for a reuse: versions, the state of git, a calibration.

    Called before each decision. The values are kept in the record as JSON. `None` adds nothing. Of two
    facts with one name, that of the plugin asked first counts.
    """


# --- The path of a call ----------------------------------------------------------------------


@hookspec(firstresult=True)
def makeit_decide(call: Call, record: Record | None) -> Decision | None:
    """Decide whether to reuse the stored result or to run.

    Called once per call with the record of its last run, or `None` where there is none. `None`
    leaves the decision to the next plugin; the kernel's own comes last. A plugin's word to reuse
    counts only where a complete and unchanged result is stored.
    """


@hookspec(firstresult=True)
def makeit_execute(call: Call) -> Returned | None:
    """Run the function and give `makeit.model.Returned(value)`.

    Called when a call runs; for an `async def` function the value is the coroutine, which runs when it
    is awaited, after this. Use `@hookimpl(wrapper=True)` to time or retry. `None` leaves it to the next
    plugin; the kernel's own calls the function. Exceptions pass through to the caller untouched and are
    never stored.
    """


# --- Observers -------------------------------------------------------------------------------


@hookspec
def makeit_call_started(call: Call, decision: Decision) -> None:
    """Observe that a call was decided and is about to run or to be reused.

    What it returns is ignored; an exception becomes a `CacheWarning`.
    """


@hookspec
def makeit_call_finished(call: Call, outcome: Outcome) -> None:
    """Observe what became of a call; its result is stored already.

    What it returns is ignored; an exception becomes a `CacheWarning`.
    """
