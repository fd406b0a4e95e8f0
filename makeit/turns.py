"""Who takes turns on one named file: two functions, or two sets of arguments, that each make the other run again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from makeit import notices
from makeit.identity.values import is_plain
from makeit.model import Call


class _Run(NamedTuple):
    """What is remembered of a run: the function, where it is defined, and its arguments' fingerprints."""

    function: str
    defined: str
    fingerprints: Mapping[str, str | None]


# The runs of this process by the path of their first output, each kind of run once, the latest last.
_runs: dict[str, list[_Run]] = {}
_MANY = 64


def note(call: Call) -> None:
    """Note that a call with a named output runs; warn once for each file when somebody gets his turn again."""
    if not call.outputs or call.outputs[0].kept:
        return
    runs = _runs.setdefault(call.anchor, [])
    last = runs[-1] if runs else None
    now = _Run(call.name, call.defined, call.fingerprints)
    if last is not None and last.function != now.function:
        _warn_functions(call, last)
    elif last is not None and any(_is_same(run, now) for run in runs[:-1]):
        _warn_arguments(call, last)
    runs[:] = [*(run for run in runs if not _is_same(run, now)), now][-_MANY:]


def _is_same(one: _Run, other: _Run) -> bool:
    return one.function == other.function and one.fingerprints == other.fingerprints


def _warn_functions(call: Call, last: _Run) -> None:
    path = call.outputs[0].path
    notices.warn(
        f"the file {path} is claimed by two functions, {last.function} ({last.defined}) and {call.name} "
        f"({call.defined}); each replaces what the other wrote. Give each a file of its own",
        once=("functions", path, frozenset((last.function, call.name))),
    )


def _warn_arguments(call: Call, last: _Run) -> None:
    differ = [name for name, now in call.fingerprints.items() if last.fingerprints.get(name) != now]
    named = [name for name in differ if is_plain(call.arguments[name])]
    path = call.outputs[0].path
    stem, suffix = _split(os.path.basename(path))
    advice = (
        f"a template gives each its own, as in {stem + ''.join(f'_{{{name}}}' for name in named) + suffix!r}"
        if named
        else f"give each a file of its own, by an argument that names it, as in {stem + '_{subject}' + suffix!r}"
    )
    notices.warn(
        f"{call.name} takes turns on the file {path} with different values of {', '.join(differ)}, and runs "
        f"each time; {advice}",
        once=("arguments", path, call.name),
    )


def _split(name: str) -> tuple[str, str]:
    """Split a file name before its whole suffix: brain.nii.gz into brain and .nii.gz."""
    at = name.find(".", 1)
    return (name[:at], name[at:]) if at > 0 else (name, "")
