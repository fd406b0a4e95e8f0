"""The outputs of a stored call for its adoption: persisters made from what its record says, and what lies there."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from makeit.amendment import lasting
from makeit.errors import MakeitError, PluginError, SpecError
from makeit.formats.options import recorded
from makeit.formats.persister import Persister
from makeit.formats.spec import Spec
from makeit.formats.tree import Output
from makeit.records import OutputRecord, Record
from makeit.store.outputs import SPECIAL, Claim

if TYPE_CHECKING:
    from makeit.workbench import Workbench
    from makeit.works import Works


def outputs_of(record: Record, works: Works | None, bench: Workbench) -> list[Output]:
    """Return the outputs of a call, with persisters that load them; MakeitError where that cannot be."""
    if not record.outputs or any(bench.project.is_kept(bench.project.absolute(o.path)) for o in record.outputs):
        raise MakeitError(f"{record.named} has results without a file name of their own, so that nothing is adopted")
    return [_output(stored, record, works, bench) for stored in record.outputs]


def _output(stored: OutputRecord, record: Record, works: Works | None, bench: Workbench) -> Output:
    path = bench.project.absolute(stored.path)
    for persister in _possible(stored, path, works, bench):
        if _is_meant(persister, stored, bench):
            options = tuple(sorted(stored.options.items()))
            return Output("", path, lasting(persister, stored.notes), stored.format, options)
    raise MakeitError(
        f"{stored.path} was saved as {stored.format} with options that its record alone does not give back; "
        f"call .adopt(...) of {record.function} with the arguments of the call"
    )


def _possible(stored: OutputRecord, path: str, works: Works | None, bench: Workbench) -> Iterator[Persister]:
    """Yield what could load an output: what its function saves with now, and what a spec gives."""
    if works is not None:
        yield from (persister.at(path) for persister in works.targets.persisters)
    with suppress(SpecError, PluginError):
        options = tuple((name, _text(option)) for name, option in stored.options.items())
        found = bench.plugins.resolve_persister(spec=Spec(path, stored.format, options))
        if isinstance(found, Persister):
            yield found.at(path)


def _text(option: str) -> str:
    """Return an option as a spec has it; a fingerprint, of a value that is no plain one, as it is."""
    try:
        return str(ast.literal_eval(option))
    except (ValueError, SyntaxError):
        return option


def _is_meant(persister: Persister, stored: OutputRecord, bench: Workbench) -> bool:
    name = bench.plugins.registry.name_of(type(persister), os.fspath(persister.filename))
    files = [bench.project.relative(os.fspath(path)) for path in persister.files()]
    same = dict(recorded(persister, bench.values.fingerprint)) == stored.options
    return name == stored.format and same and files == [file.path for file in stored.files]


def claims_of(anchor: str, outputs: Sequence[Output], bench: Workbench) -> list[Claim]:
    """Look at what lies at the files of outputs; MakeitError where one is missing, or cannot be a result."""
    persisters = [output.persister for output in outputs if output.persister]
    paths = [os.fspath(path) for persister in persisters for path in persister.files()]
    folders = {os.fspath(persister.filename) for persister in persisters if persister.folder}
    # Under the lock nobody is between a file and its record.
    with bench.outputs.locked(anchor, *paths):
        claims = bench.outputs.claim(anchor, paths)
    for claim in claims:
        if claim.stamp is None:
            raise MakeitError(f"{claim.name} is not adopted: {claim.foreign or claim.unclear or 'it is missing'}")
        if claim.foreign == SPECIAL or claim.is_folder != (claim.path in folders):
            raise MakeitError(f"{claim.name} is not adopted: it is of another kind than what was saved there")
    return claims
