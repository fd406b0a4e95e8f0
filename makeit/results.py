"""What is stored of a made function's calls: found, loaded, adopted, forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from makeit import descent, notices
from makeit.decision import compare_outputs
from makeit.errors import PluginError
from makeit.formats.persister import Persister
from makeit.formats.spec import Spec
from makeit.guarding import Guarding
from makeit.identity.copies import copied, is_copyable
from makeit.identity.given import Remembered, Source
from makeit.model import Call, Reason, Record
from makeit.store import pruning
from makeit.store.atomic import note_interrupt, sweep
from makeit.store.commit import Overtaken
from makeit.store.history import History, Version
from makeit.store.ledger import Damaged, Entry
from makeit.store.outputs import Claim, Examined
from makeit.store.relocation import Relocated, brought
from makeit.store.trust import distrust
from makeit.stored import Loaded, Stored, fits, is_kept_at, moved

if TYPE_CHECKING:
    from makeit.options import Options
    from makeit.workbench import Workbench


_FEW = 16
_REMEMBERED = 4096


class Results:
    """The stored results of one made function."""

    def __init__(self, bench: Workbench, guarding: Guarding, options: Options, kept: str) -> None:
        self._bench = bench
        self._kept = kept
        self._options = options
        self._guarding = guarding
        self._history = History(bench.outputs)
        self._persisters: dict[str, tuple[Record, tuple[Persister, ...]]] = {}
        self._loaded: dict[str, tuple[Record, Loaded]] = {}

    def find(self, call: Call) -> Stored | Damaged | None:
        """Return what is stored for a call and in what state its files are."""
        entry = self._bench.ledger.read(call.anchor)
        if not isinstance(entry, Entry):
            return entry or self._brought(call, None)
        found = self._found(call, entry)
        foreign = any(fault.kind == "foreign" for fault in found.faults)
        return (foreign and self._brought(call, entry.record)) or found

    def _brought(self, call: Call, own: Record | None) -> Stored | None:
        """Return a result that was made in another root of the cachedir, and moved or copied here as it was."""
        for entry in brought(self._bench.project, self._bench.ledger, call.anchor, own):
            found = self._found(call, entry.of(call.id))
            if found.persisters and not found.faults:
                return found
        return None

    def _found(self, call: Call, entry: Entry) -> Stored:
        persisters = self._bound(call, entry.record)
        if not isinstance(persisters, tuple):
            differ = tuple(compare_outputs(call.outputs, entry.record)) or (
                persisters or moved(call, entry.record, self._bench.project),
            )
            return Stored(entry, (), Examined((), {}, {}), differ)
        examined = self._bench.outputs.examine(entry, persisters)
        if examined.faults:
            examined, entry = self._again(call, entry, persisters, examined)
        proven = not examined.faults and self.remembered(call, entry.record) is not None
        faults = () if proven else (*examined.faults, *self._distrusted(persisters))
        return Stored(entry, persisters, examined, faults, descent.outdated(self._bench, call, persisters))

    def record(self, call: Call) -> Record | None:
        """Return the record that a call would be compared with, or None."""
        entry = self._bench.ledger.read(call.anchor)
        found = self._brought(call, None) if entry is None else entry
        return None if found is None or isinstance(found, Damaged) else found.record

    def neighbour(self, call: Call) -> Record | None:
        """Return the newest record of the function under other arguments, to say what differs.

        Looked for where few results are kept; among thousands it would cost more than it tells.
        """
        keep = self._options.keep
        if keep is None or keep > _FEW or not self._bench.project.is_kept(call.anchor):
            return None
        folder = os.path.dirname(self._bench.ledger.place(call.anchor))
        places = pruning.records_by_age(folder)
        entry = self._bench.ledger.read_place(places[0]) if places else None
        return entry.record if isinstance(entry, Entry) else None

    def earlier(self, call: Call) -> Iterator[Version]:
        """Yield the earlier results of a named output, the newest first."""
        if self._options.keep != 1 and call.outputs and not call.outputs[0].kept:
            yield from (
                found
                for found in self._history.versions(call.anchor)
                if fits(call, found.entry.record, self._bench.project)
            )

    def outdated(self, call: Call, record: Record) -> tuple[Reason, ...]:
        """Return why the outputs of a record would be saved otherwise by this call, although all else is equal."""
        persisters = self._bound(call, record)
        return descent.outdated(self._bench, call, persisters) if isinstance(persisters, tuple) else ()

    def restore(self, call: Call, version: Version, claims: Sequence[Claim]) -> None:
        """Put an earlier result in place of the present one."""
        before = self._bench.ledger.read(call.anchor)
        try:
            restored = self._history.restore(call.anchor, version, claims, self._options.keep)
        except KeyboardInterrupt:
            note_interrupt()
            raise
        except (OSError, Overtaken) as error:
            self._history.leave(version)
            notices.trouble(
                f"the earlier result of {call.label} cannot be brought back: {error}", strict=self._options.strict
            )
            return
        if restored and isinstance(before, Entry):
            pruning.discard(self._bench.outputs, before.record, version.entry.record)

    def _again(
        self, call: Call, entry: Entry, persisters: tuple[Persister, ...], first: Examined
    ) -> tuple[Examined, Entry]:
        """Look again under the lock: files without their record may be a publication under way."""
        with suppress(OSError):
            if not self._bench.ledger.intended(call.anchor):
                return first, entry
        with self._bench.outputs.locked(call.anchor):
            again = self._bench.ledger.read(call.anchor)
        if not isinstance(again, Entry) or again.record == entry.record:
            return first, entry
        if self._bound(call, again.record) != persisters:
            return first, entry
        return self._bench.outputs.examine(again, persisters), again

    def _distrusted(self, persisters: Sequence[Persister]) -> list[Reason]:
        found = []
        for persister in persisters:
            why = distrust(os.fspath(persister.filename)) if persister.executes else None
            if why:
                notices.trouble(
                    f"{persister!r} is not loaded, because loading it could run somebody else's code: {why}",
                    strict=self._options.strict,
                )
                found.append(Reason("output", f"not trusted: {why}", os.fspath(persister.filename)))
        return found

    def _bound(self, call: Call, record: Record) -> tuple[Persister, ...] | Reason | None:
        """Return the persisters for the files of a record, with its notes; else why not, or None if they have moved."""
        known = self._persisters.get(call.anchor)
        if known and known[0] is record:
            return known[1]
        if len(call.outputs) != len(record.outputs):
            return None
        found = []
        for output, stored in zip(call.outputs, record.outputs, strict=True):
            path = self._bench.project.absolute(stored.path)
            if output.persister is None:
                # A record can say anything; a result without a file name lies where nobody but makeit writes.
                files = [self._bench.project.absolute(file.path) for file in stored.files]
                if not all(is_kept_at(output.path, file) for file in (path, *files)):
                    return None
                try:
                    persister = self._bench.plugins.resolve_persister(spec=Spec(path, stored.format))
                except PluginError as error:
                    return Reason("output", f"it is kept as {stored.format}: {error}", output.where, stored.format)
            elif output.format != stored.format or output.path != path:
                return None
            else:
                persister = output.persister.at(path)
            persister.notes = stored.notes or {}
            found.append(persister)
            sweep(self._kept if output.kept else os.path.dirname(path))
        sweep(self._bench.ledger.sources)
        sweep(os.path.dirname(self._bench.ledger.place(call.anchor)))
        if not self._bench.project.is_kept(call.anchor):
            sweep(self._history.folder(call.anchor))
        if len(self._persisters) >= _REMEMBERED:
            self._persisters.clear()
        self._persisters[call.anchor] = record, tuple(found)
        return tuple(found)

    def load(self, call: Call, stored: Stored) -> Loaded | None:
        """Load a result and check that it did not change meanwhile; None if it did, or cannot be loaded."""
        known = self.remembered(call, stored.record)
        if known is not None:
            self._renew(call, stored)
            return Loaded(known.give())
        try:
            parts = [persister.load() for persister in stored.persisters]
        except Exception as error:  # a file that vanished, or a persister that cannot read its own
            if self._bench.outputs.unchanged(stored.examined):
                self._unloadable(call, error)
            return None
        if not self._bench.outputs.unchanged(stored.examined):
            return None
        self._renew(call, stored)
        fingerprints = [output.fingerprint for output in stored.record.outputs]
        loaded = Loaded(self._guarding.hand_out(call, parts, fingerprints))
        if not stored.examined.renewed and len(self._loaded) < _REMEMBERED and is_copyable(loaded.value):
            self._loaded[call.anchor] = stored.record, Loaded(copied(loaded.value))
        return loaded

    def remembered(self, call: Call, record: Record) -> Remembered | None:
        """Return a small plain value that was loaded before: it need not be read again while its file is the same."""
        known = self._loaded.get(call.anchor)
        if known is None or known[0] is not record:
            return None
        return Remembered(known[1].value, self._source(call, record))

    def _source(self, call: Call, record: Record) -> Source | None:
        """Return which result the value of a call is, where it is one output."""
        fingerprint = record.outputs[0].fingerprint if len(record.outputs) == 1 else None
        return Source(self._bench.project.relative(call.anchor), fingerprint, call.id) if fingerprint else None

    def _renew(self, call: Call, stored: Stored) -> None:
        """Write down what is known better now: stamps of files, and which results the arguments are."""
        origins = descent.moved(call, stored.record)
        if not stored.examined.renewed and not origins and not isinstance(stored.entry, Relocated):
            return
        try:
            self._bench.outputs.renew(call.anchor, stored.entry, stored.examined, origins)
        except OSError as error:
            notices.trouble(f"the record of {call.label} cannot be renewed: {error}", strict=self._options.strict)

    def _unloadable(self, call: Call, error: Exception) -> None:
        notices.trouble(
            f"the stored result of {call.label} is unchanged but cannot be loaded, so the function runs "
            f"again: {type(error).__name__}: {error}",
            strict=self._options.strict,
            cause=error,
        )
